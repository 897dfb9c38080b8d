"""How do people sign in? allauth's rules for this shop."""

from allauth.account.adapter import DefaultAccountAdapter


class AccountAdapter(DefaultAccountAdapter):
    """Sign-in by email address."""
