"""Which person and purpose does this link stand for? Opaque, hashed at rest, one purpose each."""

import base64
import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from .personal_data import Delete, PersonalData, Retention
from .vocabulary import Category, LawfulBasis, Purpose

LIFETIME = {
    "unsubscribe": timedelta(days=731),
    "undo": timedelta(days=30),
    "confirm": timedelta(days=2),
    "request": timedelta(days=2),
    "new_address": timedelta(days=2),
}


class LinkToken(models.Model):
    """What a link may do, for whom, until when; the link itself is not stored and cannot be read off this row."""

    personal_data = PersonalData(
        data_subject="data_subject",
        category=Category.SECURITY,
        purpose=Purpose.PRIVACY_RIGHTS,
        lawful_basis=LawfulBasis.LEGAL_OBLIGATION,
        retention=Retention(since="expires_at", days=7),
        erase=Delete(),
        fields=("kind", "created_at", "expires_at", "used_at", "details"),
        not_personal=("hash",),
        secret=("details",),
    )

    hash = models.CharField(max_length=64, unique=True)
    kind = models.CharField(max_length=20)
    data_subject = models.ForeignKey(settings.DATA_SUBJECT_MODEL, models.CASCADE, related_name="link_tokens")
    details = models.JSONField(default=dict, blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"{self.kind} link {self.pk}"


def _hash(token: str) -> str:
    return hashlib.sha256(token.lower().encode()).hexdigest()


def issue(kind: str, data_subject: Any, *, now: datetime | None = None, **details: Any) -> str:
    """A new token of 160 random bits in letters and digits that survive any mail system's lower-casing."""
    token = base64.b32encode(secrets.token_bytes(20)).decode().lower()
    now = now or timezone.now()
    LinkToken.objects.create(
        hash=_hash(token), kind=kind, data_subject=data_subject, details=details, expires_at=now + LIFETIME[kind]
    )
    return token


def find(kind: str, token: str, *, now: datetime | None = None) -> LinkToken | None:
    """The row of a token of this kind that has not expired; None for anything else, in constant time."""
    now = now or timezone.now()
    rows = LinkToken.objects.filter(hash=_hash(token), kind=kind, expires_at__gt=now)
    return rows.select_related("data_subject").first()


def spend(token: LinkToken, *, now: datetime | None = None) -> bool:
    """Uses a single-use token; True for exactly one of any number of simultaneous callers."""
    unused = Q(pk=token.pk, used_at__isnull=True)
    return bool(LinkToken.objects.filter(unused).update(used_at=now or timezone.now()))
