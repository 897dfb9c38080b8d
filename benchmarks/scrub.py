"""A mailing list of as many addresses as there are customers, asked of the gate, beside one statement by hand.

By hand means: the list is loaded into a temporary table with the keyed hash of each address (the database has no key),
one statement says yes or no and why in the same words, and its rows become the same CSV file; both files must be
equal, byte for byte. The people have twenty kinds of histories, one of them shares the address of another. Each way
has a process and a database of its own; "cpu" counts that process and, on PostgreSQL, its server process.
python -m benchmarks.scrub [people ...] [--engine sqlite]
"""

import argparse
import csv
import hmac
import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, date, datetime
from hashlib import file_digest
from itertools import count, islice
from pathlib import Path
from typing import Any

from benchmarks._running import as_in_a_shop
from benchmarks.purge import BASE, ROOT, databases

SIZES = (10_000, 100_000, 1_000_000)
AT = date(2026, 11, 30)
# Noon, so that a day is the same in the shop's zone and in UTC.
FIRST, THEN, LAST = (datetime(year, 5, 3, 12, tzinfo=UTC) for year in (2023, 2024, 2025))
BATCH = 5_000
TARGET = "at most 2"


# --- people of many kinds --------------------------------------------------------------------------------


def plant() -> dict[str, int]:
    """One person of each kind of history, by name; most people of a list have said yes and bought something."""
    from privacy.consent import ConsentEntry
    from privacy.vocabulary import Channel, Decision, LawfulBasis, Occasion, Purpose, Sender, Source
    from tests import make

    def entry(person: Any, decision: str = Decision.GRANTED, **values: Any) -> None:
        said = {
            "purpose": Purpose.MARKETING, "channel": Channel.EMAIL, "sender": Sender.OWN, "source": Source.WEB,
            "wording": "We may email you.", "actor": "benchmark", "occurred_at": FIRST,
        }  # fmt: skip
        ConsentEntry.objects.bulk_create([ConsentEntry(data_subject=person, decision=decision, **(said | values))])

    found: dict[str, Any] = {}

    def who(name: str, *, bought: bool = True, **values: Any) -> Any:
        found[name] = person = make.customer(**values)
        make.address(person, country="GB")
        if bought:
            make.order(person)
        return person

    for number in range(8):
        entry(who(f"yes {number}"), occurred_at=(FIRST, THEN)[number % 2])
    entry(who("no"), Decision.WITHDRAWN)
    who("never")
    soft = {"lawful_basis": LawfulBasis.LEGITIMATE_INTERESTS, "occasion": Occasion.SALE}
    entry(who("soft"), **soft)
    entry(who("soft, without words"), **(soft | {"wording": ""}))
    entry(who("bought nothing", bought=False))
    back = who("back")
    entry(back)
    entry(back, Decision.WITHDRAWN, occurred_at=THEN)
    entry(back, occurred_at=LAST)
    entry(who("listed"))
    locked = who("locked")
    entry(locked)
    make.restriction(locked, "article_18", lifted_at=None, lifted_by="", lift_proposed_by="", imposed_at=LAST)
    entry(who("bundled"), source=Source.POLICY_ACCEPTANCE)
    child = who("child", bought=False, date_of_birth=date(2011, 6, 1))
    entry(child, occasion=Occasion.SALE)
    make.guardian_consent(child)
    entry(who("small child", bought=False, date_of_birth=date(2016, 6, 1)))
    entry(who("erased", erased_at=LAST))
    entry(who("housemate"), Decision.WITHDRAWN, occurred_at=THEN)
    return {name: person.pk for name, person in found.items()}


# Everybody has days of her own, within 300; still an afternoon, so that a day is the same in UTC.
LATER = {
    "postgresql": "t.occurred_at + n % 300 * interval '1 day' + n % 30000 * interval '1 second'",
    "sqlite": "datetime(t.occurred_at, (n % 300) || ' days', (n % 30000) || ' seconds')",
}
EARLIER = {"postgresql": "t.placed_on - n % 300", "sqlite": "date(t.placed_on, -(n % 300) || ' days')"}


def fill(people: int, vendor: str) -> Iterator[str]:
    """Copies of the planted people, by the database itself; gives the list of addresses, some of nobody."""
    from django.core.management import call_command
    from django.db import connection

    from customers.models import Address, Customer, EmailAddress, Order
    from privacy.consent import ConsentEntry
    from privacy.guardians import GuardianConsent
    from privacy.restrictions import Restriction

    call_command("migrate", verbosity=0)
    kinds = plant()
    shares = list(kinds).index("housemate")
    address = f"'p' || (n - (CASE WHEN n % {len(kinds)} = {shares} THEN 1 ELSE 0 END)) || '@example.com'"
    copies: list[tuple[Any, str, dict[str, str]]] = [
        (Customer, "id", {"id": f"{BASE} + n", "number": "'c' || n"}),
        (EmailAddress, "customer_id", {"address": address}),
        (Address, "customer_id", {}),
        (Order, "customer_id", {"number": "'o' || n"} | {"placed_on": EARLIER[vendor]}),
        (ConsentEntry, "data_subject_id", {"occurred_at": LATER[vendor]}),
        (GuardianConsent, "data_subject_id", {}),
        (Restriction, "data_subject_id", {}),
    ]
    with connection.cursor() as cursor:
        for model, owner, changes in copies:
            cursor.execute(copy_of(vendor, model, owner, changes, list(kinds.values()), people))
        _suppress(cursor, range(list(kinds).index("listed"), people + 1, len(kinds)))
        cursor.execute("ANALYZE")
    return (f"P{n}@Example.com" if n % 3 else f"p{n}@example.com" for n in range(1, people + 1))


def copy_of(vendor: str, model: Any, owner: str, changes: dict[str, str], planted: list[int], people: int) -> str:
    """The statement that copies the rows of each planted person for every n-th."""
    changes = {owner: f"{BASE} + n"} | changes
    columns = [c.column for c in model._meta.concrete_fields if not c.primary_key or c.column in changes]
    values = ", ".join(changes.get(name, f't."{name}"') for name in columns)
    names, table = ", ".join(f'"{name}"' for name in columns), model._meta.db_table
    kind = "CASE t.{} {} END".format(owner, " ".join(f"WHEN {pk} THEN {k}" for k, pk in enumerate(planted)))
    only = f"t.{owner} < {BASE} AND n % {len(planted)} = {kind}"
    if vendor == "postgresql":
        return (
            f"INSERT INTO {table} ({names}) SELECT {values} FROM {table} t, generate_series(1, {people}) n WHERE {only}"
        )
    numbers = f"WITH RECURSIVE s(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM s WHERE n < {people})"
    return f"INSERT INTO {table} ({names}) {numbers} SELECT {values} FROM {table} t, s WHERE {only}"


def _suppress(cursor: Any, numbers: range) -> None:
    from privacy.suppression import address_hash

    row = "INSERT INTO privacy_suppression (hash, channel, sender, reason, source, since, service) VALUES "
    row += "(%s, 'email', 'own', 'objection', 'web', %s, '')"
    cursor.executemany(row, [(address_hash(f"p{n}@example.com"), THEN) for n in numbers])


# --- two ways --------------------------------------------------------------------------------------------

MONTHS = "January February March April May June July August September October November December".split()
SAFEBUY = "Connox with SafeBuy"
DAY = {
    "postgresql": "to_char({} AT TIME ZONE 'Europe/London', 'FMDD FMMonth YYYY')",
    "sqlite": "ltrim(strftime('%%d', {0}), '0') || ' ' || CASE strftime('%%m', {0}) "
    + " ".join(f"WHEN '{number:02}' THEN '{name}'" for number, name in enumerate(MONTHS, 1))
    + " END || strftime(' %%Y', {0})",
}
AGE = {
    "postgresql": "date_part('year', age({1}, c.date_of_birth))",
    "sqlite": "(strftime('%%Y', {1}) - strftime('%%Y', c.date_of_birth)"
    " - (strftime('%%m-%%d', {1}) < strftime('%%m-%%d', c.date_of_birth)))",
}
AGGREGATE = {"postgresql": "string_agg({}, '; ' ORDER BY person)", "sqlite": "group_concat({}, '; ')"}


def statement(vendor: str) -> str:
    """Yes or no and why for every row of the temporary table `list`, in its order."""

    def day(column: str) -> str:
        return DAY[vendor].format(column)

    def age(moment: str) -> str:
        return AGE[vendor].format("", moment)

    at = f"CAST('{AT}' AS date)" if vendor == "postgresql" else f"'{AT}'"
    until = f"'{AT} 23:59:59.999999{'+00' if vendor == 'postgresql' else ''}'"
    guardian = (
        "EXISTS (SELECT 1 FROM privacy_guardianconsent g WHERE g.data_subject_id = c.id "
        f"AND g.given_at <= {until} AND (g.withdrawn_at IS NULL OR g.withdrawn_at > {until}))"
    )
    is_yes = "s.decision = 'granted' AND s.source <> 'policy_acceptance'"
    bought = (
        f"(EXISTS (SELECT 1 FROM customers_order o WHERE o.customer_id = c.id AND o.placed_on <= {at}) OR EXISTS "
        "(SELECT 1 FROM privacy_consententry e WHERE e.data_subject_id = c.id AND e.occasion = 'sale' "
        f"AND e.purpose IN ('marketing', 'partner_offers') AND e.occurred_at <= {until}))"
    )
    reasons = [
        f"WHEN c.erased_at IS NOT NULL THEN 'This person''s data was erased on ' || {day('c.erased_at')} || '.'",
        (
            f"WHEN r.imposed_at IS NOT NULL THEN 'Since ' || {day('r.imposed_at')} || "
            "' this person''s data may be kept but not used (Art. 18).'"
        ),
        (
            f"WHEN u.since IS NOT NULL THEN 'Since ' || {day('u.since')} || "
            "' this address is on the list of those we never write to: the person said no.'"
        ),
        (
            f"WHEN {is_yes} AND s.lawful_basis = 'consent' AND {age('s.occurred_at')} < 13 AND NOT {guardian} "
            "THEN 'By the law of GB a child under 13 needs the yes of a parent or guardian too (Art. 8).'"
        ),
        (
            "WHEN s.id IS NULL THEN 'This person has never said yes to email from us.' "
            f"WHEN s.decision = 'withdrawn' THEN 'On ' || {day('s.occurred_at')} || "
            "' this person said no to email from us.' "
            f"WHEN NOT ({is_yes}) THEN 'Accepting the privacy policy is not a yes to email from us.' "
            "WHEN s.lawful_basis = 'legitimate_interests' AND coalesce(s.occasion, '') NOT IN ('sale', 'negotiation') "
            "THEN 'It is not recorded that these details were given in a sale.' "
            "WHEN s.lawful_basis = 'legitimate_interests' AND s.wording = '' "
            "THEN 'It is not recorded that this person could refuse when she gave these details.'"
        ),
        f"WHEN {age(at)} < 12 THEN 'This is a child under 12, who gets no advertising. (SFB-33, {SAFEBUY})'",
        (
            f"WHEN {age(at)} BETWEEN 12 AND 16 THEN 'This is a child of 12 to 16, who gets only messages marked "
            f"as suitable for children. (SFB-33, {SAFEBUY})'"
        ),
        (
            f"WHEN {age(at)} < 17 AND NOT {guardian} "
            f"THEN 'This is a child of 16 or under, and no parent or guardian has agreed. (SFB-32, {SAFEBUY})'"
        ),
        (
            f"WHEN {is_yes} AND s.lawful_basis <> 'consent' THEN 'Details from a sale are not enough for email: this "
            f"person must have said yes too. (SFB-23, {SAFEBUY})' WHEN {is_yes} AND NOT {bought} "
            f"THEN 'A yes is not enough for email: there must be a sale too. (SFB-23, {SAFEBUY})'"
        ),
    ]
    against = " || ".join(f"coalesce('; ' || CASE {one} END, '')" for one in reasons)
    ground = f"'On ' || {day('s.occurred_at')} || ' this person said yes to email from us (website).'"
    latest = (
        "SELECT e.id FROM privacy_consententry e WHERE e.data_subject_id = c.id AND e.purpose = 'marketing' AND "
        f"e.channel = 'email' AND e.sender = 'own' AND e.recipient_id IS NULL AND e.occurred_at <= {until} "
        "ORDER BY e.occurred_at DESC, e.decision DESC, e.id DESC LIMIT 1"
    )
    why = AGGREGATE[vendor].format("CASE WHEN against = '' THEN ground ELSE substr(against, 3) END")
    refusing = AGGREGATE[vendor].format("substr(against, 3)")
    return f"""
        WITH asked AS (
            SELECT l.n, l.email, c.id AS person, {against} AS against, {ground} AS ground
            FROM list l
            LEFT JOIN customers_emailaddress a ON a.address = l.plain
            LEFT JOIN customers_customer c ON c.id = a.customer_id
            LEFT JOIN privacy_consententry s ON s.id = ({latest})
            LEFT JOIN privacy_restriction r ON r.data_subject_id = c.id AND r.kind = 'article_18' AND r.scope = ''
                AND r.imposed_at <= {until} AND (r.lifted_at IS NULL OR r.lifted_at > {until})
            LEFT JOIN privacy_suppression u ON u.hash = l.hash AND u.sender = 'own' AND u.service = ''
                AND u.since <= {until})
        SELECT email, CASE WHEN max(person) IS NOT NULL AND max(against) = '' THEN 'true' ELSE 'false' END,
            CASE WHEN max(person) IS NULL THEN 'We know nobody by this.' WHEN max(against) = '' THEN {why}
            ELSE {refusing} FILTER (WHERE against <> '') END
        FROM asked GROUP BY n, email ORDER BY n"""


def by_hand(source: Path, target: Path, vendor: str) -> None:
    """The list into a temporary table, one statement, and its rows into a file."""
    from django.db import connection

    from privacy import encryption
    from privacy.fields import normalise_email

    key = encryption._derived(list(encryption.keys().values())[-1], "suppression")

    def loaded() -> Iterator[tuple[int, str, str, str]]:
        with source.open(newline="") as file:
            for n, (email,) in enumerate(islice(csv.reader(file), 1, None)):
                plain = normalise_email(email)
                yield n, email, plain, hmac.digest(key, f"email:{plain}".encode(), "sha256").hex()

    with connection.cursor() as cursor:
        cursor.execute("CREATE TEMPORARY TABLE list (n integer, email text, plain text, hash text)")
        rows = loaded()
        if vendor == "postgresql":
            with cursor.cursor.copy("COPY list FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
            cursor.execute("ANALYZE list")
        else:
            while batch := list(islice(rows, BATCH)):
                cursor.executemany("INSERT INTO list VALUES (%s, %s, %s, %s)", batch)
        cursor.execute(statement(vendor), [])
        with target.open("w", newline="") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(["email", "allowed", "reasons"])
            while answered := cursor.fetchmany(BATCH):
                writer.writerows(answered)


def ours(source: Path, target: Path, _vendor: str) -> None:
    """The command."""
    from django.core.management import call_command

    with target.open("w", newline="") as file:
        call_command("scrub", str(source), channel="email", sender="own", at=str(AT), stdout=file, stderr=sys.stderr)


WAYS = {"by hand": by_hand, "ours": ours}


def measure(way: str, people: int) -> dict[str, Any]:
    """Fills, writes the list, measures one way."""
    as_in_a_shop()
    from django.conf import settings
    from django.db import connection

    vendor = connection.vendor
    source, target = (Path(settings.VAR) / f"{name}-{people}.csv" for name in ("list", "answers"))
    with source.open("w") as file:
        file.write("email\n")
        file.writelines(f"{address}\n" for address in fill(people, vendor))
    begun, worked = time.monotonic(), time.process_time() + of_the_server(connection)
    WAYS[way](source, target, vendor)
    cpu, seconds = time.process_time() + of_the_server(connection) - worked, time.monotonic() - begun
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    with target.open("rb") as file:
        digest = file_digest(file, "sha256").hexdigest()
    return {"seconds": seconds, "cpu": cpu, "mb": memory, "digest": digest, "answers": str(target)}


def of_the_server(connection: Any) -> float:
    """The processor time, in seconds, of the server process of this connection; 0 for SQLite, which has none."""
    if connection.vendor != "postgresql":
        return 0.0
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        (pid,) = cursor.fetchone()
    user, system = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[11:13]
    return (int(user) + int(system)) / 100


# --- the table -------------------------------------------------------------------------------------------


def compare(engine: str, people: int, fresh: Any, counter: Iterator[int]) -> None:
    """Both ways in turn, and one line of the table."""
    results: dict[str, list[dict[str, Any]]] = {way: [] for way in WAYS}
    for _ in range(3 if people < 100_000 else 2 if people < 1_000_000 else 1):
        for way, found in results.items():
            argv = [sys.executable, "-m", "benchmarks.scrub", "--one", way, str(people)]
            env = fresh(next(counter))
            done = subprocess.run(argv, cwd=ROOT, env=env, stdout=subprocess.PIPE, text=True, check=True)
            found.append(json.loads(done.stdout.splitlines()[-1]))
    assert len({r["digest"] for found in results.values() for r in found}) == 1, "both ways must say the same"
    hand, full = (statistics.median(r["seconds"] for r in results[way]) for way in WAYS)
    hand_cpu, full_cpu = (statistics.median(r["cpu"] for r in results[way]) for way in WAYS)
    mb = max(r["mb"] for r in results["ours"])
    print(
        f"{engine:<11}{people:>10,}{hand:>11.2f}{full:>9.2f}{full / hand:>8.2f}{full_cpu / hand_cpu:>8.2f}"
        f"{people / full:>11,.0f}{mb:>7.0f}",
        flush=True,
    )


def main() -> None:
    """Every engine and size asked for."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("people", nargs="*", type=int, default=list(SIZES))
    parser.add_argument("--engine", choices=["sqlite", "postgresql", "both"], default="both")
    parser.add_argument("--one", choices=list(WAYS), help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.one:
        print(json.dumps(measure(options.one, options.people[0])))
        return
    print(f"The target for ratio and cpu is {TARGET}.")
    print("engine         people by hand, s  ours, s   ratio     cpu     rows/s     MB")
    for engine in ("postgresql", "sqlite") if options.engine == "both" else (options.engine,):
        with databases(engine) as fresh:
            counter = count()
            for people in options.people:
                compare(engine, people, fresh, counter)


if __name__ == "__main__":
    main()
