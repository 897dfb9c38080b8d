"""PDFs: everybody can read them, they carry their data, and nothing in a page makes them fetch or attach anything."""

import csv
import io
import json
import os
import re
import socket
import subprocess
import sys
import threading
import unicodedata
from contextlib import contextmanager
from types import SimpleNamespace

import pikepdf
import pytest
from django.conf import settings
from django.utils.html import escape
from weasyprint.urls import URLFetchingError

from privacy import documents, export
from privacy.documents import coverage, drawing
from privacy.documents.objects import REFERENCE, Renumbering
from tests import make
from tests.servers import absent

PAGE = '<html lang="en"><head><title>Title</title></head><body><h1>Title</h1>{}</body></html>'


def text_of(pdf):
    found = subprocess.run(["pdftotext", "-", "-"], input=pdf, capture_output=True, check=True)
    return unicodedata.normalize("NFC", found.stdout.decode())


def seen(pdf):
    """Its pages as pictures."""
    return subprocess.run(["pdftoppm", "-r", "72", "-gray", "-"], input=pdf, capture_output=True, check=True).stdout


def opened(pdf):
    return pikepdf.open(io.BytesIO(pdf))


def bound(parts, attachments=()):
    target = io.BytesIO()

    def cover(pages):
        links = "".join(
            f'<li><a href="bound:part{i}">Part {pages.get(f"part{i}", 0)}</a></li>' for i in range(len(parts))
        )
        return PAGE.format(f"<ul>{links}</ul>")

    def part(index, body):
        return lambda page: PAGE.format(f'<section id="part{index}"><h2>Part on {page}</h2>{body}</section>')

    pages = documents.bind([part(i, body) for i, body in enumerate(parts)], cover, target, attachments=attachments)
    return target.getvalue(), pages


def assert_is_accessible_and_archivable(pdf):
    """PDF/UA-1 and PDF/A-3a as far as the file says so: tags, language, title, both names in its metadata."""
    root = pdf.Root
    assert root.MarkInfo.Marked
    assert str(root.Lang).startswith("en")
    assert root.ViewerPreferences.DisplayDocTitle
    assert root.StructTreeRoot.K is not None
    assert root.OutputIntents[0].S == "/GTS_PDFA1"
    metadata = bytes(root.Metadata.read_bytes()).decode()
    assert re.search(r'pdfaid:part="3"', metadata)
    assert re.search(r'pdfaid:conformance="A"', metadata)
    assert re.search(r'pdfuaid:part="1"', metadata)
    assert "Title" in metadata or "What we hold" in metadata
    for page in pdf.pages:
        assert page.Tabs == "/S"


def assert_tags_are_whole(pdf):
    """Every page's marks lead into the tree, every element knows its parent, every key is used once."""
    keys = list(pdf.Root.StructTreeRoot.ParentTree.Nums)[::2]
    assert [int(key) for key in keys] == sorted({int(key) for key in keys})
    used = [int(page.StructParents) for page in pdf.pages]
    assert len(set(used)) == len(used)
    assert set(used) <= {int(key) for key in keys}
    document = pdf.Root.StructTreeRoot.K
    document = document[0] if isinstance(document, pikepdf.Array) else document
    for element in document.K:
        assert element.P.objgen == document.objgen


# --- what it is --------------------------------------------------------------------------------------------


def test_a_short_document_is_tagged_and_archivable_and_carries_its_data():
    data = documents.Data("export.json", b'{"a": 1}', "the data")
    with opened(documents.pdf_of(PAGE.format("<p>Text</p>"), attachments=[data])) as pdf:
        assert_is_accessible_and_archivable(pdf)
        assert_tags_are_whole(pdf)
        assert bytes(pdf.attachments["export.json"].get_file().read_bytes()) == b'{"a": 1}'
        assert pdf.Root.AF[0].AFRelationship == "/Data"


def test_a_bound_document_is_one_whole_file(tmp_path):
    rows = "".join(f"<li>row {i} 12 0 R (and) \\ &lt;41&gt;</li>" for i in range(200))
    data = documents.Data("export.json", b"{}", "the data")
    content, pages = bound([f"<ul>{rows}</ul>", "<p>middle</p>", f"<ul>{rows}</ul>"], [data])
    path = tmp_path / "bound.pdf"
    path.write_bytes(content)
    checked = subprocess.run(["qpdf", "--check", str(path)], capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout + checked.stderr
    with opened(content) as pdf:
        assert len(pdf.pages) == pages
        assert_is_accessible_and_archivable(pdf)
        assert_tags_are_whole(pdf)
        assert bytes(pdf.attachments["export.json"].get_file().read_bytes()) == b"{}"
        titles = [item.title for item in pdf.open_outline().root]
        assert titles[0] == "Title"
        assert len(titles) == 4
        links = [link for page in pdf.pages for link in page.get("/Annots", [])]
        assert sorted(str(link.Dest) for link in links) == ["part0", "part1", "part2"]
        assert not any("/A" in link for link in links)
    text = text_of(content)
    assert text.count("row ") == 400
    assert "12 0 R (and) \\ <41>" in text


LINES = [
    "AVATAR To Wa. 15 March 2020, 12:00 · office fi ffl · 198.51.100.0",
    "Zoë Łukasiewicz Ångström — “quoted”…",
    "שלום Mary 12",
    "مرحبا بالعالم",
    "ภาษาไทย น้ำ",
    "हिन्दी क्षत्रिय",
    "日本語 한국어",
    "e\u0301 a\u0308 combined",
    "😀 smile",
    "x\u00a0y",
]
STYLED = """<p style="text-align:justify">{0} {0} {0}</p><p style="letter-spacing:2pt">{0}</p><p><u>{0}</u></p>
<p style="word-spacing:4pt">{0}</p><p style="white-space:pre-wrap">{0}\n{0}\t{0}</p><p style="width:4cm">{0}</p>"""


def test_every_line_looks_as_the_renderer_itself_draws_it(monkeypatch):
    """FAULTS G: what we draw at once must be what it draws letter by letter, in every script and however it is set."""
    html = PAGE.format("".join(f"<p>{line}</p>" for line in LINES * 2) + "".join(STYLED.format(one) for one in LINES))
    slowly, real = [], drawing._draw_first_line

    def noticed(*given):
        slowly.append(given[1].text)
        return real(*given)

    monkeypatch.setattr(drawing, "_draw_first_line", noticed)
    ours = documents.pdf_of(html)
    assert slowly and len(slowly) < len(re.findall("<p", html)), "some lines are out of the ordinary, most are not"
    monkeypatch.setattr(drawing.drawing, "draw_first_line", real)
    monkeypatch.setattr(drawing.Layout, "deactivate", drawing._deactivate)
    monkeypatch.setattr(drawing.Layout, "reactivate", drawing._reactivate)
    theirs = documents.pdf_of(html)
    assert seen(ours) == seen(theirs) and text_of(ours) == text_of(theirs)
    assert seen(ours) != seen(documents.pdf_of(html.replace("AVATAR", "AVATAB")))


def test_the_contents_name_the_page_on_which_a_part_begins():
    content, _ = bound(["<p>x</p>" * 200, "<p>y</p>" * 200])
    numbers = [int(number) for number in re.findall(r"^Part (\d+)$", text_of(content), re.MULTILINE)]
    with opened(content) as pdf:
        for number in numbers:
            page = pikepdf.Pdf.new()
            page.pages.append(pdf.pages[number - 1])
            one = io.BytesIO()
            page.save(one)
            assert f"Part on {number}" in text_of(one.getvalue())


def test_references_in_a_persons_words_are_not_renumbered():
    moved = Renumbering(100, {3: 7})
    assert moved.of(b"<</A 1 0 R/B (5 0 R \\) 6 0 R)/C <31203020520a>/D [3 0 R 2 0 R]>>") == (
        b"<</A 101 0 R/B (5 0 R \\) 6 0 R)/C <31203020520a>/D [7 0 R 102 0 R]>>"
    )
    assert REFERENCE.findall(b"21 0 RG 3 10 0 R") == [b"10"]


def test_a_policy_on_paper_says_what_the_page_says():
    section = SimpleNamespace(heading="What we hold", paragraphs=["Little.", "Lines\nkept."])
    policy = SimpleNamespace(
        title="Privacy policy", version="v2", effective_on=make.LONG_AGO.date(), sections=[section]
    )
    pdf = documents.policy_pdf(policy)
    assert documents.policy_pdf(policy) is pdf
    text = text_of(pdf)
    for words in (
        "Privacy policy",
        "v2",
        "15 Mar 2020",
        "What we hold",
        "Little.",
        settings.SHOP["data_protection_officer"],
    ):
        assert words in text
    with opened(pdf) as file:
        assert str(file.docinfo["/Title"]) == "Privacy policy"


# --- every script ------------------------------------------------------------------------------------------


def squeezed(text):
    """What stays of a text when the marks of layout are gone: letters and digits, in their basic form."""
    kept = (c for c in unicodedata.normalize("NFKC", text) if unicodedata.category(c)[0] in "LN")
    return "".join(kept).casefold()


def test_names_of_the_world_come_out_as_they_went_in(corpora):
    with (corpora / "names_faker/people.csv").open(encoding="utf-8", newline="") as file:
        by_locale = {row["locale"]: row["name"] for row in csv.DictReader(file)}
    assert len(by_locale) > 60
    if not coverage.can_draw("한"):
        absent("no font with Hangul: apt-get install fonts-nanum")
    items = "".join(f"<p>{escape(name)}</p>" for name in by_locale.values())
    html = PAGE.format(items)
    assert "[U+" not in documents.printable(html)
    pdf = documents.pdf_of(documents.printable(html))
    text = text_of(pdf)
    assert "\ufffd" not in text
    lost = [(locale, name) for locale, name in by_locale.items() if not came_out(name, text)]
    assert lost == []


def came_out(name, text):
    """In order, or turned round as tools may read right-to-left scripts; by letters where marks change places."""
    wanted, found = squeezed(name), squeezed(text)
    if wanted in found or wanted[::-1] in found:
        return True
    return any(sorted(squeezed(line)) == sorted(wanted) for line in text.splitlines())


def test_a_letter_that_no_font_draws_is_named():
    assert documents.printable("Zoë 名前 العربية שלום") == "Zoë 名前 العربية שלום"
    assert documents.printable("a\ue000b\U0010fffdc") == "a[U+E000]b[U+10FFFD]c"
    assert documents.printable("a\x00\x07\x1bb") == "ab"
    assert documents.printable("a\u202eb") == "a[U+202E]b"


def test_without_fontconfig_everything_is_tried(monkeypatch):
    monkeypatch.setattr(coverage, "_drawn", lambda: None)
    assert coverage.can_draw("\U0001f9ff")


def test_naughty_strings_stay_text(corpora):
    strings = [s for s in json.loads((corpora / "strings/blns.json").read_text()) if s.strip()]
    html = PAGE.format("".join(f"<p>{escape(text)}</p>" for text in strings))
    pdf = documents.pdf_of(documents.printable(html))
    text = text_of(pdf)
    for words in ("<script>alert(", "<img src=x", "DROP TABLE users", "/etc/passwd", "<IMG SRC=java"):
        assert words in text or words.replace(" ", "\n") in text, words
    with opened(pdf) as file:
        assert_nothing_but_text(file)


def assert_nothing_but_text(file):
    assert len(file.attachments) == 0
    assert "/JavaScript" not in file.Root.get("/Names", {})
    assert "/OpenAction" not in file.Root
    assert not any("/A" in link for page in file.pages for link in page.get("/Annots", []))
    assert not any("/XObject" in page.Resources and len(page.Resources.XObject) for page in file.pages)


# --- nothing is fetched ------------------------------------------------------------------------------------


@contextmanager
def listening():
    """A port of ours that counts who knocks."""
    knocks = []
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(0.1)
        stop = threading.Event()

        def accept():
            while not stop.is_set():
                try:
                    client, _ = server.accept()
                except TimeoutError:
                    continue
                knocks.append(client.recv(200))
                client.close()

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield server.getsockname()[1], knocks
        finally:
            stop.set()
            thread.join()


def attacks(port, secret):
    hosts = [f"http://127.0.0.1:{port}/x", f"http://2130706433:{port}/x", f"http://[::ffff:127.0.0.1]:{port}/x"]
    urls = [*hosts, f"https://127.0.0.1:{port}/x", f"ftp://127.0.0.1:{port}/x", f"file://{secret}", str(secret),
            f"FILE://{secret}", f"//127.0.0.1:{port}/x", f"jar:file://{secret}!/", f"static:../../../..{secret}",
            f"static:%2e%2e/%2e%2e{secret}", f"static:{secret}"]  # fmt: skip
    shapes = [
        "<img src='{}'>", "<link rel=stylesheet href='{}'>", "<link rel=attachment href='{}'>",
        "<a rel=attachment href='{}'>a</a>",
        "<style>@import '{}';</style>", "<style>body{{background:url({})}}</style>", "<object data='{}'></object>",
        "<embed src='{}'>", "<iframe src='{}'></iframe>", "<base href='{}'><img src=x>", "<input type=image src='{}'>",
        "<svg xmlns='http://www.w3.org/2000/svg'><image href='{}' width='9' height='9'/></svg>",
        "<svg xmlns:xlink='http://www.w3.org/1999/xlink'><use xlink:href='{}'/></svg>",
        "<style>@font-face{{font-family:x;src:url({})}}p{{font-family:x}}</style><p>x</p>",
        "<p style=\"content:url('{}')\">x</p>",
        "<img srcset='{}'>", "<video poster='{}'>", "<style>li{{list-style-image:url({})}}</style><ul><li>x</ul>",
    ]  # fmt: skip
    wrapped = [
        "data:image/svg+xml,<svg xmlns='http://www.w3.org/2000/svg'><image href='{}'/></svg>",
        "data:text/css,@import '{}';",
    ]
    urls += [escape(shape.format(url)) for shape in wrapped for url in hosts[:1]]
    return [shape.format(url) for shape in shapes for url in urls]


@pytest.fixture
def secret(tmp_path):
    path = tmp_path / "secret.txt"
    path.write_text("SECRET-7731")
    return path


def test_even_markup_that_got_through_fetches_and_attaches_nothing(secret):
    with listening() as (port, knocks):
        tried = attacks(port, secret)
        for begin in range(0, len(tried), 80):
            pdf = documents.pdf_of(PAGE.format("".join(tried[begin : begin + 80])))
            assert b"SECRET-7731" not in pdf
            assert "SECRET-7731" not in text_of(pdf)
            with opened(pdf) as file:
                assert len(file.attachments) == 0
    assert knocks == []


def test_a_colour_profile_from_elsewhere_is_no_document_at_all():
    with listening() as (port, knocks), pytest.raises(URLFetchingError):
        documents.pdf_of(PAGE.format(f"<style>@color-profile device-cmyk{{src:url(http://127.0.0.1:{port}/)}}</style>"))
    assert knocks == []


@pytest.mark.django_db
def test_a_customers_fields_fetch_and_attach_nothing(secret, tmp_path):
    with listening() as (port, knocks):
        tried = attacks(port, secret)
        mine = make.customer(
            display_name=tried[0][:200], given_name=tried[1][:120], family_name=tried[2][:120], size=tried[3][:40]
        )
        for begin in range(0, len(tried), 12):
            body = "\n".join(tried[begin : begin + 12])
            make.enquiry(mine, subject=tried[begin][:200], body=body, answer=body)
            make.address(
                mine, lines=body, name=tried[begin][:200], locality=tried[begin][:120], region=tried[begin][:120]
            )
            make.order(mine, bill_to=body, ship_to=body, gift_message=body)
            make.chat(mine, transcript=body)
            make.basket(mine, articles=tried[begin : begin + 12])
            make.contest_entry(mine, entry=body)
            make.browsing_record(mine, what=tried[begin][:500])
        export.export_to(mine, tmp_path, actor="test")
        content = (tmp_path / "export.pdf").read_bytes()
    assert knocks == []
    assert b"SECRET-7731" not in content
    with opened(content) as file:
        assert list(file.attachments) == ["export.json"]
        links = [link for page in file.pages for link in page.get("/Annots", [])]
        assert not any("/A" in link for link in links)


def test_the_fetcher_gives_our_own_files_and_data_and_nothing_else(secret):
    fetcher = documents.RefusingFetcher()
    assert fetcher.fetch("static:/logo.svg").read().startswith(b"<")
    assert fetcher.fetch("data:text/plain,hello").read() == b"hello"
    for url in (
        f"file://{secret}",
        "http://127.0.0.1:9/",
        "ftp://127.0.0.1/",
        "static:../manage.py",
        "static:/../../etc/passwd",
    ):
        with pytest.raises(Exception):  # noqa: B017  # whatever it is, the renderer leaves the thing out
            fetcher.fetch(url)


def test_the_renderers_warnings_about_a_persons_words_reach_no_log(caplog):
    documents.pdf_of(PAGE.format("<img src='http://Zaunkoenigin.example/'><p>\U000f0000 Zaunkoenigin</p>"))
    assert "Zaunkoenigin" not in caplog.text


def test_nor_after_the_logs_were_set_up_again_as_a_worker_does():
    """In a process of its own, because that takes pytest's handlers away."""
    page = PAGE.format("<img src='http://Zaunkoenigin.example/'>")
    code = (
        "import django; django.setup(); from privacy import documents; documents.load(); django.setup(); "
        f"documents.pdf_of({page!r})"
    )
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings"}
    done = subprocess.run([sys.executable, "-c", code], env=environment, check=True, capture_output=True)
    assert done.stderr == b""


def test_a_process_that_sets_no_page_does_not_load_the_renderer():
    """It took a third of the time in which every command starts."""
    code = "import django, sys; django.setup(); sys.exit('weasyprint' in sys.modules)"
    environment = os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings"}
    assert subprocess.run([sys.executable, "-c", code], env=environment, check=False).returncode == 0
    with pytest.raises(AttributeError):
        documents.no_such_thing  # noqa: B018
