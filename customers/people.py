"""Who are our customers, and how do we reach them? With or without a login, anywhere in the world."""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.core.validators import MaxLengthValidator
from django.db import models
from django.db.models import Q
from django.db.models.functions import Upper
from django.utils import timezone

from privacy.data_subjects import DataSubjectQuerySet
from privacy.fields import NormalisedEmailField, OneLineField, PostcodeField, normalise_email, not_in_the_future
from privacy.personal_data import SELF, Anonymise, Delete, PersonalData, Retention
from privacy.vocabulary import Category, LawfulBasis, Purpose, Source

from .numbers import in_groups, new_number, read_number

INACTIVE = Retention(since="last_active_at", years=3, warns=True)
A_YEAR = timedelta(days=365)
OF_INACTIVE = Retention(since="customer__last_active_at", years=3)


class CustomerQuerySet(DataSubjectQuerySet):
    """Customers, found as the privacy engine asks for them."""

    def by_number(self, text: str) -> "CustomerQuerySet":
        """Whoever has this number as typed."""
        return self.filter(number=read_number(text) or "")

    def not_looked_at(self, now: datetime) -> "CustomerQuerySet":
        """Whose data nobody has called right for a year (CLG-13); who was erased has none to look at."""
        return self.filter(erased_at__isnull=True).exclude(last_confirmed_at__gt=now - A_YEAR)

    def of_account(self, account: Any) -> "CustomerQuerySet":
        """The customer who signs in with this account."""
        return self.filter(account=account)

    def fresh_numbers(self, count: int) -> list[str]:
        """So many numbers that nobody has, for adding many customers at once."""
        found: dict[str, None] = {}
        while len(found) < count:
            found |= dict.fromkeys(new_number() for _ in range(count - len(found)))
            for taken in self.filter(number__in=list(found)).values_list("number", flat=True):
                del found[taken]
        return list(found)

    def search(self, text: str) -> "CustomerQuerySet":
        """By number, by beginning of an address, or by beginning of a name; each served by an index."""
        if number := read_number(text):
            return self.filter(number=number)
        if "@" in text:
            mine = EmailAddress.objects.filter(address__startswith=normalise_email(text))
            return self.filter(pk__in=mine.values("customer"))
        beginning = text.strip().upper()
        return self.alias(name=Upper("display_name"), family=Upper("family_name")).filter(
            Q(name__startswith=beginning) | Q(family__startswith=beginning)
        )


class Customer(models.Model):
    """One person the shop deals with; a guest is one without an account."""

    class Sex(models.TextChoices):
        FEMALE = "f", "female"
        MALE = "m", "male"
        OTHER = "x", "other"

    personal_data = PersonalData(
        data_subject=SELF,
        category=Category.IDENTITY,
        purpose=Purpose.ORDER,
        lawful_basis=LawfulBasis.CONTRACT,
        retention=INACTIVE,
        erase=Anonymise(
            "number", "display_name", "given_name", "family_name", "phone", "date_of_birth", "sex", "size",
            "health_note", "source",
        ),
        fields=(
            "number", "display_name", "given_name", "family_name", "phone", "date_of_birth", "sex", "size",
            "health_note", "language", "collected_via", "source", "created_at", "last_active_at", "last_confirmed_at",
        ),
        not_personal=("account", "erased_at"),
        correctable=(
            "display_name", "given_name", "family_name", "phone", "date_of_birth", "sex", "size", "health_note",
            "language",
        ),
        special_category=("health_note",),
        beyond_the_order=("sex", "size", "health_note"),
        disclosed_as={"display_name": "name", "number": "customer_number"},
        provided=(
            "number", "display_name", "given_name", "family_name", "phone", "date_of_birth", "sex", "size",
            "health_note", "language",
        ),
    )  # fmt: skip

    number = models.CharField("customer number", max_length=40, unique=True, default=new_number, editable=False)
    account = models.OneToOneField(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, blank=True, related_name="customer"
    )
    display_name = OneLineField("name", max_length=200, help_text="As you write it.")
    given_name = OneLineField("first name", max_length=120, blank=True)
    family_name = OneLineField("last name", max_length=120, blank=True)
    phone = OneLineField("phone number", max_length=40, blank=True)
    date_of_birth = models.DateField("date of birth", null=True, blank=True, validators=[not_in_the_future])
    sex = models.CharField("sex", max_length=1, choices=Sex, blank=True)
    size = OneLineField("shoe and clothes size", max_length=40, blank=True)
    health_note = models.TextField(
        "health matters for fitting", blank=True, max_length=2000, validators=[MaxLengthValidator(2000)]
    )
    language = models.CharField("language", max_length=10, default="en-gb", choices=settings.LANGUAGES)
    collected_via = models.CharField("how we met you", max_length=20, choices=Source, default=Source.WEB)
    source = models.CharField("site or form", max_length=120, blank=True)
    created_at = models.DateTimeField("customer since", default=timezone.now)
    last_active_at = models.DateTimeField("last active", default=timezone.now)
    last_confirmed_at = models.DateTimeField("you last confirmed this", null=True, blank=True)
    erased_at = models.DateTimeField(null=True, blank=True, editable=False)

    objects = CustomerQuerySet.as_manager()

    class Meta:
        # Lets the migrations of `privacy` name the setting and not this model, so that they fit any shop.
        swappable = "DATA_SUBJECT_MODEL"
        indexes = [
            models.Index(Upper("display_name"), name="customer_by_name"),
            models.Index(Upper("family_name"), name="customer_by_family_name"),
            models.Index(fields=["last_active_at"], name="customer_by_activity"),
        ]

    def __str__(self) -> str:
        return self.printed_number

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Draws another number when a new customer's is taken."""
        if self._state.adding and type(self).objects.filter(number=self.number).exists():
            self.number = type(self).objects.fresh_numbers(1)[0]
        super().save(*args, **kwargs)

    def clean(self) -> None:
        """A name of blanks is no name."""
        if not self.display_name.strip():
            raise ValidationError({"display_name": "Please tell us what to call you."})

    @property
    def printed_number(self) -> str:
        """The number in groups, or what is left of it after erasure."""
        return in_groups(self.number) if self.number.isdigit() else self.number

    @property
    def contact_email(self) -> str:
        """Where letters go; empty when there is none."""
        return next(iter(self.email_addresses()), "")

    def email_addresses(self) -> list[str]:
        """All addresses, the primary one first."""
        rows = sorted(self.emails.all(), key=lambda row: (not row.is_primary, row.pk))
        return [row.address for row in rows]

    def touch(self, now: datetime) -> None:
        """Notes that the person is active, which starts the retention period anew."""
        type(self).objects.filter(pk=self.pk).update(last_active_at=now)

    def confirm(self, now: datetime) -> None:
        """Notes that the person has looked and says that everything is still right (CLG-13)."""
        type(self).objects.filter(pk=self.pk).update(last_confirmed_at=now, last_active_at=now)

    @property
    def was_long_ago(self) -> bool:
        """Whether she last said so more than a year ago, and should be asked again (CLG-13)."""
        return self.last_confirmed_at is not None and self.last_confirmed_at <= timezone.now() - A_YEAR


class EmailAddress(models.Model):
    """One address of a customer; a household may share one."""

    personal_data = PersonalData(
        data_subject="customer",
        category=Category.CONTACT,
        purpose=Purpose.SERVICE,
        lawful_basis=LawfulBasis.CONTRACT,
        retention=OF_INACTIVE,
        erase=Delete(),
        fields=("address", "is_primary", "verified_at"),
        correctable=("address",),
        proven_by={"address": "verified_at"},
        disclosed_as={"address": "email"},
        provided=("address",),
    )

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="emails")
    address = NormalisedEmailField("email address", db_index=True)
    is_primary = models.BooleanField("main address", default=False)
    verified_at = models.DateTimeField("confirmed", null=True, blank=True)

    class Meta:
        verbose_name = "email address"
        verbose_name_plural = "email addresses"
        constraints = [
            models.UniqueConstraint(
                fields=["customer", "address"],
                name="address_once_per_customer",
                violation_error_code="twice",
                violation_error_message="You have given us this address already.",
            ),
            models.UniqueConstraint(fields=["customer"], condition=Q(is_primary=True), name="one_primary_address"),
        ]

    def __str__(self) -> str:
        return f"email address {self.pk}"


class Address(models.Model):
    """A postal address of any country, in that country's own order of lines."""

    class Kind(models.TextChoices):
        BILLING = "billing", "billing"
        SHIPPING = "shipping", "delivery"

    personal_data = PersonalData(
        data_subject="customer",
        category=Category.CONTACT,
        purpose=Purpose.ORDER,
        lawful_basis=LawfulBasis.CONTRACT,
        retention=OF_INACTIVE,
        erase=Delete(),
        fields=("kind", "name", "lines", "locality", "region", "postcode", "country"),
        correctable=("name", "lines", "locality", "region", "postcode", "country"),
        disclosed_as=dict.fromkeys(("lines", "locality", "region", "postcode", "country"), "address"),
        provided=("kind", "name", "lines", "locality", "region", "postcode", "country"),
    )

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="addresses")
    kind = models.CharField("used for", max_length=10, choices=Kind)
    name = OneLineField("name on the parcel", max_length=200, blank=True)
    lines = models.TextField("street and house", max_length=500, validators=[MaxLengthValidator(500)])
    locality = OneLineField("town or city", max_length=120, blank=True)
    region = OneLineField("region", max_length=120, blank=True)
    postcode = PostcodeField("postcode", max_length=20, blank=True)
    country = models.CharField("country", max_length=2)

    class Meta:
        verbose_name = "postal address"
        verbose_name_plural = "postal addresses"

    def __str__(self) -> str:
        return f"address {self.pk}"
