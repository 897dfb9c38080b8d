"""Who else may get data, which fields, where, and under what agreement?"""

import base64
from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import models
from django.db.models import Q

from ..fields import EncryptedField, not_in_the_future
from ..outgoing_calls import may_be_called
from ..personal_data import NoPersonalData
from .lifetimes import LONGEST_DAYS, longest_in_words

# The EEA, the United Kingdom, and countries with a decision of the European Commission (Art. 45).
EEA = set("AT BE BG HR CY CZ DK EE FI FR DE GR HU IE IT LV LT LU MT NL PL PT RO SK SI ES SE IS LI NO".split())
SECRET_PREFIX = "whsec_"  # noqa: S105
SHORTEST_KEY = 16
# A year, and a few days to do it in.
REVIEWED_EVERY = timedelta(days=372)
ADEQUATE = EEA | set("GB AD AR CA CH FO GG IL IM JE JP KR NZ UY".split())

# The fields by which a recipient's machine can be told of whom we speak.
KNOWN_BY = ("customer_number", "email")

Veto = Callable[["Recipient"], str | None]
# What higher rooms have against a recipient: a promise that forbids it. Each gives the reason, or None.
VETOES: list[Veto] = []


class RecipientQuerySet(models.QuerySet["Recipient"]):
    """Recipients by what they may get."""

    def active(self) -> "RecipientQuerySet":
        """Those that may receive anything at all."""
        return self.filter(is_active=True)

    def hearing(self) -> "RecipientQuerySet":
        """Those whose machine is called when somebody chooses anew."""
        return self.active().exclude(hears=self.model.Hears.NOTHING).exclude(notice_url="")

    def for_lists(self) -> "RecipientQuerySet":
        """Those that may be given a list of many, which names people by address or number.

        An authority gets data by an order about one person.
        """
        rows = self.active().exclude(kind=Recipient.Kind.AUTHORITY)
        return self.filter(pk__in=[one.pk for one in rows if set(KNOWN_BY) & set(one.fields)])

    def optional(self) -> "RecipientQuerySet":
        """Those that need the person's yes; an authority gets data by an order of the law, which is no choice."""
        return self.active().filter(is_necessary=False).exclude(kind=Recipient.Kind.AUTHORITY)


class Recipient(models.Model):
    """An organisation that receives personal data (GDPR Art. 13(1)(e), 28, 44)."""

    personal_data = NoPersonalData("Organisations, not people.")

    class Kind(models.TextChoices):
        PROCESSOR = "processor", "works on our instructions"
        CONTROLLER = "controller", "decides for itself"
        JOINT = "joint", "decides together with us"
        CREDIT_REFERENCE = "credit_reference", "credit reference agency"
        AUTHORITY = "authority", "authority"
        SALE = "sale", "buys data from us"
        LEASE = "lease", "rents data from us"

    class Group(models.TextChoices):
        DELIVERY = "delivery", "delivery"
        PAYMENT = "payment", "payment and credit"
        ADVERTISING = "advertising", "advertising"
        MEASUREMENT = "measurement", "measurement"
        SOCIAL = "social", "social networks"
        SERVICE = "service", "customer service and reviews"
        AFFILIATE = "affiliate", "companies of our group"
        PARTNER = "partner", "partners"

    class Security(models.TextChoices):
        SOUND = "sound", "as safe as we are"
        LACKING = "lacking", "not as safe as we are"

    class Hears(models.TextChoices):
        NOTHING = "nothing", "nothing"
        OWN = "own", "choices about itself: whether data may be shared with it"
        ADVERTISING = "advertising", "every choice about advertising, and every address that is suppressed"

    name = models.CharField(max_length=120, unique=True)
    legal_name = models.CharField(max_length=200, blank=True)
    postal_address = models.CharField(max_length=300, blank=True)
    kind = models.CharField(max_length=20, choices=Kind)
    group = models.CharField(max_length=20, choices=Group)
    country = models.CharField(max_length=2, help_text="ISO 3166 code, such as US.")
    safeguard = models.CharField(max_length=200, blank=True, help_text="Outside adequate countries: such as SCC 2021.")
    purpose = models.CharField(max_length=300, help_text="What it does with the data, and nothing else.")
    fields = models.JSONField(
        default=list, blank=True, help_text='The only fields it may get, such as ["name", "address"].'
    )
    is_necessary = models.BooleanField(default=False, help_text="Needed to carry out an order; needs no yes.")
    is_active = models.BooleanField(default=False)
    agreement_until = models.DateField(null=True, blank=True, help_text="Last day of the agreement in force.")
    arrangement = models.CharField(
        max_length=500,
        blank=True,
        help_text="Where both decide: who answers for what; everybody may read it (Art. 26).",
    )
    security_reviewed_on = models.DateField(
        "security looked at on",
        null=True,
        blank=True,
        validators=[not_in_the_future],
        help_text="At least once a year.",
    )
    security_result = models.CharField("what came of it", max_length=10, choices=Security, blank=True)
    security_note = models.CharField(
        "what was looked at",
        max_length=300,
        blank=True,
        help_text="Such as a certificate, or answers to our questions.",
    )
    policy_url = models.URLField(blank=True)
    opt_out_url = models.URLField(blank=True)
    browser_settings_only = models.BooleanField(
        default=False, help_text="It offers no way to say no of its own: only the settings of one's browser help."
    )
    cookie_lifetime = models.CharField(max_length=120, blank=True)
    shortens_ip = models.BooleanField(default=False)
    notice_email = models.EmailField(
        "email for notices", blank=True, help_text="Told here when somebody's data was corrected, deleted or locked."
    )
    notice_url = models.URLField(
        "URL for notices", max_length=500, blank=True, help_text="Called instead of the email: https, with a secret."
    )
    notice_secret = EncryptedField(blank=True, default=b"")
    hears = models.CharField(
        "is called when somebody chooses",
        max_length=12,
        choices=Hears,
        default=Hears.NOTHING,
        help_text="At the URL, within seconds, signed. Advertising: for a mailing tool that works on our instructions.",
    )
    told_by_hand = models.CharField(
        "told by letter or phone", max_length=300, blank=True, help_text="Without either: why, and how it is told."
    )

    objects = RecipientQuerySet.as_manager()

    class Meta:
        ordering = ["group", "name"]
        constraints = [
            models.CheckConstraint(
                condition=Q(security_reviewed_on__isnull=True, security_result="")
                | (Q(security_reviewed_on__isnull=False) & ~Q(security_result="") & ~Q(security_note="")),
                name="recipient_security_review_whole",
                violation_error_message="A look at its security has a day, a result, and what was looked at.",
            )
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_adequate(self) -> bool:
        """Whether data may go to its country without further safeguard (Art. 45)."""
        return self.country in ADEQUATE

    @property
    def is_in_eea(self) -> bool:
        """Inside the European Economic Area, for the refusal of transfers outside (SFB-21)."""
        return self.country in EEA

    def has_agreement(self, on: date) -> bool:
        """Whether it has agreed in writing to keep data confidential, and still is bound (MAD-13)."""
        return self.agreement_until is not None and self.agreement_until >= on

    def is_as_safe(self, on: date) -> bool:
        """Whether somebody has looked at its security within the year, and found it as good as ours (SFB-15)."""
        seen = self.security_reviewed_on
        return seen is not None and self.security_result == self.Security.SOUND and (on - seen) <= REVIEWED_EVERY

    def may_get_data(self, on: date) -> bool:
        """Whether the register lets it have data at all: on, bound, in a safe country, and no promise forbids it."""
        return (
            self.is_active and self.has_agreement(on) and bool(self.is_adequate or self.safeguard) and not self.vetoes()
        )

    @property
    def can_be_told(self) -> bool:
        """Whether a notice can reach it without a colleague."""
        return bool(self.notice_email or self.notice_url)

    @property
    def usual_basis(self) -> str:
        """Why it gets data where nobody says otherwise: the order needs it, or the person said yes."""
        return "contract" if self.is_necessary else "consent"

    @property
    def pays(self) -> bool:
        """Whether it gets data for money."""
        return self.kind in FOR_MONEY

    @property
    def offers_a_no(self) -> bool:
        """Whether a person can keep it out of her browser: by its own link, or by her browser's settings (CNX-23)."""
        return bool(self.opt_out_url) or self.browser_settings_only

    @property
    def lives_too_long(self) -> bool:
        """Whether it says itself that its cookies live longer than 13 months (CNX-20)."""
        return longest_in_words(self.cookie_lifetime) > LONGEST_DAYS

    def vetoes(self) -> list[str]:
        """Why this recipient may not be in the register at all; nothing while no promise forbids it (CNX-03)."""
        return [reason for veto in VETOES if (reason := veto(self))]

    def save(self, *args: Any, **kwargs: Any) -> None:
        """ValidationError where a promise forbids such a recipient, whoever saves it."""
        if reasons := self.vetoes():
            raise ValidationError({"kind": reasons})
        super().save(*args, **kwargs)

    def clean(self) -> None:
        """No active recipient without protection where its country has none, nor without a way to tell it (Art. 19)."""
        self.country = self.country.upper()
        wrong: dict[str, Any] = {}
        if reasons := self.vetoes():
            wrong["kind"] = reasons
        if self.is_active and self.kind == self.Kind.JOINT and not self.arrangement.strip():
            wrong["arrangement"] = "Say who answers for what; the people concerned may read it (Art. 26)."
        if self.is_necessary and self.group in NEVER_NEEDED:
            wrong["is_necessary"] = "Nobody of this group is needed for an order: it gets data by a yes alone."
        if self.is_active and not self.is_adequate and not self.safeguard:
            wrong["safeguard"] = "Name the safeguard, or leave the recipient inactive."
        if self.notice_url and not may_be_called(self.notice_url):
            wrong["notice_url"] = "An https:// address with a host name, without a password in it."
        elif self.notice_url and not self.notice_secret:
            wrong["notice_url"] = "Give the secret with which the calls are signed."
        if self._must_be_told and not (self.can_be_told or self.told_by_hand.strip()):
            wrong["notice_email"] = "How is it told of a correction or deletion? Give one of these, or say how by hand."
        if why := self._may_not_hear():
            wrong["hears"] = why
        if wrong:
            raise ValidationError(wrong)

    def _may_not_hear(self) -> str:
        """Why it cannot be called about choices; empty where it can, or is not to be."""
        if self.hears == self.Hears.NOTHING:
            return ""
        if not (self.notice_url and self.notice_secret):
            return "Calls need a URL for notices and its secret."
        if not self.is_active or self.agreement_until is None:
            return "Only a recipient that is switched on and has an agreement is called about choices."
        if self.hears == self.Hears.ADVERTISING and self.kind != self.Kind.PROCESSOR:
            return "Everybody's choices go only to somebody who works on our instructions."
        if not set(KNOWN_BY) & set(self.fields):
            return f"It must know whom we mean: put one of these on the list of its fields: {', '.join(KNOWN_BY)}."
        return ""

    @property
    def _must_be_told(self) -> bool:
        return self.is_active and bool(self.fields) and self.kind != self.Kind.AUTHORITY


FOR_MONEY = (Recipient.Kind.SALE, Recipient.Kind.LEASE)
IN_THE_BROWSER = (Recipient.Group.ADVERTISING, Recipient.Group.MEASUREMENT, Recipient.Group.SOCIAL)
# An order goes out without any of them, so none gets data without a yes (CNX-04, MAD-15).
NEVER_NEEDED = (*IN_THE_BROWSER, Recipient.Group.PARTNER)


def controllers() -> list[str]:
    """Who is responsible, by name: the shop, and whoever decides together with it (Art. 26)."""
    joint = Recipient.objects.active().filter(kind=Recipient.Kind.JOINT)
    return [settings.SHOP["legal_name"], *(one.legal_name or one.name for one in joint)]


def signing_key(secret: str) -> bytes:
    """The bytes to sign with: what stands behind `whsec_` in base64, anything else as it is."""
    if not secret.startswith(SECRET_PREFIX):
        return secret.encode()
    return base64.b64decode(secret.removeprefix(SECRET_PREFIX), validate=True)


def may_sign(secret: str) -> bool:
    """Whether calls can be signed with this, and nobody can guess it."""
    try:
        return len(signing_key(secret)) >= SHORTEST_KEY
    except ValueError:
        return False
