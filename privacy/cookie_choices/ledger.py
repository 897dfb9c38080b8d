"""Who chose what about cookies, and when? Choices only grow; a browser is known by a keyed hash of its mark."""

from typing import Any

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from ..append_only import AppendOnlyModel, AppendOnlyQuerySet
from ..encryption import keyed_hash
from ..personal_data import Delete, PersonalData, Retention
from ..policies import PolicyVersion
from ..vocabulary import Category, LawfulBasis, Purpose
from .question import CookieQuestion, Group

MONTHS = 13


class Visitor(models.Model):
    """A browser that has answered; a person only once she has signed in on it."""

    personal_data = PersonalData(
        data_subject="data_subject",
        category=Category.CHOICES,
        purpose=Purpose.PRIVACY_RIGHTS,
        lawful_basis=LawfulBasis.LEGAL_OBLIGATION,
        retention=Retention(since="last_choice_at", months=MONTHS),
        erase=Delete(),
        fields=("mark", "last_choice_at", "linked_at"),
        secret=("mark",),
    )

    mark = models.CharField(max_length=64, unique=True)
    data_subject = models.ForeignKey(
        settings.DATA_SUBJECT_MODEL, models.CASCADE, null=True, blank=True, related_name="visitors"
    )
    last_choice_at = models.DateTimeField(_("last choice"), db_index=True)
    linked_at = models.DateTimeField(_("signed in first"), null=True)

    class Meta:
        verbose_name = _("browser that chose about cookies")
        verbose_name_plural = _("browsers that chose about cookies")

    def __str__(self) -> str:
        return f"browser {self.pk}"


class Road(models.TextChoices):
    """How a choice came in."""

    PAGE = "page", _("on our own pages")
    SCRIPT = "script", _("in the shop")
    SIGNAL = "gpc", _("signal of the browser")
    SIGN_IN = "sign_in", _("taken over from another browser")


class CookieChoiceQuerySet(AppendOnlyQuerySet):
    """The ledger, read."""

    def in_force(self) -> "CookieChoiceQuerySet":
        """The latest of each browser."""
        newer = self.model._base_manager.filter(visitor=models.OuterRef("visitor"), pk__gt=models.OuterRef("pk"))
        return self.filter(~models.Exists(newer))


class CookieChoice(AppendOnlyModel):
    """One answer of one browser: yes or no for each group that it was asked about, under which texts (Art. 7(1))."""

    personal_data = PersonalData(
        data_subject="visitor__data_subject",
        category=Category.CHOICES,
        purpose=Purpose.PRIVACY_RIGHTS,
        lawful_basis=LawfulBasis.LEGAL_OBLIGATION,
        retention=Retention(since="occurred_at", months=MONTHS),
        erase=Delete(),
        fields=("occurred_at", "answers", "road", "site"),
        not_personal=("visitor", "question", "policy"),
        provided=("occurred_at", "answers"),
    )

    visitor = models.ForeignKey(Visitor, models.PROTECT, related_name="choices")
    question = models.ForeignKey(CookieQuestion, models.PROTECT)
    policy = models.ForeignKey(PolicyVersion, models.PROTECT, null=True)
    answers = models.JSONField(_("yes or no"))
    road = models.CharField(_("how it came"), max_length=10, choices=Road)
    site = models.CharField(_("on which site"), max_length=200)
    occurred_at = models.DateTimeField(_("when"), db_index=True)

    objects = CookieChoiceQuerySet.as_manager()  # type: ignore[misc]

    class Meta:
        verbose_name = _("choice about cookies")
        verbose_name_plural = _("choices about cookies")
        base_manager_name = "objects"

    def __str__(self) -> str:
        return f"choice about cookies {self.pk}"

    @property
    def yes(self) -> frozenset[str]:
        """The groups that were allowed."""
        return frozenset(group for group, is_yes in self.answers.items() if is_yes)

    @property
    def groups(self) -> list[Group]:
        """What was asked about."""
        return [Group(name) for name in self.answers]


def mark_hash(mark: str) -> str:
    """What is kept of a browser's mark."""
    return keyed_hash(mark, use="cookie-visitor")


def latest_of(visitor: Any) -> CookieChoice | None:
    """The answer of this browser that is in force."""
    found: CookieChoice | None = CookieChoice.objects.filter(visitor=visitor).order_by("-pk").first()
    return found
