"""What states and events are called when we speak to the person herself."""

from typing import Any

from django.utils.translation import gettext_lazy as _

from ..cases import State

STATES = {
    State.RECEIVED: (_("We have it"), "info"),
    State.VERIFYING: (_("We are making sure it is you"), "warn"),
    State.IN_PROGRESS: (_("We are working on it"), "info"),
    State.AWAITING_APPROVAL: (_("A second person is checking it"), "info"),
    State.EXECUTING: (_("It is being carried out"), "info"),
    State.NEEDS_ATTENTION: (_("We are working on it"), "info"),
    State.COMPLETED: (_("Done"), "ok"),
    State.REFUSED: (_("We said no"), "danger"),
    State.WITHDRAWN: (_("You withdrew it"), ""),
    State.MERGED: (_("It goes on under another number"), ""),
}
# The way of every request, and how far each state is on it.
WAY = (_("We have it"), _("We make sure who is asking"), _("We work on it"), _("You have our answer"))
FAR = {State.RECEIVED: 0, State.VERIFYING: 1}
EVENTS = {
    "received": _("Your request arrived."),
    "id_asked": _("We asked you to show that it is really you."),
    "id_received": _("We know now that it is you."),
    "clarification_asked": _("We asked you what exactly you mean."),
    "clarification_received": _("You explained what you mean."),
    "extended": _("We need more time and told you why."),
    "fee_asked": _("We asked for a fee."),
    "fee_paid": _("The fee arrived."),
    "fee_withdrawn": _("We do not want the fee any more. You owe us nothing."),
    "added": _("You added something."),
    "acknowledged": _("We wrote to you that we have it."),
    "own_error": _("We found that the mistake was ours after all."),
    "not_our_error": _("We found that the mistake was not made by us."),
    "mediation_opened": _("An independent mediator looks into it."),
    "mediation_closed": _("The mediation has ended."),
    "verifying": _("We are making sure that it is you who is asking."),
    "in_progress": _("We have started."),
    "awaiting_approval": _("One of us has decided; a second person is checking."),
    "executing": _("It is being carried out."),
    "needs_attention": _("A person is looking at it."),
    "held_back": _("Your copy is here, without some texts that one of us must read first."),
    "completed": _("Done."),
    "refused": _("We said no, with reasons."),
    "withdrawn": _("You withdrew it."),
    "merged": _("It is the same wish as an earlier one and goes on under that number."),
    "represented": _("Somebody else asks in your name."),
    "authority_seen": _("We have seen that they may act for you."),
    "representation_ended": _("Nobody acts for you any more."),
    "asked_again": _("You asked for this again."),
    "converted": _("We read your question as a request, and treat it as that."),
    "progress": _("We told you how it stands."),
    "mediation": _("It went to a mediator."),
    "arbitration": _("It went to an arbitrator."),
    "outcome": _("We sent you our answer."),
}


def way(case: Any) -> list[dict[str, Any]]:
    """The steps of a request: those behind, the one it is at, those ahead."""
    far = FAR.get(State(case.state), 2) if case.is_open else len(WAY)
    return [{"words": words, "is_done": at < far, "is_here": at == far} for at, words in enumerate(WAY)]
