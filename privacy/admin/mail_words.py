"""How the office speaks of a mail: where it stands, what it was taken for and why, who did what with it."""

import re
from typing import Any

from django.utils.html import format_html
from django.utils.text import Truncator
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import rights
from ..inbound import commands, handling
from ..inbound.judgement import ACT, IGNORE, OPEN_CASE
from ..inbound.mailbox import InboundEmail
from ..jobs import Job

MATCHED_BY = {
    "token": gettext_lazy("the signed address in one of our own emails"),
    "from": gettext_lazy("the sender's address"),
    "reply_to": gettext_lazy("the address for answers"),
    "return_path": gettext_lazy("the address it was sent from"),
    "customer_number": gettext_lazy("customer number and name in the text"),
    handling.BY_COLLEAGUE: gettext_lazy("a colleague"),
}
MACHINES = {
    "bounce": gettext_lazy("a report about a delivery"),
    "complaint_report": gettext_lazy("a report of spam"),
    "auto_reply": gettext_lazy("an automatic reply"),
    "receipt": gettext_lazy("a read receipt"),
    "list": gettext_lazy("a mailing list or newsletter"),
    "own": gettext_lazy("our own email"),
}
ACTS = {
    "mail.linked": gettext_lazy("Said whose email it is"),
    "mail.unlinked": gettext_lazy("Took the link to a person away"),
    "mail.case_opened": gettext_lazy("Opened a request"),
    "mail.case_asked_again": gettext_lazy("Added it to an open request"),
    "mail.applied": gettext_lazy("Switched off"),
    "mail.dismissed": gettext_lazy("Took it off the list"),
    "mail.reopened": gettext_lazy("Put it back on the list"),
    "mail.raw_taken": gettext_lazy("Saved the original"),
    "mail.attachment_taken": gettext_lazy("Saved an attachment"),
    "job.again": gettext_lazy("Let the machine try again"),
}
# Where a reason names a command, a right or a road by the word that programs use.
NAMED = re.compile(r"\b(ask for|speak of|is the command|recognised by:) ([a-z_]+)")
UNDERSCORED = re.compile(r"\b()([a-z]+(?:_[a-z]+)+)\b")
SHORT = 110


def command(name: str) -> str:
    """Such as "no more advertising by email"."""
    return str(commands.REGISTER[name].label) if name in commands.REGISTER else name


def kind(name: str) -> str:
    """The right, as it is called everywhere."""
    return str(rights.REGISTER[name].label) if name in rights.REGISTER else name


def sentence(reason: str) -> str:
    """A reason without the names that only programs use."""
    return UNDERSCORED.sub(_spoken, NAMED.sub(_spoken, _(reason) if reason else ""))


def _spoken(match: re.Match[str]) -> str:
    before, name = match.groups()
    known = {**MATCHED_BY, **{entry.name: entry.label for entry in commands.REGISTER.values()}}
    known |= {entry.kind: entry.label for entry in rights.REGISTER.values()}
    return f"{before} “{known[name]}”".strip() if name in known else match.group()


def sentences(reasons: list[str]) -> list[str]:
    """All of them."""
    return [sentence(reason) for reason in reasons]


def taken_for(mail: InboundEmail) -> str:
    """What was recognised, short."""
    if not mail.outcome:
        return _("not read yet")
    if mail.outcome == IGNORE:
        return _("written by a machine")
    found = [command(mail.command)] if mail.command else []
    found += [kind(name) for name in mail.case_kinds]
    return "; ".join(found) or _("no clear wish")


def why(mail: InboundEmail) -> str:
    """The reasons, as much as a list has room for."""
    if mail.job_state == Job.State.NEEDS_ATTENTION:
        return _("A machine tried three times and gave up.")
    return Truncator(" ".join(sentences(mail.reasons))).chars(SHORT)


def standing(mail: InboundEmail) -> tuple[str, str]:
    """Where it stands: the name of its colour, and in words."""
    if mail.job_state == Job.State.NEEDS_ATTENTION:
        return "failed", _("could not be read")
    if mail.job_state != Job.State.DONE:
        return "reading", _("being read")
    if mail.waits:
        return "waiting", _("waits for you")
    if mail.review_state == InboundEmail.Review.DONE:
        return "done", mail.get_reviewed_as_display() or mail.get_review_state_display()
    if mail.outcome == ACT:
        return "done", _("done by itself")
    return ("done", _("request opened")) if mail.outcome == OPEN_CASE else ("machine", _("nothing to do"))


def badge(mail: InboundEmail) -> str:
    """The same as a coloured label."""
    return format_html('<span class="state mail-state-{}">{}</span>', *standing(mail))


def act(entry: Any) -> str:
    """What a colleague did."""
    said = str(ACTS.get(entry.event) or entry.event)
    if entry.event == "mail.applied":
        return f"{said}: {command(str(entry.details.get('command', '')))}"
    closing = entry.details.get("why")
    return f"{said}: {InboundEmail.Closing(closing).label}" if closing in InboundEmail.Closing.values else said
