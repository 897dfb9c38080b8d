"""The rows: what was promised, in whose words, who or what answers for it; and what each look found."""

from datetime import date
from typing import Any, Self

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import OuterRef, Subquery
from django.utils.translation import gettext_lazy as _

from ..personal_data import NoPersonalData
from .control import CONTROLS
from .finding import State

OWN = "own"
# Beside promises, one may contradict what the law says.
LAW = "law"


class Topic(models.TextChoices):
    """Where on the page a promise stands."""

    MARKETING = "marketing", _("Advertising and newsletters")
    RIGHTS = "rights", _("Your rights and your requests")
    KEEPING = "keeping", _("What we keep, and how long")
    SHARING = "sharing", _("Who else gets your data")
    STAFF = "staff", _("Who may look at your data")
    POLICY = "policy", _("Our privacy policy, and how to reach us")
    COOKIES = "cookies", _("Cookies and what you look at")
    COMPLAINTS = "complaints", _("Complaints")
    SECURITY = "security", _("Security")
    CHILDREN = "children", _("Children")
    SHOP = "shop", _("How the shop works")


class PromiseQuerySet(models.QuerySet["Promise"]):
    """Promises by whether they bind us."""

    def active(self) -> Self:
        """Those of the packs that the shop has taken on, and the shop's own."""
        return self.filter(pack__in=[*settings.PROMISE_PACKS, OWN])

    def with_last_look(self) -> Any:
        """Each with what its newest look found and when: `last_check` (its key), `last_state`, `last_at`."""
        newest = PromiseCheck.objects.filter(promise=OuterRef("pk")).order_by("-pk")
        said = {"last_check": "pk", "last_state": "state", "last_at": "checked_at"}
        return self.annotate(**{name: Subquery(newest.values(column)[:1]) for name, column in said.items()})


class Promise(models.Model):
    """One sentence that binds us. It rests on controls, or on a colleague with evidence and a day to look again."""

    personal_data = NoPersonalData("Sentences for everybody; the colleague who answers for one is named by reference.")

    class Kind(models.TextChoices):
        DO = "DO", _("the software carries it out")
        PROVE = "PROVE", _("the software keeps the evidence")
        REG = "REG", _("the shop carries it out")

    code = models.SlugField(_("number"), max_length=20, unique=True, help_text=_("Such as NL-01."))
    pack = models.SlugField(_("pack"), max_length=20, default=OWN, editable=False)
    topic = models.CharField(_("topic"), max_length=12, choices=Topic)
    kind = models.CharField(_("kind"), max_length=5, choices=Kind, default=Kind.DO)
    meaning = models.TextField(_("what it means"), help_text=_("In words a 14-year-old understands."))
    quote = models.TextField(_("the words of the policy"), blank=True)
    controls = models.JSONField(_("controls"), default=list, blank=True)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="+",
        verbose_name=_("who answers for it"), help_text=_("Nobody chosen: the data protection officer."),
        limit_choices_to={"is_staff": True, "is_active": True},
    )  # fmt: skip
    evidence = models.TextField(_("evidence"), blank=True, help_text=_("Where one can see it; no names of customers."))
    review_on = models.DateField(_("look again on"), null=True, blank=True)
    review_months = models.PositiveSmallIntegerField(_("look again every so many months"), default=12)
    conflicts_with = models.JSONField(_("contradicts"), default=list, blank=True)
    resolution = models.TextField(_("which of the two we follow"), blank=True)

    objects = PromiseQuerySet.as_manager()

    class Meta:
        ordering = ["code"]
        verbose_name = _("promise")

    def __str__(self) -> str:
        return self.code

    @property
    def is_manual(self) -> bool:
        """Whether a person answers for it, not a control."""
        return not self.controls

    def needs_review(self, today: date) -> bool:
        """Whether the person who answers for it has not shown anything, or must look again."""
        return self.is_manual and (not self.evidence.strip() or self.review_on is None or self.review_on < today)

    def clean(self) -> None:
        """Only controls that there are; two promises that contradict each other need a word on which we follow."""
        wrong: dict[str, str] = {}
        if unknown := [name for name in self.controls if name not in CONTROLS]:
            wrong["controls"] = _("There is no such control: %(names)s.") % {"names": ", ".join(unknown)}
        if self.conflicts_with and not self.resolution.strip():
            wrong["resolution"] = str(_("Say which of the two we follow."))
        if wrong:
            raise ValidationError(wrong)


class PromiseCheck(models.Model):
    """What one look at one promise found."""

    personal_data = NoPersonalData("States, sentences and counts about our own work.")

    promise = models.ForeignKey(Promise, models.CASCADE, related_name="checks")
    checked_at = models.DateTimeField(db_index=True)
    state = models.CharField(max_length=12, choices=State)
    evidence = models.TextField()
    figures = models.JSONField(default=dict)

    class Meta:
        ordering = ["-pk"]
        verbose_name = _("check of a promise")
        verbose_name_plural = _("checks of promises")
        indexes = [models.Index(fields=["promise", "-id"], name="promise_latest_check")]

    def __str__(self) -> str:
        return f"{self.promise_id} {self.state}"
