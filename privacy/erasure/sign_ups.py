"""Which sign-ups under her addresses did nobody confirm? They go with her: they hold her address, and a code still."""

from collections.abc import Collection

from django.db import models
from django.db.models import Q

from ..fields import normalise_email
from ..personal_data import PersonalData, declarations
from .conditions import protected


def remove_sign_ups(addresses: Collection[str]) -> None:
    """Sign-ups under these addresses that nobody confirmed, with the sessions and codes that hang on them (Art. 17)."""
    wanted = [normalise_email(address) for address in addresses]
    for declaration in declarations():
        if declaration.unconfirmed is not None and wanted:
            named = Q(*((f"{name}__in", wanted) for name in _emails(declaration)), _connector=Q.OR)
            unproven = declaration.rows.filter(declaration.unconfirmed.rows).filter(named)
            # Most people left none behind, and what names such a row is many tables.
            if unproven.exists():
                unproven.exclude(protected(declaration.model)).delete()


def _emails(declaration: PersonalData) -> list[str]:
    columns = declaration.model._meta.concrete_fields
    return [c.name for c in columns if isinstance(c, models.EmailField) and c.name in declaration.fields]
