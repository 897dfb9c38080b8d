"""Files of customers and of suppressed addresses: a bad row is reported with its line, the rest goes in."""

import io
import json

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from customers import importers, numbers
from customers.importers import reading, storing
from customers.models import Customer, EmailAddress
from privacy import audit, gate, suppression
from privacy.consent import ConsentEntry
from privacy.csv_files import MAX_LINE, Table, WrongFile
from privacy.gate import suppression_list
from privacy.vocabulary import Channel, Sender, Source
from tests import make

pytestmark = pytest.mark.django_db
NUMBER = numbers.with_check_digit(12_345_678)


def bring_in(text, **values):
    """(counts, {line: why}) of a file with this text or these bytes."""
    said: dict[int, str] = {}
    data = text if isinstance(text, bytes) else text.encode()
    table, now = Table(io.BytesIO(data)), timezone.now()
    return importers.import_customers(table, actor="test", report=said.__setitem__, now=now, **values), said


def suppress(text):
    """The same for suppressions."""
    said: dict[int, str] = {}
    table = Table(io.BytesIO(text.encode()))
    return suppression_list.bring_in(table, actor="test", report=said.__setitem__, now=timezone.now()), said


# --- what goes in ------------------------------------------------------------------------------------------


def test_sfb_23_when_the_details_were_given_comes_along_and_decides():
    head = "name,email,consent_email,consent_on,consent_evidence,consent_occasion\n"
    rows = "A,a@x.example,yes,2024-01-01,card,sale\nB,b@x.example,yes,2024-01-01,card,\n"
    counts, said = bring_in(head + rows + "C,c@x.example,yes,2024-01-01,card,pigeon\n")
    assert (counts.imported, list(said)) == (2, [4])
    a, b = (Customer.objects.get(display_name=name) for name in "AB")
    assert gate.may_contact(a, Channel.EMAIL).allowed
    assert "SFB-23" in gate.may_contact(b, Channel.EMAIL).reasons[0]


def test_a_whole_row_becomes_a_customer_with_addresses_and_choices():
    counts, said = bring_in(
        "number,name,given_name,family_name,email,phone,date_of_birth,sex,size,joined_on,street,locality,postcode,country,"
        "consent_email,consent_sms,consent_on,consent_evidence\n"
        f"{numbers.in_groups(NUMBER)},Żaneta Brzęczyk,Żaneta,Brzęczyk,Zaneta@Mail.Example,+48 22,1980-02-03,F,38,"
        '2021-05-06,"ul. Źródlana 3\nm. 4",Łódź,90-001,pl,yes,no,2022-03-04,card 17\n'
    )
    person = Customer.objects.get()
    assert (person.number, person.display_name, person.sex) == (NUMBER, "Żaneta Brzęczyk", "f")
    assert person.contact_email == "zaneta@mail.example"
    assert person.addresses.get().lines == "ul. Źródlana 3\nm. 4"
    assert person.addresses.get().country == "PL"
    entry = ConsentEntry.objects.get()
    assert (entry.channel, entry.source, entry.wording) == (Channel.EMAIL, Source.IMPORT, "card 17")
    assert entry.occurred_at.date().isoformat() == "2022-03-04"
    assert (counts.imported, counts.consents, said) == (1, 1, {})
    assert audit.AuditEntry.objects.get(event="customers.imported").details == {"customers": 1, "consents": 1}


@pytest.mark.parametrize("text", ["name;email\nMaria;m@x.example\n", "\ufeffname,email\r\nMaria,m@x.example\r\n\r\n"])
def test_semicolons_byte_order_marks_and_windows_lines_are_read(text):
    counts, said = bring_in(text)
    assert (counts.imported, said) == (1, {})
    assert Customer.objects.get().display_name == "Maria"


def test_real_names_of_many_scripts_come_back_as_they_were(corpora):
    import csv

    rows = list(csv.DictReader((corpora / "names_faker" / "people.csv").open(encoding="utf-8")))
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["name", "email"])
    writer.writerows([row["name"], f"p{place}@x.example"] for place, row in enumerate(rows))
    counts, said = bring_in(out.getvalue())
    assert (counts.imported, said) == (len(rows), {})
    stored = dict(EmailAddress.objects.values_list("address", "customer__display_name"))
    assert [stored[f"p{place}@x.example"] for place in range(len(rows))] == [row["name"].strip() for row in rows]


# --- what stays out ----------------------------------------------------------------------------------------

HEADER = "name,number,email,date_of_birth,sex,country,consent_email,consent_on,consent_evidence\n"
BAD = {
    "blank name": (",,,,,,,,", "display_name"),
    "wrong check digit": ("A,123456789,,,,,,,", "check digit"),
    "born tomorrow": ("A,,,2999-01-01,,,,,", "in the future"),
    "no date": ("A,,,31.12.1999,,,,,", "2026-01-31"),
    "no such day": ("A,,,1999-02-30,,,,,", "2026-01-31"),
    "no email address": ("A,,not an address,,,,,,", "valid email"),
    "sex": ("A,,,,q,,,,", "sex"),
    "country": ("A,,,,,Poland,,,", "ISO 3166"),
    "too long": (f"{'A' * 201},,,,,,,,", "200"),
    "a yes without a day": ("A,,a@x.example,,,,yes,,form 7", "consent_on"),
    "a yes without evidence": ("A,,a@x.example,,,,yes,2024-01-01,", "consent_evidence"),
    "a yes of tomorrow": ("A,,a@x.example,,,,yes,2999-01-01,form 7", "has not come"),
    "perhaps": ("A,,a@x.example,,,,perhaps,2024-01-01,form 7", "write yes"),
    "too few cells": ("A,", "2 cells"),
    "too many cells": ("A,,,,,,,,,,", "11 cells"),
    "an open quote": ('A,"open,,,,,,,', "not closed"),
    "a formula": ("=1+1,,,,,,,,", "name: this is a formula"),
    "a formula that hides": ('"\'@SUM(1)",,,,,,,,', "name: this is a formula"),
    "a command": ("A,,a@x.example,,,,,,+cmd|' /C calc'!A0", "consent_evidence: this is a formula"),
    "a NUL": ("A\0,,,,,,,,", "NUL"),
    "a line that never ends": (f"{'A' * (MAX_LINE + 10)},,,,,,,,", "64 KB"),
}


@pytest.mark.parametrize("kind", BAD)
def test_a_bad_row_is_reported_with_its_line_and_changes_nothing(kind):
    row, why = BAD[kind]
    counts, said = bring_in(f"{HEADER}First,,,,,,,,\n{row}\nLast,,,,,,,,\n")
    assert list(said) == [3]
    assert why in said[3]
    assert sorted(Customer.objects.values_list("display_name", flat=True)) == ["First", "Last"]
    assert (counts.rows, counts.imported, counts.refused) == (3, 2, 1)
    assert not ConsentEntry.objects.exists()


def test_a_row_that_is_not_utf_8_is_refused_alone():
    counts, said = bring_in(HEADER.encode() + b"Caf\xe9,,,,,,,,\nCaf\xc3\xa9,,,,,,,,\n")
    assert (counts.imported, said) == (1, {2: "is not UTF-8 text"})


def test_nobodys_record_is_changed_by_a_file_and_a_second_run_adds_nothing():
    file = f"{HEADER}Again,{NUMBER},again@x.example,,,,,,\nNew,,new@x.example,,,,,,\nTwice,,new@x.example,,,,,,\n"
    assert bring_in(file)[0].imported == 2
    counts, said = bring_in(file)
    assert (counts.imported, len(said)) == (0, 3)
    assert set(Customer.objects.values_list("display_name", flat=True)) == {"Again", "New"}


def test_a_new_number_that_is_in_use_is_drawn_again(monkeypatch):
    there = make.customer(number=NUMBER)
    drawn = iter([NUMBER, NUMBER, *(numbers.with_check_digit(20_000_000 + i) for i in range(10))])
    for room in (reading, storing):
        monkeypatch.setattr(room, "new_number", lambda: next(drawn))
    counts, said = bring_in("name\nA\nB\nC\n")
    assert (counts.imported, said) == (3, {})
    assert there.number == NUMBER


@pytest.mark.parametrize(
    ("header", "why"),
    [
        ("", "empty"), ("\n", "no header"), ("email,phone\n", "lacks the column name"), ("name,name\n", "two columns"),
        ("name,shoe\n", "do not know: shoe"),
    ],
)  # fmt: skip
def test_a_file_with_a_wrong_header_is_refused_whole(header, why):
    with pytest.raises(WrongFile, match=why):
        bring_in(header)
    with pytest.raises(WrongFile, match="UTF-16"):
        bring_in("name\nA\n".encode("utf-16"))
    for encoded in ("name,stra\u00dfe\nA,B\n".encode("latin-1"), "name\nA\n".encode("utf-16-le")):
        with pytest.raises(WrongFile, match="save the file as UTF-8"):
            bring_in(encoded)


def test_the_very_same_row_twice_is_one_customer_and_two_of_one_name_are_two():
    rows = ["A,+44 1632 960555", "A,+44 1632 960555", "A,+44 1632 960556", "B,", "B,"]
    counts, said = bring_in("\n".join(["name,phone", *rows]) + "\n")
    assert (counts.imported, counts.refused) == (4, 1)
    assert said == {3: "this very row stands further up in the file"}


def test_of_thousands_of_bad_rows_the_first_fifty_lines_are_shown_and_the_rest_counted(tmp_path, capsys):
    (tmp_path / "f.csv").write_text("name,sex\nA,\n" + ",\n" * 60 + "B,q\n" * 1000)
    call_command("import_customers", str(tmp_path / "f.csv"))
    out, err = capsys.readouterr()
    assert [line for line in err.splitlines() if line.startswith("line ")][-1].startswith("line 52:")
    assert err.count("\nline ") == 49 and "and 1,010 more lines" in err
    assert err.splitlines()[-1] == "Imported 1, refused 1,060."
    assert sorted(json.loads(out)["reasons"].values()) == [60, 1000]


@pytest.mark.parametrize("command", ["import_customers", "import_orders", "import_consents", "import_suppressions"])
def test_a_file_without_rows_is_one_clear_line_whatever_it_brings(command, tmp_path):
    head = {"import_customers": "name", "import_orders": "number,customer,placed_on,total", "import_suppressions":
            "address", "import_consents": "customer,decision"}[command]  # fmt: skip
    (tmp_path / "f.csv").write_text(f"{head}\n\n")
    with pytest.raises(CommandError, match="a header and no rows"):
        call_command(command, str(tmp_path / "f.csv"))
    (tmp_path / "f.csv").write_bytes(b"")
    with pytest.raises(CommandError, match="empty"):
        call_command(command, str(tmp_path / "f.csv"))


def test_what_stands_on_the_list_already_is_counted_apart_and_said_by_line():
    counts, said = suppress("address,channel\na@x.example,email\nb@x.example,email\nA@X.example,email\n")
    assert (counts["imported"], counts["known"], said) == (2, 1, {4: "stands on the list already"})
    counts, said = suppress("address,channel,sender\na@x.example,email,own\nc@x.example,email,own\n")
    assert (counts["imported"], counts["known"], list(said)) == (1, 1, [2])


# --- suppression and other companies' lists ------------------------------------------------------------------


def test_who_was_erased_does_not_come_back():
    suppression.suppress("gone@x.example", reason="erasure")
    counts, said = bring_in("name,email\nGone,Gone@X.example\nHere,here@x.example\n")
    assert (counts.dropped, counts.imported) == (1, 1)
    assert "deleted at the person's wish" in said[2]
    assert Customer.objects.get().display_name == "Here"


def test_mad_06_a_yes_on_file_does_not_outweigh_the_suppression_list():
    suppression.suppress("no@x.example", reason="objection")
    counts, _ = bring_in(f"{HEADER}A,,no@x.example,,,,yes,2024-01-01,form 7\n")
    assert (counts.imported, counts.consents, counts.consents_dropped) == (1, 0, 1)
    assert not gate.may_contact(Customer.objects.get(), Channel.EMAIL).allowed


def test_mad_05_of_another_companys_list_only_people_who_said_yes_to_email_come_in():
    file = f"{HEADER}A,,a@x.example,,,,yes,2024-01-01,form 7\nB,,b@x.example,,,,,,\n"
    counts, said = bring_in(file, supplier="Addresses Ltd")
    assert (counts.imported, list(said)) == (1, [3])
    assert Customer.objects.get().source == "list of Addresses Ltd"


@pytest.mark.parametrize("missing", ["consent_email", "consent_on", "consent_evidence"])
def test_mad_05_another_company_s_list_without_a_column_for_the_yes_its_day_or_its_evidence_is_refused(missing):
    columns = [name for name in ("name", "email", "consent_email", "consent_on", "consent_evidence") if name != missing]
    with pytest.raises(WrongFile, match=missing):
        bring_in(",".join(columns) + "\n" + ",".join("A" for _ in columns) + "\n", supplier="Addresses Ltd")
    assert bring_in("name\nA\n")[0].imported == 1, "of our own customers none of it is needed"


def test_sfb_26_a_preference_service_is_imported_and_bars_from_its_day_on():
    person = make.customer("listed@example.com", phone="+44 1632 960 555")
    make.grant(person)
    make.grant(person, channel=Channel.PHONE)
    counts, said = suppress(
        "address,channel,sender,reason,since\nListed@example.com,,own,,2026-06-01\n+441632960555,phone,,,2026-06-01\n"
        "not an address,,,,\n1,phone,,,\nx@example.com,,,whim,\nx@example.com,,,,2999-01-01\nx@example.com,post,,,\n"
    )
    assert counts == {"rows": 7, "imported": 2, "listed": 2, "known": 0, "refused": 5}
    assert list(said) == [4, 5, 6, 7, 8]
    assert not gate.may_contact(person, Channel.EMAIL).allowed
    assert not gate.may_contact(person, Channel.PHONE).allowed
    assert not suppression.is_suppressed("listed@example.com", sender=Sender.THIRD_PARTY)
    assert suppress("address\nlisted@example.com\n")[0]["listed"] == 1
    assert "listed@example.com" not in str(list(suppression.Suppression.objects.values()))


# --- the commands, and many rows -----------------------------------------------------------------------------


def test_the_commands_report_to_standard_error_and_count_in_json(tmp_path, capsys):
    (tmp_path / "people.csv").write_text("name,email\nA,a@x.example\n,b@x.example\n")
    (tmp_path / "listed.csv").write_text("address\nno@x.example\n")
    call_command("import_customers", str(tmp_path / "people.csv"))
    call_command("import_suppressions", str(tmp_path / "listed.csv"))
    out, err = capsys.readouterr()
    counts, listed = map(json.loads, out.splitlines())
    assert (counts["imported"], counts["refused"], listed["listed"]) == (1, 1, 1)
    assert "line 3: display_name" in err
    with pytest.raises(CommandError, match="No such file"):
        call_command("import_customers", str(tmp_path / "none.csv"))


def test_mad_06_the_report_on_a_supplier_s_list_counts_each_reason(tmp_path, capsys):
    """Without consent, day or evidence, suppressed, erased, there already: each by its name and how often."""
    make.customer("known@x.example")
    suppression.suppress("no@x.example", reason="objection")
    suppression.suppress("gone@x.example", reason="erasure")
    yes = "yes,2026-03-04,Card"
    rows = [
        *(f"A,a{n}@x.example,{yes}" for n in range(3)), "B,b1@x.example,,,", "B,b2@x.example,,,",
        "C,c@x.example,yes,2026-03-04,", f"D,known@x.example,{yes}", f"E,gone@x.example,{yes}",
        f"F,no@x.example,{yes}", "G,g@x.example,yes,2999-01-01,Card", "=cmd(),broken",
    ]  # fmt: skip
    text = "\n".join(["name,email,consent_email,consent_on,consent_evidence", *rows])
    (tmp_path / "list.csv").write_text(text + "\n")
    call_command("import_customers", str(tmp_path / "list.csv"), supplier="Lists Ltd")
    out, err = capsys.readouterr()
    said = json.loads(out)
    assert said["rows"] == len(rows) and said["imported"] + said["refused"] + said["dropped"] == len(rows)
    assert sum(said["reasons"].values()) == len(rows) - 3
    assert max(said["reasons"].values()) == 2, "two rows without a yes are one reason"
    assert not any("@" in why for why in said["reasons"])
    assert not EmailAddress.objects.filter(address="no@x.example").exists(), "a suppressed row is lost"
    assert err.count("line ") >= len(rows) - 3


def test_sfb_26_a_yes_to_calls_on_another_company_s_list_does_not_outweigh_a_preference_service():
    """Her yes was given to that company, however late; the law asks for one given to the caller (LAW.md D5)."""
    suppress("address,service,since\n+44 1632 960555,tps,2026-03-01\n")
    header = "name,email,phone,consent_email,consent_phone,consent_on,consent_evidence\n"
    bring_in(header + "G,g@x.example,01632 960555,yes,yes,2026-06-04,Card 7\n", supplier="Lists Ltd")
    person = Customer.objects.get()
    assert set(person.consent_entries.values_list("channel", "occasion")) == {
        ("email", "supplier"),
        ("phone", "supplier"),
    }
    assert gate.may_contact(person, Channel.PHONE).refused_by == ("not_suppressed",)
    make.grant(person, channel=Channel.PHONE)
    assert not gate.may_contact(person, Channel.PHONE).allowed, "what she said to us long before weighs no more"
    make.grant(person, channel=Channel.PHONE, occurred_at=timezone.now())
    assert gate.may_contact(person, Channel.PHONE).allowed


def test_mad_06_what_somebody_bought_from_another_company_is_no_sale_of_ours():
    header = "name,email,consent_email,consent_on,consent_evidence,consent_occasion\n"
    with pytest.raises(WrongFile, match="consent_occasion"):
        bring_in(header + "G,g@x.example,yes,2026-03-04,Card,sale\n", supplier="Lists Ltd")
    assert bring_in(header + "G,g@x.example,yes,2026-03-04,Card,sale\n")[0].imported == 1


class Long(io.BytesIO):
    """A file that counts how many of its lines were taken."""

    taken = 0

    def readline(self, size=-1):
        self.taken += 1
        return super().readline(size)


def test_a_long_file_streams_and_is_never_whole_in_memory(monkeypatch):
    monkeypatch.setattr(importers, "BATCH", 50)
    file = Long(b"name\n" + b"".join(b"\n" if i % 40 else b" ,\n" for i in range(1, 1000)) + b"A\n" * 1000)
    ahead = []
    counts = importers.import_customers(
        Table(file), actor="test", report=lambda line, _: ahead.append(file.taken - line), now=timezone.now()
    )
    assert (counts.imported, len(ahead)) == (1000, 24)
    assert max(ahead) < 1100 < file.taken
