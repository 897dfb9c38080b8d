"""What the person is told about her case by email."""

from django.conf import settings

from .. import notices
from .case import CaseEvent, DataSubjectRequest


def tell(template: str, case: DataSubjectRequest, event: CaseEvent | None = None) -> None:
    """Writes one letter, once per case, or per event if one is given; nothing where no address is known."""
    key = f"{template}-{case.pk}-{event.pk}" if event else f"{template}-{case.pk}"
    if address := case.data_subject.contact_email:
        context = {"case": case, "event": event, "silence_days": settings.COMPLAINT_SILENCE_DAYS}
        notices.send(template, address, key=key, data_subject=case.data_subject, context=context)
