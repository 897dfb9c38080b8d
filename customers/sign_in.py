"""How do people sign in? allauth's rules for this shop, and how a login finds the customer it belongs to."""

from ipaddress import ip_network
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.models import EmailAddress as LoginAddress
from allauth.core import context
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.utils import timezone

from privacy import cookie_choices, data_subjects, erased, policies
from privacy.encryption import keyed_hash

from .accounts import Account
from .people import Customer, EmailAddress
from .recent_login import is_fresh

TO_STRANGERS = "account/email/unknown_account"


class AccountAdapter(DefaultAccountAdapter):
    """Sign-in by email address."""

    def confirm_email(self, request: HttpRequest, email_address: LoginAddress) -> bool:
        """Whoever can read the mail of an address may see what we hold under it."""
        with transaction.atomic():
            confirmed = bool(super().confirm_email(request, email_address))
            if confirmed:
                attach_customer(email_address.user)
        return confirmed

    def post_login(self, request: HttpRequest, user: Account, **kwargs: Any) -> HttpResponse:
        """Signing in counts as being active, which starts the retention period anew; her browser's choices are hers.

        The policy stood beside the form (CLZ-18).
        """
        now, browser = timezone.now(), cookie_choices.browser_of(request)
        response: HttpResponse = super().post_login(request, user, **kwargs)
        for customer in Customer.objects.of_account(user):
            customer.touch(now)
            policies.note_shown_today(customer, timezone.localdate(now))
            answer = cookie_choices.sign_in(browser, customer, site=request.get_host(), now=now)
            if browser.answer and answer != browser.answer:
                cookie_choices.remember(response, answer)
        return response

    def get_client_ip(self, request: HttpRequest) -> str:
        """A mark of the address: limits count by it, and no whole address is kept in the cache (CNX-14).

        Of IPv6 the network, because one household has more addresses than there are tries.
        """
        address = super().get_client_ip(request)
        if ":" in address:
            address = str(ip_network(f"{address}/64", strict=False))
        return keyed_hash(address, use="rate-limit")

    def is_reauthentication_required(self, *, app: str, **kwargs: Any) -> bool:
        """allauth's own pages ask again by the same rule as ours."""
        return not is_fresh(context.request)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        """Links in mail are built from SITE_URL alone, never from a Host header.

        Whoever was erased is not even told that there is no account under her address (FAULTS E46).
        """
        if template_prefix == TO_STRANGERS and erased.was_erased((erased.EMAIL, email)):
            return
        links = {name: _on_our_site(link) for name, link in context.items() if name.endswith("_url")}
        super().send_mail(template_prefix, email, context | links)


def _on_our_site(link: str) -> str:
    """The same page under SITE_URL."""
    return f"{settings.SITE_URL}/{link.split('/', 3)[-1]}"


def attach_customer(account: Account) -> Customer | None:
    """Joins a confirmed login to its customer: the one guest with this address, or a new one.

    A household that shares an address is left to a person: nobody may see another's data by accident.
    """
    if account.is_staff or Customer.objects.of_account(account).exists():
        return None
    found = data_subjects.by_email(account.email)
    if not found:
        return _newcomer(account)
    if len(found) > 1 or found[0].account_id is not None:
        return None
    still_a_guest = Customer.objects.filter(pk=found[0].pk, account__isnull=True, erased_at__isnull=True)
    # Erased or joined since she was found: looked for again, nobody or somebody else is there now.
    return found[0] if still_a_guest.update(account=account) else attach_customer(account)


def _newcomer(account: Account) -> Customer:
    customer = Customer.objects.create(account=account, display_name=account.email.partition("@")[0])
    EmailAddress.objects.create(customer=customer, address=account.email, is_primary=True, verified_at=timezone.now())
    return customer
