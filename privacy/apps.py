"""Starts the engine: checks, seeds, and the guards over sensitive fields and over children."""

from django.apps import AppConfig
from django.db.backends.signals import connection_created
from django.db.models.signals import post_migrate, pre_save


class PrivacyConfig(AppConfig):
    """The privacy engine; knows no other app."""

    name = "privacy"
    verbose_name = "Privacy"

    def ready(self) -> None:
        """Runs once, when every model is known."""
        from . import checks, children, consent, personal_data, seeds, statements

        checks.register()
        connection_created.connect(statements.read_moments_fast, dispatch_uid="privacy.moments")
        post_migrate.connect(seeds.plant, sender=self, dispatch_uid="privacy.seeds")
        for declaration in personal_data.declarations():
            if declaration.special_category:
                pre_save.connect(consent.require_explicit_consent, sender=declaration.model)
        for declaration in children.of_orders():
            pre_save.connect(children.refuse_order, sender=declaration.model)
        for declaration in children.of_extras():
            pre_save.connect(children.refuse_extras, sender=declaration.model)
        for declaration in children.of_contests():
            pre_save.connect(children.refuse_contest, sender=declaration.model)
