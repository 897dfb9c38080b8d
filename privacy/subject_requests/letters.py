"""What the person, or whoever acts for her, is told about her case by email."""

from django.conf import settings

from .. import notices
from . import following, representing
from .case import CaseEvent, DataSubjectRequest

ACKNOWLEDGEMENT = "case_received"


def tell(template: str, case: DataSubjectRequest, event: CaseEvent | None = None) -> None:
    """Writes one letter, once per case, or per event if one is given; nothing where no address is known."""
    key = f"{template}-{case.pk}-{event.pk}" if event else f"{template}-{case.pk}"
    address, representative = representing.addressee(case)
    if address:
        context = {
            "case": case, "event": event, "representative": representative,
            "follow": following.link(case), "silence_days": settings.COMPLAINT_SILENCE_DAYS,
        }  # fmt: skip
        notices.send(template, address, key=key, data_subject=case.data_subject, context=context)


def case_of(letter: notices.OutgoingEmail) -> DataSubjectRequest | None:
    """The case that a letter about a case is about, while there is one."""
    pk = letter.key.removeprefix(f"{letter.template}-").partition("-")[0]
    return DataSubjectRequest.objects.filter(pk=pk).first() if pk.isdigit() else None
