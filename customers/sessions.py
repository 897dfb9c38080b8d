"""Sessions that know their account, so that an erasure, a new password or a theft ends exactly hers."""

from typing import Any, cast

from django.contrib.sessions.backends.db import SessionStore as DatabaseStore
from django.contrib.sessions.base_session import AbstractBaseSession, BaseSessionManager
from django.db import models

from privacy.personal_data import Delete, PersonalData, Retention
from privacy.vocabulary import Category, LawfulBasis, Purpose


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
        row.account_id = data.get("_auth_user_id")
        return row
