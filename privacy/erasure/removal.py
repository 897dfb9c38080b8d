"""How do rows go? By one statement each, without reading them into memory; their files with them."""

import logging
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from datetime import date
from functools import lru_cache, partial
from typing import Any, TypeVar

from django.conf import settings
from django.db import OperationalError, connection, models, transaction
from django.db.models.functions import Now

from .. import data_subjects, one_person
from ..append_only import AppendOnlyModel, end_of_retention
from ..personal_data import SELF, Anonymise, PersonalData
from .conditions import goes_along, relations_to
from .plan import rows_that_go

logger = logging.getLogger(__name__)
TRIES = 3
Result = TypeVar("Result")


def carry_out(declaration: PersonalData, rows: models.QuerySet[Any]) -> int:
    """Deletes or anonymises these rows as declared; how many (GDPR Art. 5(1)(e), 17)."""
    if isinstance(declaration.final(), Anonymise):
        _remove_files(declaration, rows)
        return _anonymise(declaration, rows)
    return delete(declaration, rows)


def carry_out_for(declaration: PersonalData, data_subject: Any, today: date) -> int:
    """The same for what goes of one person today, by statements that are written down once for everybody."""
    if any(isinstance(column, models.FileField) for column in declaration.model._meta.concrete_fields):
        return carry_out(declaration, rows_that_go(declaration, data_subject, today))
    with permit(declaration.model):
        return _statements(declaration, declaration.decides, today, settings.SHOP_TZ).run(data_subject)


@lru_cache(maxsize=200)
def _statements(declaration: PersonalData, _decides: tuple[Any, ...], today: date, _zone: Any) -> one_person.OfOne:
    blanks = isinstance(declaration.final(), Anonymise)
    said = partial(rows_that_go, declaration, today=today)
    return one_person.overheard(
        data_subjects.model(),
        lambda nobody: by_statements(declaration, said(data_subject=nobody), blanks=blanks),
    )


def by_statements(declaration: PersonalData, rows: models.QuerySet[Any], *, blanks: bool) -> int:
    """The statements alone, for whoever keeps them to say them again: no files, and the permit is the caller's."""
    return _anonymise(declaration, rows) if blanks else _delete(declaration, rows)


def _anonymise(declaration: PersonalData, rows: models.QuerySet[Any]) -> int:
    is_the_person = declaration.data_subject == SELF
    return rows.order_by().update(**declaration.blanks(), **({"erased_at": Now()} if is_the_person else {}))


def delete(declaration: PersonalData, rows: models.QuerySet[Any]) -> int:
    """Deletes rows that nothing points at any longer, and clears what merely mentions them."""
    _remove_files(declaration, rows)
    with permit(declaration.model):
        return _delete(declaration, rows)


def _delete(declaration: PersonalData, rows: models.QuerySet[Any]) -> int:
    for relation in relations_to(declaration.model):
        pointing = relation.related_model._base_manager.filter(**{f"{relation.field.name}__in": rows.values("pk")})
        if relation.on_delete is models.SET_NULL:
            pointing.update(**{relation.field.name: None})
        elif goes_along(relation):
            pointing._raw_delete(pointing.db)
    return int(rows.order_by()._raw_delete(rows.db) or 0)


def permit(model: type[models.Model]) -> AbstractContextManager[None]:
    """Inside it rows of this table may be deleted, whether or not it is append-only."""
    return end_of_retention(model) if issubclass(model, AppendOnlyModel) else nullcontext()


def _remove_files(declaration: PersonalData, rows: models.QuerySet[Any]) -> None:
    """Files that go with these rows, once the transaction is committed."""
    columns = [
        c for c in declaration.model._meta.concrete_fields if isinstance(c, models.FileField) and _goes(declaration, c)
    ]
    for column in columns:
        for name in filter(None, rows.order_by().values_list(column.name, flat=True)):
            transaction.on_commit(partial(column.storage.delete, name), robust=True)


def _goes(declaration: PersonalData, column: Any) -> bool:
    final = declaration.final()
    return not isinstance(final, Anonymise) or column.name in final.fields


def overwrite_what_goes() -> None:
    """SQLite: what is deleted on this connection is overwritten with zeros, not left in the file's free pages."""
    if connection.vendor == "sqlite":
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA secure_delete = ON")


def empty_the_write_ahead_log() -> None:
    """SQLite: moves the log into the file and cuts it, so that no old page stays beside it; a busy reader delays it."""
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        with connection.cursor() as cursor:
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")


def write_the_file_anew() -> None:
    """SQLite: a row that once moved left a copy in the unused part of a page, which `secure_delete` does not reach.

    Writers wait meanwhile. Where somebody is busy for too long, the next night does it.
    """
    if connection.vendor == "sqlite" and not connection.in_atomic_block:
        try:
            with connection.cursor() as cursor:
                cursor.execute("VACUUM")
        except OperationalError:
            logger.warning("the database file could not be written anew tonight")


def tried(step: Callable[[], Result]) -> Result:
    """Tries again, at most three times, after a deadlock or a lost connection."""
    for attempt in range(1, TRIES):
        try:
            return step()
        except OperationalError:
            connection.close_if_unusable_or_obsolete()
            time.sleep(0.1 * attempt)
    return step()
