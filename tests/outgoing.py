"""What leaves: a newsletter, forty real mails of every kind, and a mail server that takes, refuses or drops them."""

import email.policy
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from email import message_from_bytes
from email.message import EmailMessage as Parsed
from html import unescape
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from django.conf import settings as project
from django.core.mail import EmailMultiAlternatives
from django.utils import timezone

from privacy import erasure, jobs, mailed_links, mailings, new_addresses, preferences, subject_requests
from privacy.notices import OutgoingEmail
from privacy.personal_data import declarations
from privacy.vocabulary import Sender, Source
from tests import make
from tests.letters import letter, received
from tests.servers import free_port

GATED = "config.mail.GatedBackend"
FILES = "config.mail.EmlFileBackend"
SMTP = "config.mail.SmtpBackend"


def newsletter(address: str, **values: Any) -> EmailMultiAlternatives:
    """An honest one, in two forms."""
    text = "Boots are back.\n\nStop these emails: {unsubscribe}\n\n" + project.SHOP["postal_address"]
    page = (
        "<p>Boots are <b>back</b>.</p><p><a href='{unsubscribe}'>Stop these emails</a></p>"
        f"<p>{project.SHOP['postal_address'].replace(', ', '<br>')}</p>"
    )
    html = values.pop("html", page)
    message = EmailMultiAlternatives(
        **(
            {"subject": "Boots", "body": text, "from_email": "Northlight <news@northlight.example>", "to": [address]}
            | values
        )
    )
    if html:
        message.attach_alternative(html, "text/html")
    return message


def parsed(raw: bytes) -> Parsed:
    """The sent bytes, as a mail program reads them."""
    return message_from_bytes(raw, policy=email.policy.default)


def work_off() -> None:
    """Every letter in the outbox goes out now."""
    for pk in OutgoingEmail.objects.filter(job_state="new").values_list("pk", flat=True):
        jobs.work("privacy.outgoingemail", pk)


def sent_files(folder: Path) -> list[bytes]:
    """What lies in the folder of outgoing mail, in order."""
    return [path.read_bytes() for path in sorted(folder.glob("*.eml"))]


def links_in(raw: bytes) -> set[str]:
    """Every web address of a mail: of its text, its page and its headers."""
    message = parsed(raw)
    texts = [str(value) for value in message.values()]
    texts += [part.get_content() for part in message.walk() if part.get_content_maintype() == "text"]
    return {unescape(found).rstrip(".,:") for text in texts for found in re.findall(r"https?://[^\s<>\"')]+", text)}


def forty_mails() -> None:
    """Everything that we send, to several people, by the verbs that send it; what is mailed lies in the outbox."""
    for number in range(4):
        _mails_of_one_customer(make.customer(f"reader{number}@example.com", login=True), number)
    for number in range(2):
        mailed_links.send_request_link(f"stranger{number}@example.net", "access")
        received(letter(f"unknown{number}@example.net", "UNSUBSCRIBE"))
    work_off()


def _mails_of_one_customer(mary: Any, number: int) -> None:
    for sender in Sender:
        make.grant(mary, sender=sender)
        mailings.prepare(newsletter(mary.contact_email), mary, sender=sender, content=sender).send()
    mailed_links.send_unsubscribe_link(mary.contact_email)
    mailed_links.send_request_link(mary.contact_email, "access")
    mailed_links.send_request_link(mary.contact_email, "complaint")
    received(letter(mary.contact_email, "UNSUBSCRIBE"))
    make.grant(mary, occurred_at=timezone.now())
    link = mailings.prepare(newsletter(mary.contact_email), mary).extra_headers["List-Unsubscribe"]
    token = re.search(r"/unsubscribe/(\w+)/", link)
    row = mailed_links.may_unsubscribe(token[1]) if token else None
    assert row
    mailed_links.unsubscribe(row, page="test", wording="Stop")
    options = preferences.marketing()
    preferences.revoke(mary, options, source=Source.LETTER, received_at=timezone.now(), wording="no", actor="test")
    addresses = next(d for d in declarations() if d.label == "customers.EmailAddress")
    pk = addresses.of(mary).get().pk
    new_addresses.ask(mary, addresses, pk, "address", f"new{number}@example.com", actor=mary)
    _letters_about_cases(mary, number)


def _letters_about_cases(mary: Any, number: int) -> None:
    clerk = make.staff()
    done, refused = make.case(mary, "access"), make.case(mary, "enquiry")
    subject_requests.withdraw(done, actor=mary)
    subject_requests.start(refused, actor=clerk)
    subject_requests.refuse(refused, actor=clerk, reason="no_match", letter=make.refusal(refused))
    if number == 0:
        jobs.work("privacy.export", make.export_of(mary).pk)
    if number == 3:
        work_off()
        erasure.erase(mary, today=timezone.localdate(), actor="test")


class Sink:
    """A real SMTP server in a thread: keeps what it took, and answers as it is told."""

    def __init__(self) -> None:
        self.port = free_port()
        self.taken: list[tuple[str, list[str], bytes]] = []
        self.at_recipient: Callable[[str], str] = lambda _address: "250 OK"
        self.drops_after_taking: Callable[[bytes], bool] = lambda _raw: False

    async def handle_RCPT(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, address: str, options: Any
    ) -> str:
        """Takes a recipient, or does not."""
        answer = self.at_recipient(address)
        if answer.startswith("250"):
            envelope.rcpt_tos.append(address)
        return answer

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        """Keeps the mail; then says so, or hangs up without a word."""
        self.taken.append((envelope.mail_from, envelope.rcpt_tos, envelope.original_content))
        if self.drops_after_taking(envelope.original_content):
            server.transport.abort()
        return "250 OK"

    @property
    def ids(self) -> list[str]:
        """The Message-IDs of what was taken."""
        return [str(parsed(raw)["Message-ID"]) for _, _, raw in self.taken]


@contextmanager
def listening(sink: Sink) -> Iterator[Sink]:
    """The server, up for the length of the block."""
    controller = Controller(sink, hostname="127.0.0.1", port=sink.port)
    controller.start()
    try:
        yield sink
    finally:
        controller.stop()
