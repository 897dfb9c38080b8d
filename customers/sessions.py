"""Sessions that know their account, so that an erasure, a new password or a theft ends exactly hers."""

from typing import Any, cast

from allauth.account.utils import url_str_to_user_pk
from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.base_session import AbstractBaseSession, BaseSessionManager
from django.db import models

from privacy.fields import normalise_email
from privacy.personal_data import Delete, PersonalData, Retention
from privacy.vocabulary import Category, LawfulBasis, Purpose

from .accounts import Account


class Session(AbstractBaseSession):
    """One browser that is signed in, or not yet."""

    personal_data = PersonalData(
        data_subject="account__customer",
        category=Category.SECURITY,
        purpose=Purpose.SECURITY,
        lawful_basis=LawfulBasis.LEGITIMATE_INTERESTS,
        retention=Retention(since="expire_date", days=1),
        erase=Delete(),
        fields=("session_key", "session_data", "expire_date", "account"),
        secret=("session_key", "session_data"),
    )

    account = models.ForeignKey("customers.Account", models.CASCADE, null=True, related_name="sessions")

    objects = BaseSessionManager()  # type: ignore[misc]

    @classmethod
    def get_session_store_class(cls) -> type["SessionStore"]:
        """The engine that reads and writes this table."""
        return SessionStore


class SessionStore(DatabaseStore):
    """Django's database sessions with the account beside them."""

    @classmethod
    def get_model_class(cls) -> type[Session]:
        """Our table."""
        return Session

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        """Writes down whose session it is."""
        row = cast(Session, super().create_model_instance(data))
        row.account_id = data.get("_auth_user_id") or _begun_by(data)
        return row


def _begun_by(data: dict[str, Any]) -> int | None:
    """Whose sign-in waits for a code: it holds her address, whether she or a stranger began it."""
    begun = data.get("account_login") or {}
    if key := begun.get("user_pk"):
        accounts = Account.objects.filter(pk=url_str_to_user_pk(key))
    elif email := begun.get("email") or (data.get("account_email_verification_code") or {}).get("email"):
        accounts = Account.objects.filter(email=normalise_email(email))
    else:
        return None
    return accounts.values_list("pk", flat=True).first()
