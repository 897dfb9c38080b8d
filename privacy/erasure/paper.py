"""How does a certificate look on paper? Made anew from its text each time, to the same bytes; hers in her letter."""

from datetime import date, datetime
from typing import Any

from .. import documents, notices
from .certificate import ErasureCertificate
from .rules import canonical


def pdf_of(certificate: ErasureCertificate, *, for_the_person: bool = False) -> bytes:
    """The PDF, with what it says as JSON inside; for our own file, or in plain words for the person (Art. 12(1))."""
    said = certificate.said_to_the_person if for_the_person else certificate.said
    data = documents.Data("certificate.json", canonical(said).encode(), "What this page says", at=certificate.issued_at)
    template = "certificate_person.html" if for_the_person else "certificate.html"
    context = {"certificate": certificate, "said": with_moments(said), "now": certificate.issued_at}
    return documents.pdf_of(documents.html_of(template, context), attachments=[data])


def with_moments(said: Any, name: str = "") -> Any:
    """The same with its days and instants as such, so that a template writes them as people do."""
    if isinstance(said, dict):
        return {key: with_moments(value, key) for key, value in said.items()}
    if isinstance(said, list):
        return [with_moments(value) for value in said]
    if not isinstance(said, str) or not said:
        return said
    if name in ("until", "secret_until"):
        return date.fromisoformat(said)
    return datetime.fromisoformat(said) if name.endswith("_at") or name in ("at", "could_be_cancelled_until") else said


@notices.encloses("erasure_done")
def _her_copy(letter: notices.OutgoingEmail) -> list[notices.Enclosure]:
    """Made as the letter leaves: when it was written nothing had gone yet, and afterwards nobody knows her address."""
    rows = ErasureCertificate.objects.filter(letter_key=letter.key)
    return [
        notices.Enclosure(f"{row}.pdf", pdf_of(row, for_the_person=True), "application/pdf")
        for row in rows
    ]  # fmt: skip
