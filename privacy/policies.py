"""Which policy is in force, what did earlier ones say, and who was shown which?"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.conf import settings
from django.db import models
from django.utils import timezone

from .personal_data import Delete, NoPersonalData, PersonalData, Retention
from .vocabulary import Category, LawfulBasis
from .vocabulary import Purpose as BuiltInPurpose


class PolicyQuerySet(models.QuerySet["PolicyVersion"]):
    """Versions by date."""

    def in_force(self, today: date, kind: str = "privacy") -> "PolicyVersion | None":
        """The version that applies on this day; None before the first."""
        return self.filter(kind=kind, effective_on__lte=today).order_by("-effective_on", "-pk").first()

    def published(self, today: date, kind: str = "privacy") -> "PolicyQuerySet":
        """Every version that has ever applied, newest first."""
        return self.filter(kind=kind, effective_on__lte=today).order_by("-effective_on", "-pk")


class PolicyVersion(models.Model):
    """One text, from one day on (CLZ-17, MAD-09). Lines that begin with "# " are headings."""

    personal_data = NoPersonalData("Texts for everybody.")

    class Kind(models.TextChoices):
        PRIVACY = "privacy", "privacy policy"
        TERMS = "terms", "terms and conditions"
        INTERNAL_SECURITY = "internal_security", "internal security policy"

    kind = models.CharField(max_length=20, choices=Kind, default=Kind.PRIVACY)
    version = models.SlugField(max_length=20)
    title = models.CharField(max_length=200)
    body = models.TextField()
    effective_on = models.DateField()
    review_on = models.DateField(null=True, blank=True)
    told_at = models.DateTimeField(null=True, editable=False)

    objects = PolicyQuerySet.as_manager()

    class Meta:
        ordering = ["-effective_on"]
        constraints = [models.UniqueConstraint(fields=["kind", "version"], name="policy_version_once")]

    def __str__(self) -> str:
        return f"{self.title} {self.version}"

    def sections(self) -> Iterator["Section"]:
        """The text as headings with paragraphs, for page and PDF alike."""
        section = Section("")
        for block in (b.strip() for b in self.body.replace("\r\n", "\n").split("\n\n")):
            if block.startswith("# "):
                if section.heading or section.paragraphs:
                    yield section
                section = Section(block[2:].strip())
            elif block:
                section.paragraphs.append(block)
        yield section


@dataclass
class Section:
    """A heading and what stands below it."""

    heading: str
    paragraphs: list[str] = field(default_factory=list)


class NoticeShown(models.Model):
    """Which version a person was shown, and when; a notice is never a consent (CLZ-18)."""

    personal_data = PersonalData(
        data_subject="data_subject",
        category=Category.CHOICES,
        purpose=BuiltInPurpose.PRIVACY_RIGHTS,
        lawful_basis=LawfulBasis.LEGAL_OBLIGATION,
        retention=Retention(since="shown_at", years=3),
        erase=Delete(),
        fields=("policy", "shown_at"),
    )

    data_subject = models.ForeignKey(settings.DATA_SUBJECT_MODEL, models.CASCADE, related_name="notices_shown")
    policy = models.ForeignKey(PolicyVersion, models.PROTECT)
    shown_at = models.DateTimeField(default=timezone.now)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["data_subject", "policy"], name="notice_once")]

    def __str__(self) -> str:
        return f"{self.policy.version} shown"


def note_shown(data_subject: Any, policy: PolicyVersion) -> None:
    """Writes down, once per version, that the person was shown it."""
    NoticeShown.objects.get_or_create(data_subject=data_subject, policy=policy)


def note_shown_today(data_subject: Any, today: date) -> None:
    """The same of the version that applies on this day, where there is one: it stood beside the form that she sent."""
    policy = PolicyVersion.objects.in_force(today)
    if policy is not None:
        note_shown(data_subject, policy)
