"""Orders of known customers from a file: line by line, whole or not at all, and nobody is made or changed by it."""

import io
import json
from datetime import timedelta
from decimal import Decimal

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from customers.importers import orders
from customers.models import Customer, Order
from privacy import audit
from privacy.csv_files import Table, WrongFile
from tests import make

pytestmark = pytest.mark.django_db
HEADER = "number,customer,email,placed_on,total,article,quantity,price\n"


def bring_in(text):
    """(counts, {line: why}) of a file with this text."""
    said: dict[int, str] = {}
    table = Table(io.BytesIO(text.encode()))
    return orders.import_orders(table, actor="test", report=said.__setitem__, now=timezone.now()), said


@pytest.fixture
def mary():
    return make.customer("mary@example.com")


def test_an_order_of_three_rows_is_one_order_with_three_articles(mary):
    counts, said = bring_in(
        HEADER + f"A-1,{mary.printed_number},,2025-03-04,99.90,Boots,1,59.90\n"
        f"A-1,{mary.printed_number},,2025-03-04,99.90,Socks,2,20\n"
        f"A-1,{mary.printed_number},,2025-03-04,99.90,Laces (a = b),1,0\n"
        "A-2,,MARY@example.com,2025-03-05,10,,,\n"
    )
    assert (counts.rows, counts.imported, counts.refused, said) == (4, 2, 0, {})
    order = Order.objects.get(number="A-1")
    assert (order.customer, order.total, order.state, order.currency) == (mary, Decimal("99.90"), "completed", "GBP")
    assert list(order.lines.order_by("pk").values_list("article", "quantity")) == [
        ("Boots", 1), ("Socks", 2), ("Laces (a = b)", 1),
    ]  # fmt: skip
    assert audit.AuditEntry.objects.get(event="orders.imported").details == {"orders": 2}


BAD = {
    "nobody": ("B,0,,2025-01-01,1,,,", "no such customer"),
    "neither": ("B,,,2025-01-01,1,,,", "no such customer"),
    "shared": ("B,,twin@example.com,2025-01-01,1,,,", "name the customer"),
    "tomorrow": ("B,{mary},,2999-01-01,1,,,", "has not come"),
    "no date": ("B,{mary},,1.2.2025,1,,,", "2026-01-31"),
    "no number": (",{mary},,2025-01-01,1,,,", "number"),
    "no amount": ("B,{mary},,2025-01-01,much,,,", "59.90"),
    "not a number": ("B,{mary},,2025-01-01,NaN,,,", "59.90"),
    "below nothing": ("B,{mary},,2025-01-01,-1,,,", "59.90"),
    "too much": ("B,{mary},,2025-01-01,12345678901.00,,,", "total"),
    "half a boot": ("B,{mary},,2025-01-01,1,Boot,0.5,1", "whole number"),
    "a formula": ("B,{mary},,2025-01-01,1,=HYPERLINK(1),1,1", "article: this is a formula"),
    "no price": ("B,{mary},,2025-01-01,1,Boot,1,", "59.90"),
    "there already": ("OLD,{mary},,2025-01-01,1,,,", "already have"),
    "of another total": ("FIRST,{mary},,2025-01-01,2,,,", "do not say the same"),
    "too few cells": ("B,{mary}", "2 cells"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_row_is_reported_with_its_line_and_the_good_ones_go_in(kind, mary):
    make.order(mary, number="OLD")
    make.customer("twin@example.com"), make.customer("twin@example.com")
    row, why = BAD[kind]
    mine = "FIRST" if kind != "of another total" else "OTHER"
    text = f"{mine},{{mary}},,2025-01-01,1,,,\n{row}\nLAST,{{mary}},,2025-01-01,1,,,\n"
    if kind == "of another total":
        text = text.replace(row, f"FIRST,{{mary}},,2025-01-01,1,,,\n{row}")
    people = Customer.objects.count()
    counts, said = bring_in(HEADER + text.replace("{mary}", mary.number))
    assert list(said) == [3] and why in said[3]
    assert set(Order.objects.values_list("number", flat=True)) == {"OLD", mine, "LAST"}
    assert (counts.imported, counts.refused) == (2, 1)
    assert Customer.objects.count() == people


def test_cnx_16_an_order_says_whether_it_is_paid_after_delivery(mary):
    head = "number,customer,placed_on,total,on_account\n"
    rows = [f"A-{said or 'nothing'},{mary.number},2025-03-04,9,{said}\n" for said in ("yes", "no", "", "maybe")]
    counts, said = bring_in(head + "".join(rows))
    assert (counts.imported, list(said.values())) == (3, ["on_account: write yes, or leave it empty"])
    assert list(Order.objects.filter(on_account=True).values_list("number", flat=True)) == ["A-yes"]


def test_the_same_file_twice_changes_nothing(mary):
    text = HEADER + f"A-1,{mary.number},,2025-03-04,99.90,Boots,1,59.90\n"
    assert bring_in(text)[0].imported == 1
    counts, said = bring_in(text)
    assert (counts.imported, list(said)) == (0, [2])
    assert Order.objects.get().lines.count() == 1


def test_sfb_29_a_child_s_order_comes_in_only_with_a_guardian(mary):
    Customer.objects.filter(pk=mary.pk).update(date_of_birth=timezone.localdate() - timedelta(days=14 * 365))
    text = HEADER + f"A-1,{mary.number},,2025-03-04,1,,,\n"
    counts, said = bring_in(text)
    assert counts.imported == 0 and "guardian" in said[2]
    make.guardian_consent(mary)
    assert bring_in(text)[0].imported == 1


def test_who_was_erased_gets_no_order(mary):
    Customer.objects.filter(pk=mary.pk).update(erased_at=timezone.now())
    counts, said = bring_in(HEADER + f"A-1,{mary.number},,2025-03-04,1,,,\n")
    assert counts.imported == 0 and list(said) == [2] and not Order.objects.exists()


WRONG = ("number,placed_on,total", "customer,placed_on,total", "number,customer,placed_on,total,colour", "")


@pytest.mark.parametrize("header", WRONG)
def test_wrong_columns_are_one_clear_line(header, tmp_path):
    (tmp_path / "f.csv").write_text(header + "\n")
    with pytest.raises(WrongFile, match=r"column|header"):
        bring_in(header + "\n")
    with pytest.raises(CommandError, match=r"column|header"):
        call_command("import_orders", str(tmp_path / "f.csv"))


def test_the_command_counts_in_json_and_names_lines_on_the_other_stream(mary, tmp_path):
    (tmp_path / "f.csv").write_text(HEADER + f"A-1,{mary.number},,2025-03-04,1,,,\nB,,,,,,,\n")
    out, err = io.StringIO(), io.StringIO()
    call_command("import_orders", str(tmp_path / "f.csv"), stdout=out, stderr=err)
    said = json.loads(out.getvalue())
    assert (said["rows"], said["imported"], said["refused"], sum(said["reasons"].values())) == (2, 1, 1, 1)
    assert err.getvalue().startswith("line 3:")


def test_a_thousand_orders_are_read_with_few_questions(mary, django_assert_max_num_queries):
    rows = "".join(f"N-{n},{mary.number},,2025-03-04,1,Boot,1,1\n" for n in range(1000))
    with django_assert_max_num_queries(40):
        assert bring_in(HEADER + rows)[0].imported == 1000
