"""One colleague opens one person's details in one session, says why, and sees them until the minutes are over."""

import re
from datetime import datetime, timedelta
from functools import reduce
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import audit, roles
from ..encryption import keyed_hash
from ..fields import EncryptedField
from ..personal_data import SELF, Delete, PersonalData, Retention, declaration_of
from ..roles import Act
from ..subject_requests import DataSubjectRequest
from ..vocabulary import Category, LawfulBasis, Purpose
from . import alarm

FEWEST_LETTERS = 4
HOUR = timedelta(hours=1)


class NotOpened(Exception):
    """Why not, in one line for the colleague."""


class Ground(models.TextChoices):
    """Why, in short."""

    REQUEST = "request", gettext_lazy("To answer a request")
    CONTACT = "contact", gettext_lazy("The person called or wrote")
    MAIL = "mail", gettext_lazy("To read an email and see what it asks")
    CHECK = "check", gettext_lazy("To check that something was done right")
    SECURITY = "security", gettext_lazy("Suspected misuse, or something went wrong")
    OTHER = "other", gettext_lazy("Another reason")


class Opening(models.Model):
    """Why and until when one colleague may see one person; without a person it is one mail of nobody we know."""

    personal_data = PersonalData(
        data_subject="data_subject",
        category=Category.SECURITY,
        purpose=Purpose.SECURITY,
        lawful_basis=LawfulBasis.LEGAL_OBLIGATION,
        retention=Retention(since="opened_at", years=1),
        erase=Delete(),
        fields=("opened_at", "role", "ground", "reference", "reason"),
        not_personal=("colleague", "page", "with_request", "ends_at", "session"),
        secret=("reason",),
    )

    colleague = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="openings")
    data_subject = models.ForeignKey(settings.DATA_SUBJECT_MODEL, models.CASCADE, null=True, related_name="openings")
    page = models.CharField(max_length=100, help_text="The record that was open, by reference.")
    session = models.CharField(max_length=64, help_text="Keyed hash of the session it counts in.")
    role = models.CharField("who", max_length=60)
    ground = models.CharField("why", max_length=12, choices=Ground)
    reference = models.CharField("request", max_length=24, blank=True)
    reason = EncryptedField(default=b"", blank=True)
    with_request = models.BooleanField(help_text="Whether a request of this person was open.")
    opened_at = models.DateTimeField("day")
    ends_at = models.DateTimeField()

    class Meta:
        verbose_name = "look at your details"
        verbose_name_plural = "looks at your details"
        indexes = [
            models.Index(fields=["session", "ends_at"], name="opening_in_force"),
            models.Index(fields=["colleague", "opened_at"], name="opening_of_colleague"),
            models.Index(fields=["data_subject", "-id"], name="opening_of_person"),
            models.Index(fields=["opened_at"], name="opening_by_time"),
        ]

    def __str__(self) -> str:
        return f"look {self.pk}"

    @property
    def words(self) -> str:
        """The colleague's own words."""
        return bytes(self.reason or b"").decode()

    def minutes_left(self, now: datetime) -> int:
        """Begun minutes until it is masked again."""
        return max(0, -int((now - self.ends_at).total_seconds() // 60))


def person_of(row: Any) -> Any:
    """Whose record this is, by its declaration; None where it is of nobody we know."""
    said = declaration_of(type(row))
    if not isinstance(said, PersonalData) or said.data_subject is None:
        return None
    path = said.data_subject.split("__")
    return row if said.data_subject == SELF else reduce(lambda at, name: at and getattr(at, name), path, row)


def opened(account: Any, session_key: str | None, row: Any, now: datetime) -> Opening | None:
    """What lets this colleague see this record now, in this session: her look at the person, or at this very record."""
    if not session_key or not roles.may(account, Act.SEE_PERSON):
        return None
    person = person_of(row)
    whose = Q(data_subject=None, page=audit.reference(row))
    if person is not None:
        whose |= Q(data_subject=person)
    found = Opening.objects.filter(whose, colleague=account, session=_mark(session_key))
    return found.filter(opened_at__lte=now, ends_at__gt=now).order_by("-ends_at").first()


def open_case_of(person: Any, reference: str = "") -> DataSubjectRequest | None:
    """An open request of this person, with this number if one is given; the one that is due first."""
    if person is None:
        return None
    mine = DataSubjectRequest.objects.open().filter(data_subject=person)
    return (mine.filter(reference=reference.upper()) if reference else mine).order_by("due_on", "pk").first()


def open_details(
    account: Any, session_key: str, row: Any, ground: str, words: str, *, now: datetime | None = None
) -> Opening:
    """Lets her see the person of this record for some minutes; NotOpened, with a line, where the reason is none."""
    now = now or timezone.now()
    if not session_key or not roles.may(account, Act.SEE_PERSON):
        raise NotOpened(_("You may not see personal details."))
    person = person_of(row)
    reference = _checked(account, person, ground, words)
    with transaction.atomic():
        made = Opening.objects.create(
            colleague=account, data_subject=person, page=audit.reference(row), session=_mark(session_key),
            role=_role(account), ground=ground, reference=reference, reason=words.strip().encode(),
            with_request=open_case_of(person) is not None, opened_at=now,
            ends_at=now + timedelta(minutes=settings.DETAILS_OPEN_MINUTES),
        )  # fmt: skip
        event = "break_glass.person_opened" if account.is_superuser else "person.opened"
        audit.record(event, actor=account, subject=person, target=row, now=now, ground=ground, opening=made.pk)
        alarm.look_out(account, _people_within_an_hour(account, now), now=now)
    return made


def mask_again(account: Any, session_key: str | None, row: Any, *, now: datetime | None = None) -> None:
    """Ends her look before the minutes are over."""
    now = now or timezone.now()
    while found := opened(account, session_key, row, now):
        found.ends_at = now
        found.save(update_fields=["ends_at"])
        audit.record("person.masked", actor=account, subject=found.data_subject, target=row, now=now)


def viewed(account: Any, row: Any) -> None:
    """Notes that she has looked, and at what (CLG-20, SFB-14); a superuser's look stands out."""
    event = "break_glass.person_viewed" if account.is_superuser else "person.viewed"
    audit.record(event, actor=account, subject=person_of(row), target=row)


def _checked(account: Any, person: Any, ground: str, words: str) -> str:
    """The number of the request that is the reason, if it is one."""
    if ground not in Ground.values:
        raise NotOpened(_("Choose a reason."))
    named = re.search(rf"{re.escape(settings.CASE_PREFIX)}-\w{{4}}-\w{{4}}", words, re.IGNORECASE)
    case = open_case_of(person, named.group()) if named and roles.may(account, Act.HANDLE) else None
    if ground == Ground.REQUEST and case is None:
        raise NotOpened(_("Type the number of an open request of this person, or choose another reason."))
    if case is None and sum(letter.isalpha() for letter in words) < FEWEST_LETTERS:
        raise NotOpened(_("Say in a few words why you need to see the details."))
    return case.reference if case else ""


def _people_within_an_hour(account: Any, now: datetime) -> int:
    """How many different people, and mails of nobody we know, she has opened."""
    recent = Opening.objects.filter(colleague=account, opened_at__gt=now - HOUR, opened_at__lte=now)
    known = recent.exclude(data_subject=None).values("data_subject").distinct().count()
    return int(known + recent.filter(data_subject=None).values("page").distinct().count())


def _role(account: Any) -> str:
    """In which role she looks: the weightiest; the emergency account is none."""
    if account.is_superuser:
        return roles.EMERGENCY
    mine = roles.names_of(account)
    return next((name for name in (roles.OFFICER, roles.AGENT) if name in mine), "")


def _mark(session_key: str) -> str:
    return keyed_hash(session_key, use="sight")
