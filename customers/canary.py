"""The customer of the nightly self-test: made as ours are made, with a number that none of ours has."""

import secrets

from allauth.account.models import EmailAddress as LoginAddress
from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.utils import timezone

from privacy.vocabulary import Source

from .accounts import Account
from .numbers import DIGITS, check_digit
from .people import Address, Customer, EmailAddress
from .sessions import SessionStore


def make(word: str, address: str) -> Customer:
    """A customer with a login, a confirmed address, a postal address and a session; the word stands in each of them."""
    account = Account.objects.create_user(address)
    LoginAddress.objects.create(user=account, email=address, verified=True, primary=True)
    customer = Customer.objects.create(
        number=_free_number(), account=account, display_name=f"Canary {word}", family_name=word,
        collected_via=Source.WEB, source="nightly self-test",
    )  # fmt: skip
    EmailAddress.objects.create(customer=customer, address=address, is_primary=True, verified_at=timezone.now())
    Address.objects.create(customer=customer, kind=Address.Kind.BILLING, lines=f"1 {word} Street", country="GB")
    session = SessionStore()
    session.update({SESSION_KEY: str(account.pk), "name": word})
    session.save()
    return customer


def _free_number() -> str:
    begin = settings.CANARY_NUMBERS_BEGIN
    while True:
        payload = begin + "".join(secrets.choice("0123456789") for _ in range(DIGITS - 1 - len(begin)))
        number = f"{payload}{check_digit(payload)}"
        if not Customer.objects.filter(number=number).exists():
            return number
