"""What should be gone and is not? Looked for after each purge by another way than its own; each is a bug of ours.

The purge walks by key up to a cutoff that it reckons backwards. Here days are counted by the database and reckoned
forwards, one by one.
"""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from pathlib import Path
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.files.storage import default_storage
from django.db import models
from django.db.models import Count, F, Q
from django.db.models.functions import TruncDate

from ..erasure.conditions import held, is_found_through_the_person, protected, something_left
from ..export import Export
from ..export.files import ROOT
from ..jobs import Job
from ..personal_data import ERASED, SELF, Anonymise, PersonalData, Retention, declarations, resolve
from ..restrictions import Restriction
from .waiting import still_needed

Found = dict[str, dict[str, int]]
# What readiness writes and takes away again.
IGNORED = {"ready"}


def look(today: date) -> Found:
    """By kind of record what is wrong with how many rows; empty on a good morning. Holds no values."""
    found: Found = {}
    for declaration in declarations():
        counts = {
            "past their date": _past(declaration, today),
            "blanked in part": _blanked_in_part(declaration),
            "of nobody": _of_nobody(declaration),
        }
        if wrong := {what: count for what, count in counts.items() if count}:
            found[declaration.label] = wrong
    if lost := sum(1 for _hold in _holds_on_nothing()):
        found.setdefault(Restriction._meta.label, {})["on a record that is not there"] = lost
    if files := sum(1 for _file in unknown_files()):
        found["files"] = {"that no row knows": files}
    return found


def _past(declaration: PersonalData, today: date) -> int:
    """Past their date, neither held nor waiting. Today's purge reaches back to yesterday, so the rest is ours."""
    stays = held(declaration) | still_needed(declaration, today)
    count = 0
    for only, retention in declaration.rules():
        rows = something_left(declaration, declaration.rows.filter(only).exclude(stays))
        count += sum(n for day, n in _by_day(rows, declaration, retention, today) if retention.ends_on(day) < today)
    return count


def _by_day(
    rows: models.QuerySet[Any], declaration: PersonalData, retention: Retention, today: date
) -> Iterator[tuple[date, int]]:
    """How many count from each day; those of the last days of the period are not looked at one by one."""
    since: Any = F(retention.since)
    latest: Any = _surely_over(retention, today)
    if isinstance(resolve(declaration.model, retention.since), models.DateTimeField):
        since = TruncDate(retention.since, tzinfo=settings.SHOP_TZ)
        latest = datetime.combine(latest, time.min, tzinfo=settings.SHOP_TZ)
    earliest = rows.filter(**{f"{retention.since}__lt": latest})
    counted = earliest.order_by().annotate(counts_from=since).values("counts_from").annotate(count=Count("pk"))
    yield from counted.values_list("counts_from", "count")


def _surely_over(retention: Retention, today: date) -> date:
    """Later than any day whose period is over, by calendar years and months as they are at most short."""
    days = retention.years * 365 + retention.months * 28 + retention.days
    return today - timedelta(days=days) + timedelta(days=2)


def _blanked_in_part(declaration: PersonalData) -> int:
    """Rows that bear the mark of having been made anonymous, and still hold, or hold again, what should be gone."""
    if not isinstance(declaration.final(), Anonymise):
        return 0
    columns = [declaration.model._meta.get_field(name) for name in declaration.blanks()]
    marks = [c.name for c in columns if isinstance(c, models.CharField) and c.unique]
    marked = Q(pk__in=[])
    for name in marks:
        marked |= Q(**{f"{name}__startswith": ERASED})
    if declaration.data_subject == SELF:
        marked |= Q(erased_at__isnull=False)
    return declaration.rows.filter(marked).filter(declaration.not_yet_blank()).count()


def _of_nobody(declaration: PersonalData) -> int:
    """Rows that led to their person only through her own row, which is gone.

    Not colleagues', not those of the past, whom our records name as having done something, and not new sign-ups.
    """
    if not is_found_through_the_person(declaration):
        return 0
    rows = declaration.rows.filter(**{f"{declaration.subject_lookup}__isnull": True})
    rows = rows.exclude(**{"__".join([*declaration.subject_lookup.split("__")[:-1], "is_staff"]): True})
    rows = rows.exclude(protected(declaration.model))
    if declaration.unconfirmed is not None:
        rows = rows.exclude(declaration.unconfirmed.rows)
    return something_left(declaration, rows).count()


def _holds_on_nothing() -> Iterator[Restriction]:
    """Holds on one record that does not exist: they hold nothing, and somebody believes that they do."""
    for hold in Restriction.objects.active().exclude(scope="").iterator():
        label, _sign, pk = hold.scope.rpartition(":")
        try:
            model = apps.get_model(label)
            is_there = model._base_manager.filter(pk=pk).exists()
        except (LookupError, ValueError):
            is_there = False
        if not is_there:
            yield hold


def unknown_files() -> Iterator[Path]:
    """Files in our store that no row names: of copies, and of every column that holds a file."""
    root = Path(default_storage.path(""))
    known = _named_in_rows()
    copies = set(Export.objects.exclude(job_state=Job.State.DONE, files={}).values_list("folder", flat=True))
    for path in root.rglob("*") if root.is_dir() else ():
        parts = path.relative_to(root).parts
        is_copy = parts[0] == ROOT and len(parts) > 1 and parts[1] in copies
        if path.is_file() and not is_copy and "/".join(parts) not in known and parts[0] not in IGNORED:
            yield path


def _named_in_rows() -> set[str]:
    named: set[str] = set()
    for model in apps.get_models():
        for column in model._meta.concrete_fields:
            if isinstance(column, models.FileField):
                named.update(model._base_manager.exclude(**{column.name: ""}).values_list(column.name, flat=True))
    return named
