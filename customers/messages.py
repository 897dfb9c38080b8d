"""What did they write to us, and what did we answer? Enquiries and chats."""

from django.db import models
from django.utils import timezone

from privacy.fields import OneLineField
from privacy.personal_data import Delete, PersonalData, Retention
from privacy.vocabulary import Category, LawfulBasis, Purpose

from .people import Customer


class Enquiry(models.Model):
    """A question to customer service, with its answer."""

    personal_data = PersonalData(
        data_subject="customer",
        category=Category.CORRESPONDENCE,
        purpose=Purpose.SERVICE,
        lawful_basis=LawfulBasis.CONTRACT,
        retention=Retention(since="received_at", years=2),
        erase=Delete(),
        fields=("received_at", "subject", "body", "answer"),
        provided=("received_at", "subject", "body"),
        third_party=("answer",),
        told=("answer",),
    )

    customer = models.ForeignKey(Customer, models.CASCADE, related_name="enquiries")
    received_at = models.DateTimeField("received", default=timezone.now)
    subject = OneLineField("about", max_length=200)
    body = models.TextField("your message")
    answer = models.TextField("our answer", blank=True)

    class Meta:
        verbose_name = "enquiry"
        verbose_name_plural = "enquiries"

    def __str__(self) -> str:
        return f"enquiry {self.pk}"


class ChatLog(models.Model):
    """A chat as the chat service kept it (CNX-28); by visitor until she is known."""

    personal_data = PersonalData(
        data_subject="customer",
        category=Category.CORRESPONDENCE,
        purpose=Purpose.SERVICE,
        lawful_basis=LawfulBasis.LEGITIMATE_INTERESTS,
        retention=Retention(since="started_at", years=1),
        erase=Delete(),
        fields=("started_at", "visitor_id", "transcript"),
        provided=("started_at", "transcript"),
        third_party=("transcript",),
    )

    customer = models.ForeignKey(Customer, models.CASCADE, null=True, blank=True, related_name="chats")
    visitor_id = models.CharField("browser mark", max_length=64, blank=True, db_index=True)
    started_at = models.DateTimeField("started", default=timezone.now)
    transcript = models.TextField("what was said")

    class Meta:
        verbose_name = "chat"

    def __str__(self) -> str:
        return f"chat {self.pk}"
