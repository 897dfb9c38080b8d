"""Can policy and terms be read, kept and printed, in each version, with what changed? Read off the pages and papers."""

import re
from datetime import datetime
from html import unescape
from pathlib import Path

from django.contrib.staticfiles import finders
from django.urls import reverse
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ... import documents
from ...canary.records import words_on_paper
from ...policies import PolicyVersion
from ..control import control
from ..finding import Finding, broken, kept, none_wrong, not_shown
from .browser import Page, squeezed, visit

Kind = PolicyVersion.Kind
NAMES = {Kind.PRIVACY: "privacy:policy", Kind.TERMS: "privacy:terms"}
PRINTED = re.compile(r"@media print \{(.*?)\n\}", re.DOTALL)


def _published(now: datetime, kind: Kind = Kind.PRIVACY) -> list[PolicyVersion]:
    return list(PolicyVersion.objects.published(timezone.localdate(now), kind))


@control("policy-in-force", gettext_lazy("A policy is in force, and its page has its text and says since when"))
def policy_says_its_day(now: datetime) -> Finding:
    """Read off the page, as a stranger sees it."""
    versions, page = _published(now), visit(reverse("privacy:policy"))
    if not versions:
        return broken(_("There is no policy in force."))
    if not _shows(page, versions[0]):
        return broken(_("The page of the policy has not its text, or does not say which version it is and since when."))
    return kept(_("The page of the policy has the text in force and says which version it is and since when."))


@control("policy-versions", gettext_lazy("Every version of the policy stays readable, with what changed"))
def versions_stay(now: datetime) -> Finding:
    """CLZ-17: linked from the one in force, each with its own text and day, and with what changed since the last."""
    versions = _published(now)
    return none_wrong(
        len(_unread(versions, Kind.PRIVACY)), len(versions),
        good=_("Every version of the policy can be found and read, with its day and what changed."),
        bad=_("A version of the policy cannot be found or read, or it does not say what changed."),
        none=_("There is no policy in force."),
    )  # fmt: skip


@control("policy-pdf", gettext_lazy("Every version of the policy can be kept as a PDF, with the same text as the page"))
def policy_is_a_pdf(now: datetime) -> Finding:
    """CNX-30: linked from its page, made now, and read."""
    versions = _published(now)
    if not versions:
        return broken(_("There is no policy in force."))
    if wrong := _not_kept(versions, Kind.PRIVACY):
        return broken(_("The policy cannot be kept as a PDF, or it says something else than the page."), wrong=wrong)
    return kept(_("Each version of the policy was made into a PDF just now, with its text."), looked_at=len(versions))


@control("policy-print", gettext_lazy("The policy can be printed"))
def policy_can_be_printed(now: datetime) -> Finding:
    """CNX-31: the button on its page, and a style that leaves out what is no text."""
    if not _can_be_printed(visit(reverse("privacy:policy"))):
        return broken(_("The page of the policy has no button to print it, or would print its menus too."))
    return kept(_("The page of the policy can be printed by its button, without its menus."))


@control("terms-readable", gettext_lazy("The terms and conditions can be read, printed and kept without signing in"))
def terms_can_be_read(now: datetime) -> Finding:
    """SFB-35: as the policy, in every version; with a way from each to the other."""
    versions = _published(now, Kind.TERMS)
    if not versions:
        return not_shown(_("No terms and conditions are stored here; whether the shop shows them, only she can see."))
    page, policy = visit(reverse("privacy:terms")), visit(reverse("privacy:policy"))
    beside = reverse("privacy:terms") in policy.read.links
    if not (_shows(page, versions[0]) and _can_be_printed(page) and beside):
        return broken(_("The terms and conditions are stored, but not everybody can find, read and print them here."))
    if wrong := _not_kept(versions, Kind.TERMS) + len(_unread(versions, Kind.TERMS)):
        return broken(_("A version of the terms and conditions cannot be read or kept."), wrong=wrong)
    return kept(_("The terms and conditions can be read, printed and kept by everybody."), looked_at=len(versions))


def _shows(page: Page, version: PolicyVersion) -> bool:
    """Whether this is its page: its whole text, its name and its day."""
    said = _readable(page.text.partition("<main")[2].partition("</main>")[0])
    wanted = [*_parts(version), version.version, date_format(version.effective_on, "j F Y")]
    return page.is_shown and all(squeezed(one) in said for one in wanted)


def _parts(version: PolicyVersion) -> list[str]:
    """Its headings and paragraphs."""
    return [one for section in version.sections() for one in (section.heading, *section.paragraphs) if one]


def _readable(html: str) -> str:
    """What can be read, without blanks."""
    return squeezed(unescape(re.sub(r"<[^>]+>", "", html)))


def _unread(versions: list[PolicyVersion], kind: Kind) -> list[PolicyVersion]:
    """Those that nobody finds from the one in force, that lack their text, or of which one cannot see what changed."""
    links = visit(reverse(NAMES[kind])).read.links if versions else []
    wrong = []
    for version, older in zip(versions, [*versions, None][1:], strict=True):
        where = reverse(f"{NAMES[kind]}_version", args=[version.version])
        found = len(versions) == 1 or where in links
        changed = older is None or _says_what_changed(visit(f"{where}?compare=1"), older, version)
        wrong += [] if found and changed and _shows(visit(where), version) else [version]
    return wrong


def _says_what_changed(page: Page, older: PolicyVersion, newer: PolicyVersion) -> bool:
    """Whether what went and what came is marked; nothing where only the day is another."""
    before, after = set(_parts(older)), set(_parts(newer))
    marks = [mark for mark, some in (("<del", before - after), ("<ins", after - before)) if some]
    return page.is_shown and all(mark in page.text for mark in marks)


def _not_kept(versions: list[PolicyVersion], kind: Kind) -> int:
    """How many cannot be kept: not linked, no PDF, or without a word of the text."""
    return sum(not _is_kept(version, kind, is_newest=at == 0) for at, version in enumerate(versions))


def _is_kept(version: PolicyVersion, kind: Kind, *, is_newest: bool) -> bool:
    own = [version.version]
    pdf = reverse(f"{NAMES[kind]}_pdf") if is_newest else reverse(f"{NAMES[kind]}_version_pdf", args=own)
    page, paper = visit(reverse(f"{NAMES[kind]}_version", args=own)), visit(pdf)
    if pdf not in page.read.links or not paper.is_shown or not paper.body.startswith(b"%PDF-"):
        return False
    said = squeezed("".join(words_on_paper(paper.body)))
    return all(word in said for part in _parts(version) for word in documents.printable(part).split())


def _can_be_printed(page: Page) -> bool:
    """The button on it, and a style of paper that leaves out what is not to be printed."""
    where = finders.find("portal.css")
    style = Path(where).read_text() if isinstance(where, str) else ""
    hides = any(".no-print" in part and "display: none" in part for part in PRINTED.findall(style))
    return page.is_shown and "data-print" in page.text and hides
