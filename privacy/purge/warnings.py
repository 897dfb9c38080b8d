"""Who is told by email before we forget her? Whose file ends because she was inactive, some days before it does."""

from collections.abc import Iterator
from datetime import date, datetime, time, timedelta
from itertools import islice
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q
from django.utils import timezone

from .. import data_subjects, lasting_noes, notices, tokens
from ..erasure.conditions import held, is_over, matter_is_open
from ..fields import NormalisedEmailField
from ..jobs import Job
from ..personal_data import SELF, Delete, PersonalData, Retention, contact_columns, declarations
from ..vocabulary import Category, LawfulBasis, Purpose
from .stopping import alone

BATCH = 500
LETTER = "inactivity_warning"


class InactivityWarning(models.Model):
    """One letter that says until when somebody must show herself, or be forgotten."""

    personal_data = PersonalData(
        data_subject="data_subject",
        category=Category.CORRESPONDENCE,
        purpose=Purpose.SERVICE,
        lawful_basis=LawfulBasis.LEGITIMATE_INTERESTS,
        retention=Retention(since="written_at", years=2),
        erase=Delete(),
        fields=("written_at", "left_at"),
    )

    # It must outlive the person's other rows, which wait for it, and must not keep her last trace alive.
    data_subject = models.ForeignKey(
        settings.DATA_SUBJECT_MODEL, models.SET_NULL, null=True, related_name="inactivity_warnings"
    )
    written_at = models.DateTimeField("written", default=timezone.now)
    left_at = models.DateTimeField("sent", null=True, help_text="Or given up, because no mail server takes it.")

    class Meta:
        verbose_name = "warning before deletion"
        verbose_name_plural = "warnings before deletion"
        indexes = [models.Index(fields=["id"], condition=Q(left_at__isnull=True), name="warning_not_left")]

    def __str__(self) -> str:
        return f"warning {self.pk}"

    @property
    def letter_key(self) -> str:
        """Makes its letter happen once."""
        return f"inactivity-{self.pk}"


def unwarned(lookup: str, today: date) -> Q:
    """People with an email address whose warning has not left, or not long enough ago; they wait.

    A letter that came back counts as given: an address that is dead must not keep the rest for ever.
    """
    person = _person()
    if person is None:
        return Q(pk__in=[])
    since = person.retention.since if person.retention else ""
    before = timezone.make_aware(datetime.combine(today - _pause(), time.min), settings.SHOP_TZ)
    path = "" if lookup == "pk" else f"{lookup}__"
    given = InactivityWarning.objects.filter(
        data_subject=OuterRef(lookup), left_at__lt=before, written_at__gt=OuterRef(f"{path}{since}")
    )
    return ~Q(Exists(given)) & _reachable(lookup)


def _person() -> PersonalData | None:
    """The declaration that says whether people are warned; None where the shop warns nobody."""
    found = next((d for d in declarations() if d.data_subject == SELF), None)
    return found if found and found.retention and found.retention.warns else None


def _pause() -> timedelta:
    return timedelta(days=settings.PURGE_WARNING_DAYS)


def _reachable(lookup: str) -> Q:
    found = Q(pk__in=[])
    for said, column in contact_columns(NormalisedEmailField):
        mine = said.rows.filter(**{said.subject_lookup: OuterRef(lookup)}).exclude(**{column: ""})
        found |= Q(Exists(mine))
    return found


def to_be_warned(today: date) -> models.QuerySet[Any]:
    """Everybody whose file ends within the days of the warning, who can be reached, and has not been told since.

    Nobody who is restricted or held, or has something open with us: her file does not end then.
    """
    person = _person()
    if person is None or person.retention is None:
        return data_subjects.people().none()
    told = InactivityWarning.objects.filter(
        data_subject=OuterRef("pk"), written_at__gt=OuterRef(person.retention.since)
    )
    rows = person.rows.filter(is_over(person, today + _pause())).filter(person.not_yet_blank())
    return rows.filter(_reachable("pk")).exclude(Exists(told)).exclude(held(person)).exclude(matter_is_open("pk"))


def warn(today: date, now: datetime) -> int:
    """Writes the letters that are due, in batches; how many. Killed or run twice, each is written once."""
    people, written = to_be_warned(today).order_by("pk"), 0
    last: Any = None
    while True:
        rows = people if last is None else people.filter(pk__gt=last)
        keys = list(rows.values_list("pk", flat=True)[:BATCH])
        if not keys:
            return written
        last = keys[-1]
        written += _write(keys, today, now)


def _write(keys: list[Any], today: date, now: datetime) -> int:
    with alone(), notices.gathering():
        people = to_be_warned(today).filter(pk__in=keys).select_related("account").order_by("pk")
        found = [person for person in people if person.contact_email]
        rows = [InactivityWarning(data_subject=person, written_at=now) for person in found]
        InactivityWarning.objects.bulk_create(rows)
        lasting_noes.stay_off(found)
        links = tokens.standing("keep", found, now=now)
        goes_on = today + _pause() + timedelta(days=1)
        for person, row, link in zip(found, rows, links, strict=True):
            context = {
                "goes_on": goes_on,
                "link": f"{settings.SITE_URL}/keep/{link}/",
                "has_login": bool(person.account),
            }
            notices.send(
                LETTER, person.contact_email, key=row.letter_key, data_subject=person, context=context, now=now
            )
    return len(found)


def note_what_left() -> None:
    """Of each warning on its way, whether its letter has left by now, or never will.

    A letter that is gone unsent was none: the warning goes too, and she is warned anew.
    """
    waiting = InactivityWarning.objects.filter(left_at__isnull=True).order_by("pk").iterator(chunk_size=BATCH)
    for rows in _batches(waiting):
        letters = notices.OutgoingEmail.objects.filter(key__in=[row.letter_key for row in rows])
        states = {key: (state, at) for key, state, at in letters.values_list("key", "job_state", "finished_at")}
        InactivityWarning.objects.filter(pk__in=[row.pk for row in rows if row.letter_key not in states]).delete()
        for row in rows:
            state, at = states.get(row.letter_key, (Job.State.NEW, None))
            row.left_at = None if state in (Job.State.NEW, Job.State.WORKING) else at or row.written_at
        InactivityWarning.objects.bulk_update([row for row in rows if row.left_at], ["left_at"])


def _batches(rows: Iterator[InactivityWarning]) -> Iterator[list[InactivityWarning]]:
    while batch := list(islice(rows, BATCH)):
        yield batch


def keep(data_subject: Any, *, now: datetime) -> None:
    """She wants to stay: her period begins anew, as if she had signed in."""
    person = _person()
    if person is not None and person.retention is not None:
        person.of(data_subject).filter(person.not_yet_blank()).update(**{person.retention.since: now})
