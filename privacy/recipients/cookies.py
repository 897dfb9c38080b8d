"""Which cookies are there, whose, what for, and how long does each live?"""

from django.db import models
from django.db.models import Q

from ..personal_data import NoPersonalData
from .lifetimes import LONGEST_DAYS
from .register import Recipient


class Cookie(models.Model):
    """One cookie, of ours or of a recipient, with its lifetime (CNX-18 to CNX-21)."""

    personal_data = NoPersonalData("Describes cookies, not people.")

    name = models.CharField(max_length=120)
    recipient = models.ForeignKey(Recipient, models.CASCADE, null=True, blank=True, related_name="cookies")
    purpose = models.CharField(max_length=300)
    lifetime_days = models.PositiveIntegerField(null=True, blank=True, help_text="Empty: until the browser closes.")
    is_essential = models.BooleanField(default=False)

    class Meta:
        ordering = ["-is_essential", "name"]
        constraints = [
            models.UniqueConstraint(fields=["name", "recipient"], name="cookie_once"),
            models.UniqueConstraint(fields=["name"], condition=Q(recipient__isnull=True), name="own_cookie_once"),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def lives_too_long(self) -> bool:
        """Longer than 13 months, which CNIL's practice warns against."""
        return (self.lifetime_days or 0) > LONGEST_DAYS


# What these pages set themselves; what is not needed for them the shop adds.
OURS = {
    "cookie_choices": (180, "Remembers which cookies you allowed, so that we do not ask on every page."),
    "csrftoken": (364, "Protects forms: makes sure that it was really you who pressed the button."),
    "messages": (None, "Carries one short line, such as 'Saved', to the next page."),
    "print": (None, "Remembers that you want large print, until you close the browser."),
    "sessionid": (None, "Keeps you signed in until you close the browser or sign out."),
}


def seed() -> None:
    """Adds those of our own cookies that are missing; what staff changed stays."""
    for name, (days, purpose) in OURS.items():
        said = {"purpose": purpose, "lifetime_days": days, "is_essential": True}
        Cookie.objects.get_or_create(name=name, recipient=None, defaults=said)
