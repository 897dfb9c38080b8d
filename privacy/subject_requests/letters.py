"""What the person, or whoever acts for her, is told about her case by email."""

from .. import notices
from . import representing
from .case import CaseEvent, DataSubjectRequest


def tell(template: str, case: DataSubjectRequest, event: CaseEvent | None = None) -> None:
    """Writes one letter, once per case, or per event if one is given; nothing where no address is known."""
    key = f"{template}-{case.pk}-{event.pk}" if event else f"{template}-{case.pk}"
    address, representative = representing.addressee(case)
    if address:
        context = {"case": case, "event": event, "representative": representative}
        notices.send(template, address, key=key, data_subject=case.data_subject, context=context)
