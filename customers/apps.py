"""The shop's own records about people."""

from django.apps import AppConfig


class CustomersConfig(AppConfig):
    """Customers and what they did in the shop."""

    name = "customers"
    verbose_name = "Customers"
