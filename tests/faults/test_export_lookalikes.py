"""People who share a house, a telephone, words and a name, copied one by one: all of hers, nothing of theirs (D40)."""

import csv
import io
import json
import re
import subprocess

import pytest
from django.db import transaction

from privacy import export
from privacy.export.contents import collect
from privacy.export.plain import PlainShelf
from privacy.export.steps import PDF, build
from privacy.personal_data import declarations
from tests import make

pytestmark = pytest.mark.django_db
ABOUT_PEOPLE = [d for d in declarations() if d.data_subject]
CANARY = re.compile(rf"{make.CANARY}(\d+)x", re.IGNORECASE)
# One name as three alphabets write it: they look the same and are not.
NAMES = ("Ana Łoś Cope", "Аna Łоś Соре", "Ana Łoś Ϲope", "安娜 Łoś", "ANA ŁOŚ COPE", "Ana  Łoś-Cope")
SAME = "For all of us at 1 Same Street, love from Ana"


def household(count):
    """So many people who differ in nothing that a search would look for."""
    make.enquiry(make.customer())  # in the first one's answer `make.redaction` leaves something out
    people = []
    for index in range(count):
        with transaction.atomic():
            one = make.customer(display_name=NAMES[index % len(NAMES)], family_name="Cope", phone="+44 1632 960777")
            make.everything(one, ABOUT_PEOPLE)
            make.address(one, name="Ana Łoś Cope", lines="1 Same Street", postcode="NR3 1AB")
            make.email_address(one, "household@example.com")
            make.order(one, gift_message=SAME, ship_to=f"Ana Łoś Cope\n1 Same Street\n{make.canary(one)}")
            make.enquiry(one, subject=SAME, body=f"{SAME} {make.canary(one)}", answer=SAME)
        people.append(one)
    return people


def planted(one):
    """How often her own word stands in what may be shown to her."""
    word = make.canary(one).lower()
    found = 0
    for said in ABOUT_PEOPLE:
        shown = [column.attname for column in said.shown_fields()]
        for values in said.of(one).values_list(*shown) if shown else ():
            found += sum(_text(value).lower().count(word) for value in values)
    return found


def _text(value):
    return bytes(value).decode(errors="replace") if isinstance(value, bytes | memoryview) else str(value)


class WithoutPaper(PlainShelf):
    """Where the PDF, which takes a hundred times as long as the rest and says the same rows, is not made."""

    def finished(self):
        return {**super().finished(), PDF: {"size": 0, "sha256": ""}}


def copied(one, folder, on_paper):
    """What she is given; the PDF of some alone."""
    if on_paper:
        export.export_to(one, folder, actor="test")
    else:
        folder.mkdir()
        build(collect(one), WithoutPaper(folder), lambda _: None)


def readings(folder):
    """Each file as its reader sees it: JSON and spreadsheets by their values, the PDF by its text without blanks."""
    copy = json.loads((folder / "export.json").read_text())
    rows = [row for chapter in copy["categories"] for table in chapter["tables"] for row in table["rows"]]
    for row in rows:
        row.pop("in_words", None)
    sheets = [csv.reader(io.StringIO(path.read_text("utf-8-sig"), newline="")) for path in folder.glob("*.csv")]
    found = {
        "json": json.dumps(rows, ensure_ascii=False),
        "csv": "\n".join(cell for sheet in sheets for line in sheet for cell in line),
    }
    if (folder / PDF).exists():
        paper = subprocess.run(["pdftotext", folder / PDF, "-"], capture_output=True, text=True, check=True)
        found["pdf"] = re.sub(r"\s", "", paper.stdout)
    return found


def check(count, tmp_path, step=1, paper=1):
    people = household(count)
    numbers = {one.number for one in people}
    for index, one in enumerate(people[::step]):
        folder = tmp_path / str(index)
        copied(one, folder, on_paper=index % paper == 0)
        expected = planted(one)
        assert expected > 25
        for name, text in readings(folder).items():
            found = CANARY.findall(text)
            assert [pk for pk in found if pk != str(one.pk)] == [], (name, "a word of somebody else")
            foreign = set(re.findall(r"(?<!\d)\d{9}(?!\d)", text)) & (numbers - {one.number})
            assert foreign == set(), (name, "a number of somebody else")
            assert len(found) >= expected, (name, len(found), expected)
        for path in folder.iterdir():
            path.unlink()


def test_a_household_of_six(tmp_path):
    check(6, tmp_path, step=2, paper=2)


@pytest.mark.full
def test_a_thousand_people(tmp_path):
    check(1000, tmp_path, paper=25)
