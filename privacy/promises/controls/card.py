"""Who answers, and how can she be reached? Read off every page, off papers and off mails, as they are now."""

import re
from collections.abc import Iterator
from datetime import datetime
from html import unescape

from django.conf import settings
from django.template.loader import render_to_string
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ... import documents
from ...canary.records import words_on_paper
from ..control import control
from ..finding import Finding, broken, kept
from . import site
from .browser import squeezed, visit

CARD = ("legal_name", "postal_address", "email", "phone", "phone_hours")
OFFICER = ("data_protection_officer",)
# What each of our mails, and each of the login's, is made of.
MAILS = ("email/base.txt", "email/base.html", "account/email/base_message.txt")
OUR_MAIL, OUR_PAPER = re.compile(r"^email/\w+/body\."), re.compile(r"^documents/(?!base\.html)\w+\.html$")
EXTENDS_MAIL = re.compile(r'extends "email/base\.')
CARD_OF_PAPER = 'include "documents/card.html"'
REACHED = re.compile(r"\S@\S|\d[\d /-]{4,}\d")


@control("dpo-named", gettext_lazy("The data protection officer is named on pages, papers and mails"))
def officer_is_named(now: datetime) -> Finding:
    """CNX-01: with a way to reach her; on the customer's own page, at the policy, in each reply and each paper."""
    if not REACHED.search(settings.SHOP[OFFICER[0]]):
        return broken(_("No data protection officer is named, or it is not said how to reach her."))
    return _everywhere(
        OFFICER,
        _("The data protection officer, and how to reach her, stands on every page, paper and mail."),
        _("The data protection officer is not named everywhere: %(what)s."),
    )


@control("contact-card", gettext_lazy("Name, address, email, phone and its hours stand on every page, paper and mail"))
def contact_card_is_whole(now: datetime) -> Finding:
    """CNX-02, SFB-38."""
    if missing := [name for name in CARD if not settings.SHOP[name].strip()]:
        return broken(_("It is not set: %(what)s.") % {"what": ", ".join(missing)}, missing=len(missing))
    return _everywhere(
        CARD,
        _("Name, address, email, phone and its hours stand on every page, paper and mail."),
        _("The card with name, address and phone is not whole everywhere: %(what)s."),
    )


def _everywhere(names: tuple[str, ...], good: str, bad: str) -> Finding:
    looked = [(path, page.text) for path, page in site.pages()]
    looked += [*_papers(), *((name, render_to_string(name, {"shop": settings.SHOP})) for name in MAILS)]
    wanted = [squeezed(settings.SHOP[name]) for name in names]
    wrong = {where for where, text in looked if not all(one in squeezed(unescape(text)) for one in wanted)}
    wrong |= set(_without_card())
    if wrong:
        return broken(bad % {"what": ", ".join(sorted(wrong))}, wrong=len(wrong), looked_at=len(looked))
    return kept(good, looked_at=len(looked))


def _papers() -> Iterator[tuple[str, str]]:
    """The card that every paper carries, and the policy as it is printed at this moment."""
    yield "documents/card.html", documents.html_of("card.html", {})
    paper = visit(reverse("privacy:policy_pdf"))
    if paper.is_shown:
        yield "privacy.pdf", "".join(words_on_paper(paper.body))


def _without_card() -> Iterator[str]:
    """Papers and mails that are made without the part in which it stands."""
    for name, text in site.templates():
        if OUR_MAIL.search(name) and not EXTENDS_MAIL.search(text):
            yield name
        if OUR_PAPER.search(name) and "block card" in text and CARD_OF_PAPER not in text:
            yield name
