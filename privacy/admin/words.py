"""How the office says it: due in words and colour, events of a timeline, days."""

from datetime import date, datetime
from typing import Any

from django.utils import timezone
from django.utils.formats import date_format
from django.utils.html import format_html
from django.utils.translation import gettext_lazy as _

from .. import deadlines
from ..cases import State

EVENTS = {
    **dict(State.choices),
    "received": _("Request received"),
    "assigned": _("Put into somebody's hands"),
    "identity_confirmed": _("Identity confirmed"),
    "identity_failed": _("Identity could not be confirmed"),
    "fraud_suspected": _("Misuse suspected"),
    "doubt_settled": _("Doubt settled by a second person"),
    "not_the_person": _("It is not the person who is asking"),
    "called": _("Called back"),
    "id_doubt": _("Why proof is asked for"),
    "id_asked": _("Proof of identity asked for"),
    "id_received": _("Proof of identity received"),
    "clarification_asked": _("Explanation asked for"),
    "clarification_received": _("Explanation received"),
    "extended": _("More time taken, person told"),
    "fee_asked": _("Fee asked for"),
    "fee_paid": _("Fee paid"),
    "fee_proposed": _("Fee proposed to a second person"),
    "fee_sent_back": _("Fee not agreed to"),
    "fee_withdrawn": _("Fee taken back, person told"),
    "refusal_proposed": _("Refusal proposed to a second person"),
    "added": _("The person added something"),
    "acknowledged": _("Receipt confirmed to the person"),
    "not_our_error": _("The mistake was not ours"),
    "mediation_opened": _("Mediation opened"),
    "mediation_closed": _("Mediation ended"),
    "sent_back": _("Sent back to the first person"),
    "comment": _("Note"),
    "asked_again": _("Asked for again"),
    "merged_with": _("Another request for the same was merged into this one"),
    "represented": _("Somebody acts for the person"),
    "person_told": _("The person was told who acts for her"),
    "told_about": _("What was told about the person"),
    "authority_seen": _("Authority of the representative seen"),
    "representation_ended": _("Nobody acts for the person any more"),
    "converted": _("A question became this request"),
    "described": _("Details written down"),
    "own_error": _("Marked as our own error"),
    "progress": _("Person told how it stands"),
    "mediation": _("Mediation opened, person told"),
    "arbitration": _("Given to arbitration, person told"),
    "outcome": _("Outcome letter sent"),
    "searched": _("Search noted"),
    "checked": _("Checked before the copy leaves"),
    "held_back": _("The copy is out, without texts that a colleague must read first"),
    "left_out": _("A passage about somebody else is left out of the copy"),
    "put_back": _("A passage that was left out is in the copy again"),
}


def event(kind: str) -> str:
    """What happened, in words."""
    return str(EVENTS.get(kind) or kind.replace("_", " ").capitalize())


def day(when: date) -> str:
    """Such as 3 May 2026."""
    return date_format(when, "j F Y")


def sentence(text: Any) -> str:
    """With a capital at the beginning, the rest as it is."""
    return str(text)[:1].upper() + str(text)[1:]


def due_badge(case: Any) -> str:
    """Such as "3 days overdue · 3 May 2026", coloured too; a closed request is not due."""
    if not case.is_open:
        return format_html('<span class="due due-closed">{}</span>', _("closed"))
    today = timezone.localdate()
    words, how = deadlines.in_words(case.due_on, today), deadlines.urgency(case.due_on, today)
    return format_html(
        '<span class="due due-{}">{}</span> <span class="due-day">{}</span>', how, words, day(case.due_on)
    )


def promise_badge(case: Any, what: str) -> str:
    """What is owed next where that is not the answer, and how near: "we confirm that we have it, 2 days overdue"."""
    if not (case.is_open and case.next_promise):
        return "–"
    today = timezone.localdate()
    near, how = deadlines.in_words(case.next_promise_on, today), deadlines.urgency(case.next_promise_on, today)
    return format_html(
        '<span class="due due-{}">{}</span> <span class="due-what">{}: {}</span>',
        how, near, sentence(what), day(case.next_promise_on),
    )  # fmt: skip


def moment(when: datetime) -> str:
    """Such as 3 May 2026, 14:05, where the shop is."""
    return date_format(timezone.localtime(when), "j F Y, H:i")
