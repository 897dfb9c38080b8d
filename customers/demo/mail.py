"""Which letters lie unread? Emails from customers, handed in at the door by which real ones come."""

from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime

from django.conf import settings
from django.utils import timezone

from .people import Person

# To which mailbox, with which subject, with which words.
LETTERS = (
    ("remove", "UNSUBSCRIBE", ""),
    ("privacy", "Auskunft nach Art. 15 DSGVO", "Guten Tag,\n\nbitte senden Sie mir eine Kopie meiner Daten.\n"),
    ("privacy", "Please delete my account", "Hello,\n\nI would like my data to be deleted.\n\nThank you\n"),
    ("complaints", "Your newsletter", "I have said no twice. Please look into it.\n"),
    ("service", "email no third party marketing", "{name}\nCustomer number {number}\n"),
    ("privacy", "Ερώτηση για τα δεδομένα μου", "Καλημέρα,\n\nπόσο καιρό κρατάτε τις παραγγελίες μου;\n"),
)


def letter(index: int, customers: int, now: datetime) -> tuple[bytes, str]:
    """One message and the address it goes to."""
    box, subject, words = LETTERS[index]
    person = Person(min(21 + index, customers - 1), timezone.localdate(now))
    message = EmailMessage()
    message["From"] = f"{person.given_name} <{person.email}>" if person.given_name.isascii() else person.email
    message["To"] = to = f"{box}@{settings.MAIL_DOMAIN}"
    message["Subject"] = subject
    message["Date"] = format_datetime(now)
    message["Message-ID"] = f"<demo-{index}@{person.email.partition('@')[2]}>"
    message.set_content(words.format(name=person.display_name, number=person.number))
    return message.as_bytes(), to


def deliver(first: int, count: int, *, customers: int, now: datetime) -> int:
    """Hands the letters in."""
    for index in range(first, first + count):
        letter(index, customers, now)
    return count
