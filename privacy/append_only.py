"""Which tables only grow? All four doors of the ORM closed, and a trigger in the database behind them."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.db import connection, models, transaction
from django.db.migrations.operations.base import Operation

from .personal_data import NoPersonalData


class AppendOnlyError(Exception):
    """Somebody tried to change or delete what may only be added to."""


class AppendOnlyQuerySet(models.QuerySet[Any]):
    """Reads and adds; changes and deletions are refused."""

    def update(self, **kwargs: Any) -> int:
        """Refused."""
        raise AppendOnlyError(f"{self.model._meta.label} is append-only.")

    def bulk_update(self, *args: Any, **kwargs: Any) -> int:
        """Refused."""
        raise AppendOnlyError(f"{self.model._meta.label} is append-only.")

    def delete(self) -> tuple[int, dict[str, int]]:
        """Refused, except inside `end_of_retention`."""
        if not PurgePermit.objects.filter(table=self.model._meta.db_table).exists():
            raise AppendOnlyError(f"{self.model._meta.label} is append-only.")
        return super().delete()


class AppendOnlyModel(models.Model):
    """A row that is written once."""

    objects = AppendOnlyQuerySet.as_manager()

    class Meta:
        abstract = True
        base_manager_name = "objects"

    def save(self, *args: Any, **kwargs: Any) -> None:
        """Adds; refuses to change."""
        if not self._state.adding:
            raise AppendOnlyError(f"{self._meta.label} is append-only.")
        self._add(*args, **kwargs)

    def _add(self, *args: Any, **kwargs: Any) -> None:
        """How a row that may be added is; a table that tells others of it does so here."""
        super().save(*args, **kwargs)

    def delete(self, *args: Any, **kwargs: Any) -> tuple[int, dict[str, int]]:
        """Refused."""
        raise AppendOnlyError(f"{self._meta.label} is append-only.")


class PurgePermit(models.Model):
    """Stands only inside the transaction of a purge, and lets the trigger of that table through."""

    personal_data = NoPersonalData("Names of tables, for the length of one transaction.")

    table = models.CharField(max_length=100, unique=True)

    def __str__(self) -> str:
        return self.table


@contextmanager
def end_of_retention(model: type[models.Model]) -> Iterator[None]:
    """The only path on which rows of an append-only table may go; for the purge and nothing else."""
    with transaction.atomic():
        permit = PurgePermit.objects.create(table=model._meta.db_table)
        yield
        permit.delete()


class Protect(Operation):
    """A migration step: the database itself refuses UPDATE, DELETE and TRUNCATE on this table."""

    reversible = True

    def __init__(self, table: str) -> None:
        self.table = table

    def state_forwards(self, app_label: str, state: Any) -> None:
        """Nothing changes for the ORM."""

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Makes the triggers."""
        for statement in TRIGGERS[schema_editor.connection.vendor]:
            schema_editor.execute(statement.format(table=self.table))

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Drops the triggers."""
        on = f" ON {self.table}" if schema_editor.connection.vendor == "postgresql" else ""
        names = ("update", "delete", "truncate") if on else ("update", "delete")
        for name in names:
            schema_editor.execute(f"DROP TRIGGER {self.table}_no_{name}{on}")

    def describe(self) -> str:
        """For the migration's output."""
        return f"Make {self.table} append-only"


class RefuseReplacement(Protect):
    """A migration step for SQLite, whose INSERT OR REPLACE deletes what is in its way without a DELETE trigger."""

    def __init__(self, table: str, *unique: str) -> None:
        super().__init__(table)
        self.unique = unique

    def database_forwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Makes the trigger."""
        if schema_editor.connection.vendor == "sqlite":
            in_the_way = " OR ".join(f"{column} = NEW.{column}" for column in self.unique)
            schema_editor.execute(NO_REPLACEMENT.format(table=self.table, in_the_way=in_the_way))

    def database_backwards(self, app_label: str, schema_editor: Any, from_state: Any, to_state: Any) -> None:
        """Drops the trigger."""
        if schema_editor.connection.vendor == "sqlite":
            schema_editor.execute(f"DROP TRIGGER {self.table}_no_replace")


PERMITTED = "EXISTS (SELECT 1 FROM privacy_purgepermit WHERE \"table\" = '{table}')"
TRIGGERS = {
    "sqlite": [
        """CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table}
           BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END""",
        """CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} WHEN NOT """
        + PERMITTED
        + """ BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END""",
    ],
    "postgresql": [
        """CREATE OR REPLACE FUNCTION {table}_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
           BEGIN
             IF TG_OP <> 'UPDATE' AND """
        + PERMITTED
        + """ THEN
               RETURN OLD;
             END IF;
             RAISE EXCEPTION '{table} is append-only' USING ERRCODE = 'integrity_constraint_violation';
           END $$""",
        "CREATE TRIGGER {table}_no_update BEFORE UPDATE ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_refuse()",
        "CREATE TRIGGER {table}_no_delete BEFORE DELETE ON {table} FOR EACH ROW EXECUTE FUNCTION {table}_refuse()",
        """CREATE TRIGGER {table}_no_truncate BEFORE TRUNCATE ON {table}
           FOR EACH STATEMENT EXECUTE FUNCTION {table}_refuse()""",
    ],
}

NO_REPLACEMENT = """CREATE TRIGGER {table}_no_replace BEFORE INSERT ON {table}
    WHEN EXISTS (SELECT 1 FROM {table} WHERE {in_the_way})
    BEGIN SELECT RAISE(ABORT, '{table} is append-only'); END"""


def is_protected(model: type[models.Model]) -> bool:
    """Whether the trigger stands in this database; asked by `check` and the nightly report."""
    table, name = model._meta.db_table, f"{model._meta.db_table}_no_update"
    catalogue = {
        "sqlite": "SELECT COUNT(*) FROM sqlite_master WHERE type = 'trigger' AND tbl_name = %s AND name = %s",
        "postgresql": "SELECT COUNT(*) FROM pg_trigger WHERE tgrelid = %s::regclass AND tgname = %s",
    }[connection.vendor]
    with connection.cursor() as cursor:
        cursor.execute(catalogue, [table, name])
        return bool(cursor.fetchone()[0])
