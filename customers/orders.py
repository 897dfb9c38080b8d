"""What did they buy, and how was it paid? The invoice keeps its own name and address."""

from django.db import models
from django.utils import timezone

from privacy.fields import OneLineField, ShortenedIPField
from privacy.personal_data import Anonymise, Delete, PersonalData, Retention
from privacy.vocabulary import Category, LawfulBasis, Purpose

from .people import Customer

VAT = "VAT Act 1994 Sch. 11 and VAT Regulations 1995 reg. 31"


class Order(models.Model):
    """One order, which is its invoice too."""

    class State(models.TextChoices):
        PLACED = "placed", "placed"
        SHIPPED = "shipped", "sent"
        COMPLETED = "completed", "completed"
        CANCELLED = "cancelled", "cancelled"

    personal_data = PersonalData(
        data_subject="customer",
        category=Category.TRANSACTION,
        purpose=Purpose.ORDER,
        lawful_basis=LawfulBasis.CONTRACT,
        retention=Retention(since="placed_on", years=6, required_by=VAT),
        erase=Anonymise("number", "bill_to", "ship_to", "ip_address", "gift_message"),
        fields=(
            "number",
            "placed_on",
            "state",
            "total",
            "currency",
            "bill_to",
            "ship_to",
            "gift_message",
            "ip_address",
            "on_account",
        ),
        disclosed_as={"number": "order_number"},
        provided=("number", "placed_on", "total", "currency", "bill_to", "ship_to", "gift_message", "on_account"),
        third_party=("ship_to", "gift_message"),
        unpaid=models.Q(payment__isnull=False, payment__completed_on__isnull=True),
        in_advance=models.Q(on_account=True),
    )

    number = models.CharField("order number", max_length=40, unique=True)
    customer = models.ForeignKey(Customer, models.PROTECT, related_name="orders")
    placed_on = models.DateField("placed on", db_index=True)
    state = models.CharField("state", max_length=10, choices=State, default=State.PLACED)
    total = models.DecimalField("total", max_digits=10, decimal_places=2)
    currency = models.CharField("currency", max_length=3, default="GBP")
    bill_to = models.TextField("invoice to", blank=True)
    ship_to = models.TextField("delivered to", blank=True)
    gift_message = models.TextField("gift message", blank=True)
    ip_address = ShortenedIPField("shortened IP address", null=True, blank=True)
    on_account = models.BooleanField("to be paid after delivery", default=False, db_default=False)

    class Meta:
        verbose_name = "order"
        ordering = ["-placed_on", "-pk"]

    def __str__(self) -> str:
        return f"order {self.number}"


class OrderLine(models.Model):
    """One article of an order."""

    personal_data = PersonalData(
        data_subject="order__customer",
        category=Category.TRANSACTION,
        purpose=Purpose.ORDER,
        lawful_basis=LawfulBasis.CONTRACT,
        retention=Retention(since="order__placed_on", years=6, required_by=VAT),
        erase=Anonymise("personalisation"),
        fields=("article", "quantity", "price", "personalisation"),
        provided=("article", "quantity", "price", "personalisation"),
    )

    order = models.ForeignKey(Order, models.CASCADE, related_name="lines")
    article = models.CharField("article", max_length=200)
    quantity = models.PositiveIntegerField("quantity", default=1)
    price = models.DecimalField("price", max_digits=10, decimal_places=2)
    personalisation = OneLineField("name or text on it", max_length=200, blank=True)

    class Meta:
        verbose_name = "article ordered"
        verbose_name_plural = "articles ordered"

    def __str__(self) -> str:
        return f"line {self.pk}"


class PaymentReference(models.Model):
    """How an order was paid: the provider's token and four digits; never a card number (CLZ-04, MAD-16)."""

    personal_data = PersonalData(
        data_subject="order__customer",
        category=Category.PAYMENT,
        purpose=Purpose.ORDER,
        lawful_basis=LawfulBasis.CONTRACT,
        retention=Retention(since="completed_on", immediately=True),
        erase=Delete(),
        fields=("provider", "token", "last_four", "completed_on"),
        secret=("token",),
    )

    order = models.OneToOneField(Order, models.CASCADE, related_name="payment")
    provider = models.CharField("paid through", max_length=60)
    token = models.CharField("payment token", max_length=120)
    last_four = models.CharField("last four digits", max_length=4, blank=True)
    completed_on = models.DateField("completed on", null=True, blank=True, db_index=True)

    class Meta:
        verbose_name = "payment"
        constraints = [
            models.CheckConstraint(
                condition=models.Q(last_four__regex=r"^([0-9]{4})?$"), name="only_the_last_four_digits"
            )
        ]

    def __str__(self) -> str:
        return f"payment {self.pk}"


class CreditCheck(models.Model):
    """A score asked of a credit agency for an order on account, and what was decided (CNX-15, Art. 22)."""

    personal_data = PersonalData(
        data_subject="customer",
        category=Category.CREDIT,
        purpose=Purpose.CREDIT_CHECK,
        lawful_basis=LawfulBasis.LEGITIMATE_INTERESTS,
        retention=Retention(since="checked_at", years=1),
        erase=Delete(),
        fields=("checked_at", "recipient", "score", "decision", "logic", "reviewed_by_person"),
        not_personal=("order",),
        third_party=("logic",),
    )

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="credit_checks")
    order = models.ForeignKey(Order, models.SET_NULL, null=True, blank=True, related_name="credit_checks")
    recipient = models.ForeignKey("privacy.Recipient", models.PROTECT, verbose_name="asked of")
    checked_at = models.DateTimeField("checked", default=timezone.now)
    score = models.CharField("score", max_length=20, blank=True)
    decision = models.CharField("decision", max_length=60)
    logic = models.TextField("how it was decided", blank=True)
    reviewed_by_person = models.BooleanField("looked at by a person", default=False)

    class Meta:
        verbose_name = "credit check"

    def __str__(self) -> str:
        return f"credit check {self.pk}"
