"""Which person and purpose does this link stand for? Opaque, hashed at rest, one purpose each."""

import base64
import hashlib
import json
import secrets
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from .encryption import keyed_hash
from .personal_data import Delete, PersonalData, Retention
from .vocabulary import Category, LawfulBasis, Purpose

LIFETIME = {
    "unsubscribe": timedelta(days=731),
    "undo": timedelta(days=30),
    "confirm": timedelta(days=2),
    "request": timedelta(days=2),
    "new_address": timedelta(days=2),
    "case": timedelta(days=180),
    "keep": timedelta(days=180),
}


OUTLIVING = ("unsubscribe", "confirm")


class LinkToken(models.Model):
    """What a link may do, for whom, until when; the link itself is not stored and cannot be read off this row.

    Of a person who is erased marks of the links in advertising mails stay, without her, until their day: they answer
    "this was ours, and there is nothing left to do", because a mail program must not be told that it failed.
    """

    personal_data = PersonalData(
        data_subject="data_subject",
        category=Category.SECURITY,
        purpose=Purpose.PRIVACY_RIGHTS,
        lawful_basis=LawfulBasis.LEGAL_OBLIGATION,
        retention=Retention(since="expires_at", days=5),
        erase=Delete(),
        fields=("kind", "created_at", "expires_at", "used_at", "details"),
        not_personal=("hash",),
        secret=("details",),
    )

    hash = models.CharField(max_length=64, unique=True)
    kind = models.CharField(max_length=20)
    data_subject = models.ForeignKey(
        settings.DATA_SUBJECT_MODEL, models.SET_NULL, null=True, related_name="link_tokens"
    )
    details = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.kind} link {self.pk}"


def derived(about: str) -> str:
    """160 bits that only our key can compute, the same each time, for a link that is mailed more than once."""
    return _written(bytes.fromhex(keyed_hash(about, use="link"))[:20])


def at_rest(token: str) -> str:
    """What another table keeps of a link of its own."""
    return _hash(token)


def _hash(token: str) -> str:
    return hashlib.sha256(token.lower().encode()).hexdigest()


def _written(secret: bytes) -> str:
    """160 bits in letters and digits that survive any mail system's lower-casing."""
    return base64.b32encode(secret).decode().lower()


def issue(kind: str, data_subject: Any, *, now: datetime | None = None, **details: Any) -> str:
    """A new token of 160 random bits."""
    token = _written(secrets.token_bytes(20))
    now = now or timezone.now()
    LinkToken.objects.create(
        hash=_hash(token), kind=kind, data_subject=data_subject, details=details, expires_at=now + LIFETIME[kind]
    )
    return token


def lasting(kind: str, data_subject: Any, about: str, *, now: datetime | None = None, **details: Any) -> str:
    """A token for letters about one thing: the same in each, alive for its whole time after the last."""
    now, token = now or timezone.now(), derived(f"{kind}:{about}")
    alive = {"expires_at": now + LIFETIME[kind]}
    new = {"kind": kind, "data_subject": data_subject, "details": details, **alive}
    LinkToken.objects.update_or_create(hash=_hash(token), defaults=alive, create_defaults=new)
    return token


def standing(kind: str, people: Iterable[Any], *, now: datetime | None = None, **details: Any) -> list[str]:
    """One token for each person, in one statement; the same again within a quarter, for mailings to very many.

    160 bits that only our key can compute; each lives its whole time counted from the quarter's end.
    """
    now, people = now or timezone.now(), list(people)
    quarter, ends_at = _quarter(timezone.localdate(now, settings.SHOP_TZ))
    about = f"{kind}:{json.dumps(details, sort_keys=True)}:{quarter}"
    found = {one.pk: _written(bytes.fromhex(keyed_hash(f"{about}:{one.pk}", use="link"))[:20]) for one in people}
    same: dict[str, Any] = {"kind": kind, "details": details, "created_at": now, "expires_at": ends_at + LIFETIME[kind]}
    rows = [LinkToken(hash=_hash(token), data_subject_id=pk, **same) for pk, token in found.items()]
    LinkToken.objects.bulk_create(rows, ignore_conflicts=True)
    return [found[one.pk] for one in people]


def _quarter(day: date) -> tuple[str, datetime]:
    """Its name, and the moment when it is over."""
    number = (day.month - 1) // 3
    first_after = date(day.year + (number == 3), (number * 3 + 3) % 12 + 1, 1)
    return f"{day.year}q{number + 1}", datetime.combine(first_after, time.min, tzinfo=settings.SHOP_TZ)


def _valid(kind: str, hashed: str, now: datetime | None) -> models.QuerySet[LinkToken]:
    """At most one row."""
    return LinkToken.objects.filter(hash=hashed, kind=kind, expires_at__gt=now or timezone.now())


def find(kind: str, token: str, *, now: datetime | None = None) -> LinkToken | None:
    """The row of a token of this kind that has not expired; None for anything else, in constant time.

    Ours are ASCII: a letter that only becomes one when it is lower-cased is a forgery.
    """
    rows = _valid(kind, _hash(token), now).filter(data_subject__isnull=False)
    return rows.select_related("data_subject").first() if token.isascii() else None


def _mark(hashed: str) -> str:
    """What stays of a link whose person is gone: it opens nothing, and only the link leads to it."""
    return hashlib.sha256(f"gone:{hashed}".encode()).hexdigest()


def leave_behind(data_subject: Any) -> None:
    """Before an erasure, under which every link goes: marks, of nobody, of the links in her advertising mails."""
    hers = LinkToken.objects.filter(data_subject=data_subject, kind__in=OUTLIVING)
    marks = [
        LinkToken(hash=_mark(hashed), kind=kind, expires_at=expires_at)
        for hashed, kind, expires_at in hers.values_list("hash", "kind", "expires_at")
    ]
    LinkToken.objects.bulk_create(marks, ignore_conflicts=True)


def was_of_somebody_erased(kind: str, token: str, *, now: datetime | None = None) -> bool:
    """Whether this was a link of ours whose person is gone."""
    return token.isascii() and _valid(kind, _mark(_hash(token)), now).exists()


def spend(token: LinkToken, *, now: datetime | None = None) -> bool:
    """Uses a single-use token; True for exactly one of any number of simultaneous callers."""
    unused = Q(pk=token.pk, used_at__isnull=True)
    return bool(LinkToken.objects.filter(unused).update(used_at=now or timezone.now()))
