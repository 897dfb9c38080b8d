"""What one kind of case needs besides words: asked for when it opens, shown wherever it is looked at."""

from collections.abc import Callable
from datetime import date
from typing import Any

from django.utils.formats import date_format
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from . import complaint, complaints, fee, rectification
from .case import DataSubjectRequest
from .denying import denial_of

Facts = list[tuple[str | Promise, str]]
# What may be given when a case of this kind opens.
ASKED: dict[str, tuple[str, ...]] = {
    "complaint": ("subject", "transaction_number", "transaction_on"),
    "rectification": tuple(rectification.LABELS),
}
BEGIN: dict[str, Callable[[DataSubjectRequest, dict[str, Any]], None]] = {
    "complaint": complaints.begin,
    "rectification": rectification.begin,
}


def begin(case: DataSubjectRequest, said: dict[str, Any]) -> None:
    """Writes down what was given for this kind; nothing for kinds that need nothing."""
    if case.kind in BEGIN:
        BEGIN[case.kind](case, {name: said[name] for name in ASKED[case.kind] if name in said})


def are_same(case: DataSubjectRequest, said: dict[str, Any]) -> bool:
    """Whether this was said when the case opened; for a form that is sent twice."""
    if case.kind == "rectification":
        row = rectification.of(case)
        return all(row.said(name) == str(said.get(name) or "").strip() for name in ASKED[case.kind])
    if case.kind == "complaint":
        found = complaint.of(case)
        return all(_plain(getattr(found, name)) == _plain(said.get(name)) for name in ASKED[case.kind])
    return True


def _plain(value: Any) -> Any:
    return None if value in ("", complaint.Subject.OTHER) else value


def facts(case: DataSubjectRequest, *, for_staff: bool) -> Facts:
    """Label and value of what this kind has, as far as it is there."""
    found = {"complaint": _of_complaint, "rectification": _of_rectification}.get(case.kind)
    lines = found(case, for_staff=for_staff) if found else []
    lines += [*_of_denial(case), *_of_fee(case)] if for_staff else []
    return [(label, value) for label, value in lines if value]


def _of_denial(case: DataSubjectRequest) -> Facts:
    denial = denial_of(case)
    law = denial.law_for(case.kind) if denial else ""
    return [(_("Why it is refused"), f"{denial.label} ({law})" if law else str(denial.label))] if denial else []


def _of_fee(case: DataSubjectRequest) -> Facts:
    row = fee.of(case)
    return [(_("Fee"), f"{row.sum}, {row.get_state_display()}")] if row else []


def _of_complaint(case: DataSubjectRequest, *, for_staff: bool) -> Facts:
    row = complaint.of(case)
    lines: Facts = [
        (_("Where it is"), row.get_stage_display()),
        (_("What it is about"), row.get_subject_display()),
        (_("Order or payment number"), row.transaction_number or (_("not told yet") if for_staff else "")),
        (_("Day of the order or payment"), _day(row.transaction_on)),
        (_("Mediation opened"), _day(row.mediation_opened_on)),
        (_("Mediation ends by"), _day(row.mediation_until)),
        (_("How it ended"), row.get_outcome_display()),
    ]
    return lines


def _of_rectification(case: DataSubjectRequest, *, for_staff: bool) -> Facts:
    row = rectification.of(case)
    lines: Facts = [(label, row.said(name)) for name, label in rectification.LABELS.items()]
    if for_staff and row.is_own_error:
        lines.append((_("Our own error"), _("yes: to be put right within ten working days")))
    return lines


def _day(day: date | None) -> str:
    return date_format(day, "j F Y") if day else ""
