"""Which letters lie unread? Emails from customers, handed in at the door by which real ones come."""

from datetime import datetime
from email.message import EmailMessage
from email.utils import format_datetime

from django.conf import settings
from django.utils import timezone

from privacy.inbound import mailbox

from .people import PLAIN_LIVES, Person

# To which mailbox, with which subject, with which words.
LETTERS = (
    ("remove", "UNSUBSCRIBE", ""),
    ("privacy", "Auskunft nach Art. 15 DSGVO", "Guten Tag,\n\nbitte senden Sie mir eine Kopie meiner Daten.\n"),
    ("privacy", "Please delete my account", "Hello,\n\nI would like my data to be deleted.\n\nThank you\n"),
    ("complaints", "Your newsletter", "I have said no twice. Please look into it.\n"),
    ("service", "email no third party marketing", "{name}\nCustomer number {number}\n"),
    ("privacy", "Ερώτηση για τα δεδομένα μου", "Καλημέρα,\n\nπόσο καιρό κρατάτε τις παραγγελίες μου;\n"),
)


def letter(index: int, now: datetime) -> mailbox.Letter:
    """One message as a mail server hands it in."""
    box, subject, words = LETTERS[index]
    person = Person(PLAIN_LIVES + 1 + index, timezone.localdate(now))
    message = EmailMessage()
    message["From"] = f"{person.given_name} <{person.email}>" if person.given_name.isascii() else person.email
    message["To"] = to = f"{box}@{settings.MAIL_DOMAIN}"
    message["Subject"] = subject
    message["Date"] = format_datetime(now.replace(minute=0, second=0, microsecond=0))
    message["Message-ID"] = f"<demo-{index}@{person.email.partition('@')[2]}>"
    message.set_content(words.format(name=person.display_name, number=person.number))
    return mailbox.Letter(message.as_bytes(), to, person.email, mailbox.InboundEmail.Road.PIPE)


def deliver(now: datetime) -> int:
    """Hands the letters in; they are stored before anything else happens, and wait for a worker."""
    letters = [letter(index, now) for index in range(len(LETTERS))]
    return len(mailbox.accept_all(letters, now))
