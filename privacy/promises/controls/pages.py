"""Can everybody reach what we promised, without signing in, and with any aid?"""

import re
import zlib
from contextlib import suppress
from datetime import datetime
from html import unescape
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles import finders
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..control import control
from ..finding import Finding, broken, kept
from .browser import visit

FORMS = ("unsubscribe", "public_request", "public_complaint", "cookies")
FOCUS = re.compile(r"^:focus-visible \{([^}]*)\}", re.MULTILINE)
PACKED = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
OPEN = ("home", "policy", "promises", *FORMS)


def open_to_all(name: str, good: str, bad: str) -> Finding:
    """The page is shown to a stranger, and something can be sent from it."""
    page = visit(reverse(f"privacy:{name}"))
    has_form = 'method="post"' in page.text
    return kept(good) if page.is_shown and has_form else broken(bad, status=page.status)


@control("page-unsubscribe", gettext_lazy("Anybody can stop our emails without signing in"))
def unsubscribe_is_open(now: datetime) -> Finding:
    """CLG-06."""
    return open_to_all(
        "unsubscribe",
        _("The page to stop our emails is open to everybody."),
        _("The page to stop our emails is not open to everybody."),
    )


@control("page-request", gettext_lazy("Anybody can ask about her data without an account"))
def requests_are_open(now: datetime) -> Finding:
    """MAD-25, CLG-25."""
    return open_to_all(
        "public_request",
        _("The page to ask about one's data is open to everybody."),
        _("The page to ask about one's data is not open to everybody."),
    )


@control("page-complaint", gettext_lazy("Anybody can complain without an account"))
def complaints_are_open(now: datetime) -> Finding:
    """SFB-36."""
    return open_to_all(
        "public_complaint",
        _("The page to complain is open to everybody."),
        _("The page to complain is not open to everybody."),
    )


# SafeBuy 2.4: by what each item is known on the page; settings are looked for as they are set.
COMPLAINT_ITEMS = {
    gettext_lazy("name and address"): ("legal_name", "postal_address"), gettext_lazy("phone number"): ("phone",),
    gettext_lazy("email address"): ("email",), gettext_lazy("who mediates"): ("mediator",),
    gettext_lazy("the authority"): ("regulator",),
}  # fmt: skip
COMPLAINT_WORDS = {
    gettext_lazy("what is needed from you"): gettext_lazy("What we need from you:"),
    gettext_lazy("that it costs nothing"): gettext_lazy("It costs you nothing."),
}


@control(
    "page-complaint-says", gettext_lazy("The page to complain says how to reach us, what we need, and who mediates")
)
def complaint_page_says(now: datetime) -> Finding:
    """SFB-37: name and address, phone, email, what to send, mediation at no charge; read off the page itself."""
    page = visit(reverse("privacy:public_complaint"))
    text = unescape(page.text)
    missing = [what for what, names in COMPLAINT_ITEMS.items() if not all(_stands(name, text) for name in names)]
    missing += [what for what, words in COMPLAINT_WORDS.items() if str(words) not in text]
    if missing or not page.is_shown:
        return broken(_("The page to complain does not say: %(what)s.") % {"what": ", ".join(map(str, missing))})
    return kept(_("The page to complain says how to reach us, what we need and who mediates at no charge."))


def _stands(setting: str, text: str) -> bool:
    said = settings.SHOP[setting]
    return bool(said) and said in text


@control("page-account-closed", gettext_lazy("My data is shown to its owner alone"))
def my_data_is_closed(now: datetime) -> Finding:
    """CLG-11: a stranger gets the sign-in."""
    shown = [
        name for name in ("my_data", "preferences", "sharing", "requests") if visit(reverse(f"privacy:{name}")).is_shown
    ]
    if shown:
        return broken(_("A page about a person is open to strangers: %(what)s.") % {"what": ", ".join(shown)})
    return kept(_("The pages about a person send strangers to the sign-in."))


@control("pages-accessible", gettext_lazy("The open pages can be used with a screen reader and without JavaScript"))
def pages_are_accessible(now: datetime) -> Finding:
    """SFB-39: language, one heading, a way past the menu, labels, visible focus, no need of a script; tagged papers."""
    if not (_shows_focus() and _is_tagged(visit(reverse("privacy:policy_pdf")).body)):
        return broken(_("The focus cannot be seen, or a paper cannot be read out."))
    wrong = []
    for name in OPEN:
        page = visit(reverse(f"privacy:{name}"))
        whole = "<html lang=" in page.text and page.text.count("<h1") == 1 and 'class="skip"' in page.text
        read = page.read
        if not page.is_shown or not whole or read.without_label or read.on_script or read.unsendable:
            wrong.append(name)
    if wrong:
        return broken(_("A page lacks what a screen reader needs: %(what)s.") % {"what": ", ".join(wrong)})
    return kept(_("The open pages have language, heading, labels and a way past the menu."), looked_at=len(OPEN))


def _shows_focus() -> bool:
    """Whether the style of the pages draws something around what the keyboard has reached."""
    where = finders.find("portal.css")
    rules = FOCUS.findall(Path(where).read_text()) if isinstance(where, str) else []
    return any("outline:" in rule and "none" not in rule for rule in rules)


def _is_tagged(pdf: bytes) -> bool:
    """Whether a screen reader finds its way in the file (PDF/UA): marked, with a tree of tags and a language."""
    parts = [pdf]
    for packed in PACKED.findall(pdf):
        with suppress(zlib.error):
            parts.append(zlib.decompressobj().decompress(packed))
    whole = b" ".join(parts)
    return all(name in whole for name in (b"/StructTreeRoot", b"/MarkInfo", b"/Lang"))


@control("pages-nothing-foreign", gettext_lazy("No page fetches anything from another company"))
def nothing_foreign_is_fetched(now: datetime) -> Finding:
    """CNX-24: so nothing goes to a social network before a click."""
    foreign = 0
    for name in OPEN:
        fetched = visit(reverse(f"privacy:{name}")).read.fetched
        foreign += sum("//" in one and not one.startswith(settings.SITE_URL) for one in fetched)
    rules = settings.CONTENT_SECURITY_POLICY.get("DIRECTIVES", {})
    if foreign or not rules.get("default-src"):
        return broken(_("A page fetches something from another company by itself."), foreign=foreign)
    return kept(
        _("No page fetches anything from another company, and browsers are told to refuse it."), looked_at=len(OPEN)
    )
