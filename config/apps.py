"""The admin site of this project."""

from django.contrib.admin.apps import AdminConfig


class OfficeConfig(AdminConfig):
    """Django's admin with our start page."""

    default_site = "privacy.admin.site.Office"
