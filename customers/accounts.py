"""Who signs in? One account by email address, for customers and for staff."""

from typing import Any, ClassVar

from django.contrib.auth.models import AbstractBaseUser, BaseUserManager, PermissionsMixin
from django.db import models
from django.utils import timezone

from privacy.fields import NormalisedEmailField, normalise_email
from privacy.personal_data import Anonymise, PersonalData, Retention, Unconfirmed
from privacy.vocabulary import Category, LawfulBasis, Purpose


class AccountManager(BaseUserManager["Account"]):
    """Makes accounts; looks them up by the normalised address."""

    def create_user(self, email: str, password: str | None = None, **extra: Any) -> "Account":
        """A customer's account."""
        account = self.model(email=normalise_email(email), **extra)
        account.set_password(password)
        account.save(using=self._db)
        return account

    def create_superuser(self, email: str, password: str | None = None, **extra: Any) -> "Account":
        """The break-glass account."""
        return self.create_user(email, password, is_staff=True, is_superuser=True, **extra)

    def get_by_natural_key(self, username: str | None) -> "Account":
        """Sign-in by address, compared normalised."""
        return self.get(email=normalise_email(username or ""))


class Account(AbstractBaseUser, PermissionsMixin):
    """A login."""

    personal_data = PersonalData(
        data_subject="customer",
        category=Category.ACCOUNT,
        purpose=Purpose.SERVICE,
        lawful_basis=LawfulBasis.CONTRACT,
        retention=Retention(since="customer__last_active_at", years=3),
        unconfirmed=Unconfirmed(
            models.Q(customer=None, is_staff=False, last_login=None) & ~models.Q(emailaddress__verified=True),
            Retention(since="date_joined", days=7),
        ),
        erase=Anonymise("email", "staff_name", "password", "is_active", "last_login"),
        fields=("email", "password", "last_login", "date_joined", "staff_name"),
        not_personal=("is_active", "is_staff", "is_superuser"),
        secret=("password", "staff_name"),
        provided=("email",),
    )

    email = NormalisedEmailField(unique=True)
    staff_name = models.CharField(max_length=120, blank=True, help_text="For staff: how colleagues know you.")
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    date_joined = models.DateTimeField(default=timezone.now)

    USERNAME_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = []
    objects = AccountManager()

    def __str__(self) -> str:
        return self.staff_name or f"account {self.pk}"

    def get_full_name(self) -> str:
        """What the admin greets staff with."""
        return self.staff_name

    get_short_name = get_full_name
