"""How do orders come in from a file? Of customers whom we have; rows of one number stand for one order, line by line.

Columns. Needed: `number` (of the order), `customer` (the number) or `email`, `placed_on` (YYYY-MM-DD), `total`. Known:
`currency` (GBP), `state` (placed, shipped, completed, cancelled), `bill_to`, `ship_to`, `on_account` (yes: to be paid
after delivery), and for what was bought `article`, `quantity` (1), `price`: an order of several articles has a row for
each, one after another.
"""

from collections.abc import Iterable, Iterator
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from itertools import groupby, islice
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone

from customers.models import Customer, Order, OrderLine
from privacy import audit, children, csv_files, data_subjects
from privacy.csv_files import Row, Table

from .reading import Counts, Report, in_one_line, is_yes

NEEDED = ("number", "placed_on", "total")
SAME = ("customer", "email", "placed_on", "total", "currency", "state", "bill_to", "ship_to", "on_account")
KNOWN = (*NEEDED, *SAME, "article", "quantity", "price")
BATCH = 500
EARLIEST = date(1990, 1, 1)
Whole = tuple[int, Order, list[OrderLine]]


def import_orders(table: Table, *, actor: Any, report: Report, now: datetime) -> Counts:
    """Stores every good order with its articles; `report` is told the line of every other one, and why."""
    table.require(NEEDED, KNOWN)
    table.require_one("customer", "email")
    counts = Counts()
    groups = _groups(table, counts, report)
    while batch := list(islice(groups, BATCH)):
        whole = list(_read(batch, counts, report, timezone.localdate(now)))
        _store(whole, counts, report, actor=actor, now=now)
    return counts


def _groups(table: Iterable[Row], counts: Counts, report: Report) -> Iterator[list[Row]]:
    """The rows of each order; one that cannot be read is reported and spoils its own order alone."""
    for _number, found in groupby(table, key=lambda row: row.values.get("number", f"\0{row.line}")):
        rows = list(found)
        counts.rows += len(rows)
        if not rows[0].error:
            yield rows
            continue
        counts.refused += 1
        report(rows[0].line, rows[0].error)


def _read(batch: list[list[Row]], counts: Counts, report: Report, today: date) -> Iterator[Whole]:
    values = [rows[0].values for rows in batch]
    named = data_subjects.Named.of(values)
    taken = set(Order.objects.filter(number__in=[one["number"] for one in values]).values_list("number", flat=True))
    for rows in batch:
        try:
            order = _order(rows, named, today)
            if order.number in taken:
                raise ValueError("number: we already have an order of this number")
            taken.add(order.number)
            yield rows[0].line, order, list(_lines(rows, order))
        except (ValidationError, ValueError) as wrong:
            counts.refused += 1
            report(rows[0].line, in_one_line(wrong))


def _order(rows: list[Row], named: data_subjects.Named, today: date) -> Order:
    values = rows[0].values
    if differing := [name for name in SAME for row in rows if row.values.get(name) != values.get(name)]:
        raise ValueError(f"{differing[0]}: the rows of this order do not say the same")
    order = Order(
        number=values["number"], customer=_customer(values, named),
        placed_on=csv_files.past_day(values["placed_on"], "placed_on", today=today, earliest=EARLIEST),
        total=_amount(values["total"], "total"), currency=(values.get("currency") or "GBP").upper(),
        state=values.get("state", "").lower() or Order.State.COMPLETED, bill_to=values.get("bill_to", ""),
        ship_to=values.get("ship_to", ""), on_account=is_yes(values.get("on_account", ""), "on_account"),
    )  # fmt: skip
    order.clean_fields(exclude={"customer"})
    children.refuse_order(Order, order)
    return order


def _customer(values: dict[str, str], named: data_subjects.Named) -> Customer:
    """The one of this number, or the only one with this address; nobody is made here."""
    found = named.whom(values)
    if len(found) != 1:
        raise ValueError("several customers have this address: name the customer" if found else "no such customer")
    person: Customer = found[0]
    if person.erased_at:
        raise ValueError("was deleted at the person's wish and stays out")
    return person


def _lines(rows: list[Row], order: Order) -> Iterator[OrderLine]:
    for row in rows:
        if not (article := row.values.get("article", "")):
            continue
        line = OrderLine(
            order=order, article=article, quantity=_whole_number(row.values.get("quantity") or "1"),
            price=_amount(row.values.get("price", ""), "price"),
        )  # fmt: skip
        line.clean_fields(exclude={"order"})
        yield line


def _amount(written: str, column: str) -> Decimal:
    try:
        amount = Decimal(written)
    except InvalidOperation:
        amount = Decimal("NaN")
    if not amount.is_finite() or amount < 0:
        raise ValueError(f"{column}: write an amount as 59.90")
    return amount


def _whole_number(written: str) -> int:
    if not (written.isascii() and written.isdigit() and int(written[:9]) > 0 and len(written) < 6):
        raise ValueError("quantity: write a whole number")
    return int(written)


def _store(whole: list[Whole], counts: Counts, report: Report, *, actor: Any, now: datetime) -> None:
    """All at once; if one of them is refused by the database, one by one."""
    if not whole:
        return
    try:
        with transaction.atomic():
            Order.objects.bulk_create([order for _line, order, _lines in whole])
            OrderLine.objects.bulk_create([line for _line, _order, lines in whole for line in lines])
            audit.record("orders.imported", actor=actor, now=now, orders=len(whole))
    except IntegrityError:
        if len(whole) == 1:
            counts.refused += 1
            report(whole[0][0], "we already have this order, or lost its customer meanwhile")
            return
        for one in whole:
            _store([one], counts, report, actor=actor, now=now)
        return
    counts.imported += len(whole)
