"""The office: Django's admin with our start page."""

from django.contrib import admin


class Office(admin.AdminSite):
    """The staff's site."""
