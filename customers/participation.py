"""Where did they take part? Newsletters, contests, prize draws, votes."""

from django.db import models
from django.utils import timezone

from privacy.fields import NormalisedEmailField, OneLineField, ShortenedIPField
from privacy.personal_data import Delete, PersonalData, Retention, Unconfirmed
from privacy.vocabulary import Category, LawfulBasis, Purpose

from .people import Customer


class NewsletterSubscription(models.Model):
    """A sign-up for one newsletter; whether we may send it is asked of the gate, never read here."""

    personal_data = PersonalData(
        data_subject="customer",
        category=Category.MARKETING,
        purpose=Purpose.MARKETING,
        lawful_basis=LawfulBasis.CONSENT,
        retention=Retention(since="requested_at", years=3),
        unconfirmed=Unconfirmed(models.Q(confirmed_at=None), Retention(since="requested_at", days=7)),
        erase=Delete(),
        fields=("newsletter", "address", "requested_at", "confirmed_at", "ip_address"),
        provided=("newsletter", "address", "requested_at"),
    )

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="newsletters")
    newsletter = models.CharField("newsletter", max_length=80)
    address = NormalisedEmailField("email address")
    requested_at = models.DateTimeField("asked for", default=timezone.now)
    confirmed_at = models.DateTimeField("confirmed", null=True, blank=True)
    ip_address = ShortenedIPField("shortened IP address", null=True, blank=True)

    class Meta:
        verbose_name = "newsletter sign-up"
        constraints = [models.UniqueConstraint(fields=["customer", "newsletter"], name="newsletter_once")]
        # By their address an erasure finds those that nobody confirmed, among everybody's.
        indexes = [
            models.Index(fields=["address"], condition=models.Q(confirmed_at=None), name="newsletter_unconfirmed")
        ]

    def __str__(self) -> str:
        return f"sign-up {self.pk}"


class ContestEntry(models.Model):
    """An entry to a contest, perhaps sponsored by another company (CLZ-03, CLZ-13)."""

    personal_data = PersonalData(
        data_subject="customer",
        category=Category.PARTICIPATION,
        purpose=Purpose.CONTEST,
        lawful_basis=LawfulBasis.CONSENT,
        retention=Retention(since="entered_at", months=6),
        erase=Delete(),
        fields=("contest", "sponsor", "entry", "entered_at"),
        provided=("contest", "entry", "entered_at"),
    )

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="contest_entries")
    contest = models.CharField("contest", max_length=120)
    sponsor = models.ForeignKey("privacy.Recipient", models.PROTECT, null=True, blank=True, verbose_name="sponsor")
    entry = models.TextField("your entry", blank=True)
    entered_at = models.DateTimeField("entered", default=timezone.now)

    class Meta:
        verbose_name = "contest entry"
        verbose_name_plural = "contest entries"

    def __str__(self) -> str:
        return f"contest entry {self.pk}"


class PrizeDrawEntry(models.Model):
    """An entry to a prize draw: name, address, customer number, email address, and nothing else (LRD-15)."""

    personal_data = PersonalData(
        data_subject="customer",
        category=Category.PARTICIPATION,
        purpose=Purpose.CONTEST,
        lawful_basis=LawfulBasis.CONSENT,
        retention=Retention(since="entered_at", months=6),
        erase=Delete(),
        fields=("draw", "name", "address", "customer_number", "email", "entered_at"),
        provided=("draw", "name", "address", "customer_number", "email", "entered_at"),
    )

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="prize_draw_entries")
    draw = models.CharField("prize draw", max_length=120)
    name = OneLineField("name", max_length=200)
    address = models.TextField("address")
    customer_number = models.CharField("customer number", max_length=40)
    email = NormalisedEmailField("email address")
    entered_at = models.DateTimeField("entered", default=timezone.now)

    class Meta:
        verbose_name = "prize draw entry"
        verbose_name_plural = "prize draw entries"

    def __str__(self) -> str:
        return f"prize draw entry {self.pk}"


class ProductVote(models.Model):
    """A vote for a product (MAD-19)."""

    personal_data = PersonalData(
        data_subject="customer",
        category=Category.PARTICIPATION,
        purpose=Purpose.CONTEST,
        lawful_basis=LawfulBasis.CONSENT,
        retention=Retention(since="voted_at", months=6),
        erase=Delete(),
        fields=("product", "comment", "voted_at"),
        provided=("product", "comment", "voted_at"),
    )

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="product_votes")
    product = models.CharField("product", max_length=120)
    comment = OneLineField("why", max_length=300, blank=True)
    voted_at = models.DateTimeField("voted", default=timezone.now)

    class Meta:
        verbose_name = "product vote"

    def __str__(self) -> str:
        return f"vote {self.pk}"
