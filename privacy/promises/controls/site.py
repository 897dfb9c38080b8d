"""Which pages and templates are there? Found from the addresses of the site and its folders, not from a list."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.db import transaction
from django.template import engines
from django.urls import NoReverseMatch, URLPattern, get_resolver, reverse

from ... import data_subjects
from ...subject_requests import DataSubjectRequest
from ...vocabulary import Category
from .browser import Page, somebody_with_a_login, visit

# The office is no part of what the website's users see.
OFFICE = "admin"
# Nothing can be sent from these, and they are looked at by themselves.
PAPERS = (".pdf", ".js")


def readers() -> list[Any]:
    """As whom pages are drawn: a stranger (None), and the newest customer who can sign in, if there is one."""
    person = somebody_with_a_login(data_subjects.people().filter(erased_at=None))
    return [None] if person is None else [None, person]


def pages() -> list[tuple[str, Page]]:
    """Every page that can be drawn, with its address, as a stranger and as a customer gets it; nothing of it stays."""
    drawn = []
    with transaction.atomic():
        for person in readers():
            for path in paths(person):
                page = visit(path, account=person and person.account)
                if page.is_shown and "html" in page.kind:
                    drawn.append((path, page))
        # Pages of the login note in the session where somebody wants to go.
        transaction.set_rollback(True)
    return drawn


def paths(person: Any) -> list[str]:
    """Every address of a page that can be made up: as it is, or with a kind of data or a request of this person."""
    cases = DataSubjectRequest.objects.filter(data_subject=person).order_by("-pk")
    known: dict[str, list[str]] = {
        "category": list(Category),
        "reference": list(cases.values_list("reference", flat=True)[:1]),
    }
    found = set()
    for name, wanted in _addresses(get_resolver().url_patterns):
        choices = [{}] if not wanted else [{one: value} for one in wanted for value in known.get(one, ())]
        for values in choices if len(wanted) < 2 else ():
            try:
                found.add(reverse(name, kwargs=values))
            except NoReverseMatch:
                continue
    return sorted(path for path in found if not path.endswith(PAPERS))


def _addresses(patterns: Any, within: str = "") -> Iterator[tuple[str, list[str]]]:
    """Each address by its name, with what must be filled in."""
    for one in patterns:
        if isinstance(one, URLPattern):
            if one.name:
                yield within + one.name, [*one.pattern.regex.groupindex]
        elif one.namespace != OFFICE:
            yield from _addresses(one.url_patterns, f"{within}{one.namespace}:" if one.namespace else within)


def templates() -> Iterator[tuple[str, str]]:
    """Each template of ours outside the office, by name, as it is written."""
    for folder in [Path(folder) for engine in engines.all() for folder in engine.dirs]:
        for path in sorted([*folder.rglob("*.html"), *folder.rglob("*.txt")]):
            name = path.relative_to(folder)
            if name.parts[0] != OFFICE:
                yield str(name), path.read_text()
