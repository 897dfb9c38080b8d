"""Who is the person? The shop's own model of a customer, reached through `DATA_SUBJECT_MODEL` alone."""

from datetime import datetime
from typing import Any, Protocol, cast

from django.apps import apps
from django.conf import settings
from django.db import models

REQUIRED = (
    "number", "display_name", "contact_email", "email_addresses", "phone", "account", "language", "erased_at",
)  # fmt: skip
REQUIRED_OF_MANAGER = ("by_number", "by_email", "of_account", "search")


class DataSubject(Protocol):
    """What the privacy engine needs to know of a person; the shop's model provides it (`check` verifies)."""

    pk: Any
    number: str
    language: str
    phone: str
    account: Any
    erased_at: datetime | None

    @property
    def display_name(self) -> str:
        """The name as the person writes it, or the number where there is none."""

    @property
    def contact_email(self) -> str:
        """Where letters go; empty where no address is known."""

    def email_addresses(self) -> list[str]:
        """All of the person's addresses, normalised, the primary one first."""


class DataSubjectQuerySet(models.QuerySet[Any]):
    """The look-ups that the shop's model offers through its default manager; subclass and fill in."""

    def by_number(self, text: str) -> "DataSubjectQuerySet":
        """Whoever has this number as a person types it; none when it is not a number of ours."""
        raise NotImplementedError

    def by_email(self, address: str) -> "DataSubjectQuerySet":
        """Everybody who has this address, primary or further, compared normalised."""
        raise NotImplementedError

    def of_account(self, account: Any) -> "DataSubjectQuerySet":
        """The customer who signs in with this account."""
        raise NotImplementedError

    def search(self, text: str) -> "DataSubjectQuerySet":
        """For staff: exact or by beginning, over number, name and address, by index."""
        raise NotImplementedError


def model() -> type[models.Model]:
    """The shop's model of a person."""
    return apps.get_model(settings.DATA_SUBJECT_MODEL)


def people() -> DataSubjectQuerySet:
    """All of them."""
    return cast(DataSubjectQuerySet, model()._default_manager.all())


def of_account(account: Any) -> Any | None:
    """The customer behind a signed-in account; None for staff and strangers."""
    return people().of_account(account).first() if getattr(account, "is_authenticated", False) else None


def by_number(text: str) -> Any | None:
    """The customer with this number; None when it is wrong or unknown."""
    return people().by_number(text).first()


def by_email(address: str) -> list[Any]:
    """Everybody who has this address; several when a household shares it."""
    return list(people().by_email(address))
