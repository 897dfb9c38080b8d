"""What we say to a person about those to whom we gave her data: that they were told, and what each answered."""

from django import template
from django.utils.formats import date_format
from django.utils.timezone import localtime
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..recipient_notices import Change, RecipientNotice, State

register = template.Library()
HEADINGS = {
    Change.RECTIFICATION: gettext_lazy("Who was told what is right"),
    Change.ERASURE: gettext_lazy("Who was told to delete it too"),
    Change.RESTRICTION: gettext_lazy("Who was told to stop using it too"),
    Change.LIFTING: gettext_lazy("Who was told that it may be used again"),
}
DONE = {
    Change.RECTIFICATION: gettext_lazy("has corrected it."),
    Change.ERASURE: gettext_lazy("has deleted it."),
    Change.RESTRICTION: gettext_lazy("has stopped using it."),
    Change.LIFTING: gettext_lazy("has taken note of it."),
}
STATES = {
    State.TO_BE_SENT: gettext_lazy("is being told now."),
    State.BY_HAND: gettext_lazy("is told by letter or phone."),
    State.ACCEPTED: gettext_lazy("is working on it."),
    State.NOT_HELD: gettext_lazy("does not have your data, or not any more."),
    State.REFUSED: gettext_lazy("says that it is not possible. We are looking into it."),
    State.ATTENTION: gettext_lazy("has not answered. One of us is looking into it."),
    State.GIVEN_UP: gettext_lazy("did not answer, or said no. We asked several times."),
    State.REPLACED: gettext_lazy("was told something newer since."),
}


@register.filter
def told_heading(change: str) -> str:
    """Above the list."""
    return str(HEADINGS[Change(change)])


@register.filter
def told_state(notice: RecipientNotice) -> str:
    """Behind the recipient's name."""
    if notice.state == State.DONE:
        return str(DONE[Change(notice.change)])
    if notice.state == State.TOLD and notice.told_at:
        day = date_format(localtime(notice.told_at), "j F Y")
        return _("was told on %(day)s. We are waiting for the answer.") % {"day": day}
    return str(STATES.get(State(notice.state), ""))
