"""manage.py new_data_key: the first key of an installation, or the next one; older keys stay to open old values."""

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand

from privacy import encryption


class Command(BaseCommand):
    """Adds a key to DATA_KEY_FILE."""

    help = (
        "Adds a key to DATA_KEY_FILE; new values use it, old ones stay readable. Restart web, worker and mail after it."
    )
    requires_system_checks = ()

    def handle(self, **options: Any) -> None:
        key_id = encryption.add_key(settings.DATA_KEY_FILE)
        self.stderr.write(f"Key {key_id} added to {settings.DATA_KEY_FILE}. Keep a copy apart from the backups.")
