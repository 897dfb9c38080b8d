"""Why may a message not leave? One small function for each rule; a message that is no advertising has none to fear."""

import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from email.message import Message
from email.utils import getaddresses
from typing import Any

from django.conf import settings
from django.core.mail import EmailMessage
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import adverts, data_subjects, mailed_links, tokens
from ..fields import normalise_email
from ..gate import may_contact
from ..vocabulary import Channel
from . import headers
from .headers import Mark
from .page import Page

NOBODY_READS = re.compile(
    r"noreply|donotreply|dontreply|neverreply|noanswer|noresponse|unattended|nichtantworten|nepasrepondre|noresponder"
)


class MayNotLeave(Exception):
    """An advertising mail that must not go out, with one sentence for each reason."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = reasons


@dataclass(frozen=True)
class Leaving:
    """A message at the door: as it would be sent, to whom, when."""

    mime: Message
    to: list[str]
    now: datetime

    @property
    def link(self) -> tokens.LinkToken | None:
        """The row of its unsubscribe link."""
        return tokens.find("unsubscribe", headers.token_of(self.mime), now=self.now)


def refusals(message: EmailMessage, *, now: datetime | None = None) -> list[str]:
    """Why this message may not leave now; nothing for one that is no advertising (MAD-07, SFB-25, SFB-27, CLG-03)."""
    mime = message.message()
    if not headers.is_marketing(mime):
        return []
    leaving = Leaving(mime, message.recipients(), now or timezone.now())
    return [reason for rule in RULES for reason in rule(leaving)]


def note_left(message: EmailMessage, *, now: datetime | None = None) -> None:
    """Counts an advertising mail that has left, for the cap; any other is nobody's concern here."""
    mime = message.message()
    mark, leaving = Mark.of(mime), Leaving(mime, message.recipients(), now or timezone.now())
    if headers.is_marketing(mime) and mark is not None and (link := leaving.link) is not None:
        adverts.note(link.data_subject, Channel.EMAIL, mark.sender, now=leaving.now)


def goes_to_one_person(leaving: Leaving) -> Iterator[str]:
    """The way out in it is one person's; in copy it would be everybody's."""
    if len(leaving.to) != 1:
        yield _("An advertising mail goes to one address, because its unsubscribe link is one person's.")


def carries_the_way_out(leaving: Leaving) -> Iterator[str]:
    """Both headers, once, exactly as mail programs act on them, over a link that works (RFC 8058)."""
    token = headers.token_of(leaving.mime)
    for name, value in headers.way_out(token).items():
        given = [" ".join(str(one).split()) for one in leaving.mime.get_all(name, [])]
        if not token or given != [value]:
            yield _("The header {name} is missing or is not the one-click link of the person it goes to.").format(
                name=name
            )


def can_be_answered(leaving: Leaving) -> Iterator[str]:
    """The sender is not hidden and can be answered (SFB-27)."""
    for name in ("From", "Reply-To", "Sender"):
        lines = [str(line) for line in leaving.mime.get_all(name, [])]
        found = [address for _name, address in getaddresses(lines)]
        if name == "From" and (len(found) != 1 or "@" not in found[0]):
            yield _("The mail does not say from whom it is.")
        for address in found:
            if NOBODY_READS.search(re.sub(r"[^a-z]", "", address.partition("@")[0].lower())):
                yield _("Nobody reads what is sent to the address in {name}: use one that can be answered.").format(
                    name=name
                )


def says_who_and_how_to_stop(leaving: Leaving) -> Iterator[str]:
    """In every form of its text: the shop's postal address, and the unsubscribe link for the eye (MAD-07, PECR 23)."""
    address = _plain(settings.SHOP["postal_address"])
    link = headers.link(headers.token_of(leaving.mime))
    parts = list(_readable(leaving.mime))
    if not parts:
        yield _("The mail has no text.")
    for kind, text, links in parts:
        if not address or f" {address} " not in f" {_plain(text)} ":
            yield _("The shop's postal address is missing in the {kind} text.").format(kind=kind)
        if link not in links:
            yield _("The unsubscribe link cannot be seen in the {kind} text.").format(kind=kind)


def may_be_written_to(leaving: Leaving) -> Iterator[str]:
    """The gate, asked at the moment of leaving: a campaign that was queued before a withdrawal stays here (CLG-03)."""
    mark, link = Mark.of(leaving.mime), leaving.link
    if mark is None:
        yield _("The header {name} does not say who advertises, and whose offers the mail brings.").format(
            name=headers.MARK
        )
    elif link is None:
        yield _("The unsubscribe link in this mail is not one of ours, or is too old.")
    elif mark.sender not in mailed_links.senders_of(link):
        yield _("The unsubscribe link stops another sender's mails than this one.")
    else:
        for address in leaving.to:
            yield from _asked(link.data_subject, mark, address, leaving.now)


def _asked(person: Any, mark: Mark, to: str, now: datetime) -> list[str]:
    address = normalise_email(getaddresses([to])[0][1])
    if address not in {*person.email_addresses(), *data_subjects.emails_of([person.pk])[person.pk]}:
        return [_("This mail goes to an address that is not the person's whose link it carries.")]
    answer = may_contact(
        person, Channel.EMAIL, mark.sender, mark.content, now, address=address, is_for_children=mark.is_for_children,
        is_similar=mark.is_similar,
    )  # fmt: skip
    return [] if answer.allowed else answer.reasons


# What an advertising mail must pass; a new rule is one function and its line here.
RULES: tuple[Callable[[Leaving], Iterator[str]], ...] = (
    goes_to_one_person,
    carries_the_way_out,
    can_be_answered,
    says_who_and_how_to_stop,
    may_be_written_to,
)


def _readable(mime: Message) -> Iterator[tuple[str, str, set[str]]]:
    """Each form of the text: its kind, the words to be seen, the links to be seen."""
    for part in mime.walk():
        kind = part.get_content_type()
        if kind not in ("text/plain", "text/html") or part.get_content_disposition() == "attachment":
            continue
        payload = part.get_payload(decode=True)
        text = payload.decode(part.get_content_charset("utf-8"), errors="replace") if isinstance(payload, bytes) else ""
        if kind == "text/html":
            page = Page(text)
            yield "HTML", page.text, page.links
        else:
            yield "plain", text, set(re.findall(r"https?://[^\s<>\"]+", text))


def _plain(text: str) -> str:
    """Words alone, so that lines and commas of an address may fall as they like."""
    return " ".join(re.findall(r"\w+", text.casefold()))
