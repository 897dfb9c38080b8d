"""What the person is told about her case by email."""

from .. import notices
from .case import DataSubjectRequest


def tell(template: str, case: DataSubjectRequest) -> None:
    """Writes one letter, once per case; nothing where no address is known."""
    if address := case.data_subject.contact_email:
        notices.send(
            template, address, key=f"{template}-{case.pk}", data_subject=case.data_subject, context={"case": case}
        )
