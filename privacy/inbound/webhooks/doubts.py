"""Why does a call wait for a person? Each reason has a name, and no machine goes on without one."""

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _


class Doubt(TextChoices):
    """What a person is to look at."""

    UNREADABLE = "unreadable", _("It is not in the form in which this service speaks.")
    WRONG_ADDRESS = "wrong_address", _("The service sends this to the wrong address; change its settings.")
    SUBSCRIPTION = (
        "subscription",
        _("Somebody wants Amazon to send notices here. Only if it was you, open the address that stands in it."),
    )
    CANCELLED = "cancelled", _("Amazon no longer sends notices here. If that was not you, subscribe again.")
    ELSEWHERE = "elsewhere", _("The mail itself lies with the service. Read it there, and forward it to us.")
    SEVERAL = "several", _("The mail had several recipients, and the service does not say which one it means.")


class LeftToPerson(Exception):
    """The call is kept, and a person looks."""

    def __init__(self, doubt: Doubt) -> None:
        super().__init__(doubt.value)
        self.doubt = doubt
