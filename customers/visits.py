"""What did a browser do in the shop? Kept by visitor id, even of people who never registered (MAD-20, MAD-22)."""

from django.db import models
from django.utils import timezone

from privacy.fields import ShortenedIPField
from privacy.personal_data import Delete, PersonalData, Retention
from privacy.vocabulary import Category, LawfulBasis, Purpose

from .people import Customer


class BrowsingRecord(models.Model):
    """One page seen, ad clicked or word searched."""

    class Kind(models.TextChoices):
        PAGE = "page", "page"
        AD = "ad", "ad clicked"
        SEARCH = "search", "search"

    personal_data = PersonalData(
        data_subject="customer",
        category=Category.BEHAVIOUR,
        purpose=Purpose.PROFILING,
        lawful_basis=LawfulBasis.CONSENT,
        retention=Retention(since="at", months=13),
        erase=Delete(),
        fields=("at", "kind", "what", "visitor_id", "ip_address"),
        provided=("at", "kind", "what"),
    )

    customer = models.ForeignKey(Customer, models.CASCADE, null=True, blank=True, related_name="browsing_records")
    visitor_id = models.CharField("browser mark", max_length=64, db_index=True)
    kind = models.CharField("kind", max_length=10, choices=Kind)
    what = models.CharField("page or words", max_length=500)
    at = models.DateTimeField("when", default=timezone.now, db_index=True)
    ip_address = ShortenedIPField("shortened IP address", null=True, blank=True)

    class Meta:
        verbose_name = "page or search"
        verbose_name_plural = "pages and searches"

    def __str__(self) -> str:
        return f"browsing record {self.pk}"


class SavedBasket(models.Model):
    """What lies in a basket until the next visit."""

    personal_data = PersonalData(
        data_subject="customer",
        category=Category.BEHAVIOUR,
        purpose=Purpose.SERVICE,
        lawful_basis=LawfulBasis.CONTRACT,
        retention=Retention(since="saved_at", days=90),
        erase=Delete(),
        fields=("saved_at", "articles", "visitor_id"),
        provided=("saved_at", "articles"),
    )

    customer = models.ForeignKey(Customer, models.CASCADE, null=True, blank=True, related_name="baskets")
    visitor_id = models.CharField("browser mark", max_length=64, db_index=True)
    articles = models.JSONField("articles", default=list)
    saved_at = models.DateTimeField("saved", default=timezone.now, db_index=True)

    class Meta:
        verbose_name = "saved basket"

    def __str__(self) -> str:
        return f"basket {self.pk}"


def link_visitor(visitor_id: str, customer: Customer) -> int:
    """Ties what a browser did to the customer who signed in on it; how many rows."""
    models_ = (BrowsingRecord, SavedBasket)
    return sum(m.objects.filter(visitor_id=visitor_id, customer=None).update(customer=customer) for m in models_)
