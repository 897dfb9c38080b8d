"""In which form personal values stand in the database."""

import json
import shutil
import sqlite3

import pytest
from django.db import connection
from hypothesis import given
from hypothesis import strategies as st

from customers.models import BrowsingRecord, Customer, EmailAddress, Order
from privacy.encryption import CannotDecrypt, add_key, decrypt, encrypt, keyed_hash
from privacy.fields import normalise_email, one_line, shorten_ip
from privacy.notices import OutgoingEmail
from tests import make


@pytest.mark.parametrize(
    ("whole", "short"),
    [
        ("203.0.113.77", "203.0.113.0"),
        ("2001:db8:aaaa:bbbb::1", "2001:db8:aaaa::"),
        ("::ffff:203.0.113.77", "203.0.113.0"),
        (" 198.51.100.1 ", "198.51.100.0"),
        ("not an address", None),
        ("", None),
        (None, None),
    ],
)
def test_cnx_14_an_ip_address_is_shortened(whole, short):
    assert shorten_ip(whole) == short


@given(st.ip_addresses())
def test_cnx_14_no_address_keeps_its_last_part(address):
    short = shorten_ip(str(address))
    assert short is not None
    assert short.endswith((".0", "::"))


@pytest.mark.django_db
def test_cnx_14_no_road_into_the_column_stores_a_whole_address():
    order = make.order(make.customer(), ip_address="203.0.113.77")
    assert order.ip_address == "203.0.113.0"
    Order.objects.update(ip_address="198.51.100.99")
    BrowsingRecord.objects.bulk_create(
        [BrowsingRecord(visitor_id="v", kind="page", what="/", ip_address="192.0.2.200")]
    )
    assert Order.objects.get().ip_address == "198.51.100.0"
    assert BrowsingRecord.objects.get().ip_address == "192.0.2.0"


@pytest.mark.parametrize(
    ("typed", "kept"),
    [
        (" Mary.Ann@Example.COM ", "mary.ann@example.com"),
        ("mary@example.com.", "mary@example.com"),
        ("mary@bücher.example", "mary@xn--bcher-kva.example"),
        ("MARY+shop@example.com", "mary+shop@example.com"),
    ],
)
def test_addresses_are_compared_in_one_form(typed, kept):
    assert normalise_email(typed) == kept


DOTLESS_I, KELVIN, FULL_WIDTH_I, CYRILLIC_A = "\u0131", "\u212a", "\uff49", "\u0430"


@pytest.mark.parametrize(
    "twin",
    [
        f"m{DOTLESS_I}ke@example.com",
        f"mi{KELVIN}e@example.com",
        f"m{FULL_WIDTH_I}ke@example.com",
        f"mike@ex{CYRILLIC_A}mple.com",
        f"mike@example.com{DOTLESS_I}",
    ],
)
def test_what_only_looks_alike_is_never_the_same_address(twin):
    assert normalise_email(twin) != "mike@example.com"


@given(st.text())
def test_no_text_becomes_two_lines(text):
    clean = one_line(text)
    assert len(clean.splitlines()) <= 1
    assert "\x00" not in clean


@pytest.mark.django_db
def test_what_is_encrypted_cannot_be_read_in_the_table_nor_moved():
    letter = make.outgoing_email(make.customer())
    with connection.cursor() as cursor:
        cursor.execute("SELECT body FROM privacy_outgoingemail")
        stored = bytes(cursor.fetchone()[0])
    assert make.CANARY.encode() not in stored
    assert make.CANARY in bytes(OutgoingEmail.objects.get().body).decode()
    assert decrypt(stored, place="privacy_outgoingemail.body") == bytes(letter.body)
    with pytest.raises(CannotDecrypt):
        decrypt(stored, place="privacy_outgoingemail.html")
    with pytest.raises(CannotDecrypt):
        decrypt(stored[:-1] + bytes([stored[-1] ^ 1]), place="privacy_outgoingemail.body")


def test_a_value_is_encrypted_differently_each_time_and_hashed_alike():
    assert encrypt(b"same", place="x") != encrypt(b"same", place="x")
    assert keyed_hash("same", use="a") == keyed_hash("same", use="a") != keyed_hash("same", use="b")


@pytest.mark.django_db
def test_names_of_every_script_come_back_as_they_went_in(corpora):
    lines = (corpora / "names_faker" / "people.csv").read_text().splitlines()[1:]
    names = [line.split(",", 2)[1].strip('"') for line in lines]
    numbers = Customer.objects.fresh_numbers(len(names))
    Customer.objects.bulk_create(Customer(number=n, display_name=name) for n, name in zip(numbers, names, strict=True))
    assert list(Customer.objects.order_by("pk").values_list("display_name", flat=True)) == names


@pytest.mark.django_db
def test_naughty_strings_are_stored_or_refused_and_never_a_crash(corpora):
    for text in json.loads((corpora / "strings" / "blns.json").read_text()):
        try:
            row = Customer.objects.create(display_name=text[:200], size=text[:40])
        except (ValueError, sqlite3.Error) as error:
            pytest.fail(f"{text!r}: {error}")
        row.refresh_from_db()
        assert row.display_name == one_line(text[:200])
        assert EmailAddress(customer=row, address=text[:200])


def test_a_new_key_closes_new_values_and_old_ones_still_open(tmp_path, settings):
    settings.DATA_KEY_FILE = tmp_path / "data.keys"
    add_key(settings.DATA_KEY_FILE)
    old, look_up = encrypt(b"old", place="x"), keyed_hash("mary", use="suppression")
    settings.DATA_KEY_FILE = shutil.copy(settings.DATA_KEY_FILE, tmp_path / "rotated.keys")
    assert add_key(settings.DATA_KEY_FILE) == "k2"
    assert encrypt(b"new", place="x").startswith(b"k2\0")
    assert decrypt(old, place="x") == b"old"
    assert keyed_hash("mary", use="suppression") == look_up, "addresses on the suppression list must stay found"
    assert settings.DATA_KEY_FILE.stat().st_mode & 0o777 == 0o400
