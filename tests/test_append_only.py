"""The ledger and the audit log only grow: four doors, a trigger behind them, a chain that shows every change."""

import random
from datetime import UTC, datetime

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from privacy import audit
from privacy.append_only import AppendOnlyError, PurgePermit, end_of_retention, is_protected
from privacy.audit import AuditEntry, AuditHead, NotAReference
from privacy.consent import ConsentEntry
from tests import make
from tests.environment import ON_POSTGRESQL

pytestmark = pytest.mark.django_db


@pytest.fixture(params=[AuditEntry, ConsentEntry], ids=lambda model: model.__name__)
def row(request):
    entry = make.grant(make.customer())
    return entry if request.param is ConsentEntry else AuditEntry.objects.order_by("-pk").first()


def values_of(row):
    return type(row).objects.filter(pk=row.pk).values().get()


# --- four doors and the database behind them -------------------------------------------------------------

DOORS = {
    "save": lambda row: row.save(),
    "delete": lambda row: row.delete(),
    "update of a queryset": lambda row: type(row).objects.filter(pk=row.pk).update(actor="someone"),
    "delete of a queryset": lambda row: type(row).objects.filter(pk=row.pk).delete(),
    "bulk_update": lambda row: type(row).objects.bulk_update([row], ["actor"]),
    "update through the base manager": lambda row: type(row)._base_manager.filter(pk=row.pk).update(actor="someone"),
}


@pytest.mark.parametrize("door", DOORS.values(), ids=DOORS)
def test_every_door_of_the_orm_is_closed(row, door):
    before = values_of(row)
    with pytest.raises(AppendOnlyError):
        door(row)
    assert values_of(row) == before


STATEMENTS = {
    "UPDATE": "UPDATE {table} SET actor = 'someone' WHERE id = {pk}",
    "DELETE": "DELETE FROM {table} WHERE id = {pk}",
    "DELETE of all": "DELETE FROM {table}",
} | (
    {"TRUNCATE": "TRUNCATE {table} CASCADE"}
    if ON_POSTGRESQL
    else {
        "REPLACE": "REPLACE INTO {table} SELECT * FROM {table} WHERE id = {pk}",
        "INSERT OR REPLACE": "INSERT OR REPLACE INTO {table} SELECT * FROM {table} WHERE id = {pk}",
    }
)


@pytest.mark.parametrize("statement", STATEMENTS.values(), ids=STATEMENTS)
def test_raw_sql_is_refused_by_the_database(row, statement):
    connection.check_constraints()
    before = values_of(row)
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(statement.format(table=row._meta.db_table, pk=row.pk))
    assert values_of(row) == before


def test_the_orm_s_raw_delete_is_refused_by_the_database(row):
    with pytest.raises(DatabaseError, match="append-only"), transaction.atomic():
        rows = type(row).objects.filter(pk=row.pk)
        rows._raw_delete(rows.db)


def test_both_tables_are_protected():
    assert is_protected(AuditEntry)
    assert is_protected(ConsentEntry)
    assert not is_protected(PurgePermit)


def test_the_end_of_retention_opens_one_table_for_one_transaction():
    entry = make.grant(make.customer())
    with end_of_retention(ConsentEntry):
        ConsentEntry.objects.filter(pk=entry.pk).delete()
        with pytest.raises(AppendOnlyError):
            AuditEntry.objects.all().delete()
        with pytest.raises(AppendOnlyError):
            ConsentEntry.objects.all().update(actor="someone")
    assert not ConsentEntry.objects.exists()
    assert not PurgePermit.objects.exists()


def test_an_error_at_the_end_of_retention_closes_the_table_again(row):
    def broken():
        with end_of_retention(type(row)):
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        broken()
    with pytest.raises(AppendOnlyError):
        type(row).objects.all().delete()


# --- references, never values ----------------------------------------------------------------------------


@pytest.mark.parametrize(
    "value",
    [
        "Mária Łukasiewicz",
        "mary@example.com",
        "12 High Street",
        "x" * 101,
        "a\nb",
        "'",
        ["ok", "not ok"],
        {"k": "no no"},
        {"a b": 1},
    ],
)
def test_a_value_is_not_written_to_the_log(value):
    with pytest.raises(NotAReference):
        audit.record("test.event", actor="test", detail=value)
    assert not AuditEntry.objects.exists()


@pytest.mark.parametrize(
    "value", ["customers.customer:42", "2026-11-22", "granted", "", 7, None, True, ["email"], {"a": [1, 2]}]
)
def test_a_reference_is(value):
    entry = audit.record("test.event", actor="test", detail=value)
    assert AuditEntry.objects.get().details == {"detail": value}
    assert entry.computed_hash() == entry.hash


# --- the chain -------------------------------------------------------------------------------------------


def chain(length=12):
    for n in range(length):
        audit.record("test.event", actor="test", number=n, now=datetime(2026, 1, 1, n % 24, tzinfo=UTC))


def tamper(statement, *parameters):
    """As somebody would who owns the table: triggers away first."""
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("ALTER TABLE privacy_auditentry DISABLE TRIGGER USER")
        else:
            for name in ("update", "delete"):
                cursor.execute(f"DROP TRIGGER IF EXISTS privacy_auditentry_no_{name}")
        cursor.execute(statement, parameters)


def test_an_untouched_log_is_intact():
    assert str(audit.verify()) == f"intact, 0 entries, head {'0' * 64}"
    chain()
    found = audit.verify()
    assert (found.count, found.broken) == (12, None)
    assert found.head == AuditEntry.objects.order_by("pk").last().hash


COLUMNS = {
    "event": "other", "actor": "other", "subject": "customers.customer:1", "target": "x:1", "details": '{"number": 99}',
    "at": "2026-01-01 00:00:01+00:00", "hash": "f" * 64, "previous_hash": "f" * 64,
}  # fmt: skip


@pytest.mark.parametrize("column", COLUMNS)
@pytest.mark.parametrize("place", [0, 5, 11])
def test_a_changed_entry_is_found(column, place):
    chain()
    pk = list(AuditEntry.objects.order_by("pk").values_list("pk", flat=True))[place]
    tamper(f"UPDATE privacy_auditentry SET {column} = %s WHERE id = %s", COLUMNS[column], pk)
    assert audit.verify().broken is not None


@pytest.mark.parametrize("place", [0, 1, 6, 10])
def test_a_missing_entry_is_found(place):
    chain()
    pks = list(AuditEntry.objects.order_by("pk").values_list("pk", flat=True))
    tamper("DELETE FROM privacy_auditentry WHERE id = %s", pks[place])
    assert audit.verify().broken == pks[place + 1]


@pytest.mark.parametrize("kept", [0, 1, 6, 11])
def test_an_end_that_was_cut_off_is_found(kept):
    chain()
    pks = list(AuditEntry.objects.order_by("pk").values_list("pk", flat=True))
    tamper("DELETE FROM privacy_auditentry WHERE id >= %s", pks[kept])
    assert audit.verify().broken == pks[-1]


@pytest.mark.parametrize("statement", ["DELETE FROM privacy_audithead", "UPDATE privacy_audithead SET seal = hash"])
@pytest.mark.parametrize("kept", [0, 6, 11])
def test_a_cut_is_found_also_when_the_seal_was_removed_or_forged(statement, kept):
    chain()
    pks = list(AuditEntry.objects.order_by("pk").values_list("pk", flat=True))
    tamper("DELETE FROM privacy_auditentry WHERE id >= %s", pks[kept])
    tamper(statement)
    audit.record("test.event", actor="test")
    found = audit.verify("f" * 64 if kept == 0 else None)
    assert not found.is_intact


def test_a_log_rolled_back_with_its_seal_lacks_the_head_that_was_noted():
    chain()
    before, pks = AuditHead.objects.values().get(), AuditEntry.objects.values_list("pk", flat=True)
    old_end = max(pks)
    chain(3)
    noted = audit.verify().head
    call_command("verify_audit", head=noted)
    tamper("DELETE FROM privacy_auditentry WHERE id > %s", old_end)
    AuditHead.objects.update(**before)
    assert audit.verify().is_intact
    with pytest.raises(CommandError, match=f"cut off: the head that was noted, {noted}, is not in the log"):
        call_command("verify_audit", head=noted)


def test_entries_written_while_the_log_is_read_do_not_break_it(monkeypatch):
    chain()
    genuine = AuditHead.objects.first

    def read_and_then_written():
        head = genuine()
        chain(2)
        return head

    monkeypatch.setattr(AuditHead.objects, "first", read_and_then_written)
    assert audit.verify().is_intact


def test_two_entries_that_changed_places_are_found():
    chain()
    first, second = AuditEntry.objects.order_by("pk")[4:6]
    tamper("UPDATE privacy_auditentry SET id = 999999 WHERE id = %s", first.pk)
    tamper("UPDATE privacy_auditentry SET id = %s WHERE id = %s", first.pk, second.pk)
    tamper("UPDATE privacy_auditentry SET id = %s WHERE id = 999999", second.pk)
    assert audit.verify().broken is not None


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 10**9))
def test_any_bit_of_any_column_shows(seed):
    chance = random.Random(seed)
    with transaction.atomic():
        chain(6)
        entry = chance.choice(list(AuditEntry.objects.all()))
        column = chance.choice(["event", "actor", "hash", "previous_hash"])
        text = getattr(entry, column)
        at = chance.randrange(len(text))
        letter = chance.choice([c for c in "abcdef0123456789" if c != text[at]])
        tamper(
            f"UPDATE privacy_auditentry SET {column} = %s WHERE id = %s", text[:at] + letter + text[at + 1 :], entry.pk
        )
        assert audit.verify().broken is not None
        transaction.set_rollback(True)


def test_without_the_key_nobody_can_write_a_chain_that_verifies(monkeypatch):
    """Rewriting the whole log from its beginning needs more than the database."""
    monkeypatch.setattr(audit, "keyed_hash", lambda text, **_: f"{hash(text) % 10**16:064d}")
    chain(4)
    monkeypatch.undo()
    assert audit.verify().broken == AuditEntry.objects.order_by("pk").first().pk


def test_the_command_says_intact_or_where_it_broke(capsys):
    chain(3)
    call_command("verify_audit")
    assert capsys.readouterr().out.startswith("intact, 3 entries, head ")
    pk = AuditEntry.objects.order_by("pk")[1].pk
    tamper("UPDATE privacy_auditentry SET actor = 'other' WHERE id = %s", pk)
    with pytest.raises(CommandError, match=f"^broken at entry {pk}$"):
        call_command("verify_audit")
