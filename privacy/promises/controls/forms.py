"""Can the policy be read before anything is sent? Every page of the site that has a form, found from its addresses.

Pages without a place-holder in their address, and those of one customer's data and requests, are drawn as a stranger
and as she gets them. Pages behind a mailed link have no address that could be made up: their templates are read.
"""

import re
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import Any

from django.db import transaction
from django.template import engines
from django.urls import NoReverseMatch, URLPattern, get_resolver, reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ... import data_subjects
from ...subject_requests import DataSubjectRequest
from ...vocabulary import Category
from ..control import control
from ..finding import Finding, broken, kept
from .browser import somebody_with_a_login, visit

# The office is no part of what the website's users see.
OFFICE = "admin"
# Nothing can be sent from these.
PAPERS = (".pdf", ".js")
FORM = re.compile(r'<form\b[^>]*method="post".*?</form>', re.DOTALL)
TYPED = re.compile(
    r'(form_fields|request_fields|parts/field)\.html|<textarea|type="(text|email|tel|date|file|number|password|search)"'
)
NOTE = re.compile(r"(policy_note|request_fields)\.html")


@control("policy-before-sending", gettext_lazy("The policy is linked above the button of every form"))
def policy_is_at_hand(now: datetime) -> Finding:
    """SFB-22: of each form into which something can be typed, password and code included; drawn now, or read."""
    person = somebody_with_a_login(data_subjects.people().filter(erased_at=None))
    with transaction.atomic():
        wrong, forms, pages = _looked_at(person)
        # Pages of the login note in the session where somebody wants to go.
        transaction.set_rollback(True)
    silent = [name for name, form in _in_templates() if not NOTE.search(form.partition("<button")[0])]
    if wrong or silent:
        what = ", ".join(sorted({*wrong, *silent}))
        return broken(_("A form does not link the policy before its button: %(what)s.") % {"what": what})
    if not forms:
        return broken(_("No page has a form any more, so nobody can send us anything."))
    return kept(
        _("Every form into which something can be typed links the policy before its button."),
        pages=pages, drawn=forms, read=sum(1 for _form in _in_templates()),
    )  # fmt: skip


def _looked_at(person: Any) -> tuple[list[str], int, int]:
    """Addresses with a form that does not, how many forms there are, and on how many pages."""
    policy, wrong, count, pages = reverse("privacy:policy"), [], 0, 0
    accounts = [None] if person is None else [None, person.account]
    for path in sorted(path for path in set(_paths(person)) if not path.endswith(PAPERS)):
        for account in accounts:
            page = visit(path, account=account)
            forms = [form for form in page.read.forms if form.is_typed] if page.is_shown and "html" in page.kind else []
            count, pages = count + len(forms), pages + bool(forms)
            wrong += [path for form in forms if policy not in form.before_button]
    return wrong, count, pages


def _paths(person: Any) -> Iterator[str]:
    """Every address of the site that can be made up: as it is, or with a kind of data or a request of this person."""
    cases = DataSubjectRequest.objects.filter(data_subject=person).order_by("-pk")
    known: dict[str, list[str]] = {
        "category": list(Category),
        "reference": list(cases.values_list("reference", flat=True)[:1]),
    }
    for name, wanted in _addresses(get_resolver().url_patterns):
        choices = [{}] if not wanted else [{one: value} for one in wanted for value in known.get(one, ())]
        for values in choices if len(wanted) < 2 else ():
            try:
                yield reverse(name, kwargs=values)
            except NoReverseMatch:
                continue


def _addresses(patterns: Any, within: str = "") -> Iterator[tuple[str, list[str]]]:
    """Each address by its name, with what must be filled in."""
    for one in patterns:
        if isinstance(one, URLPattern):
            if one.name:
                yield within + one.name, [*one.pattern.regex.groupindex]
        elif one.namespace != OFFICE:
            yield from _addresses(one.url_patterns, f"{within}{one.namespace}:" if one.namespace else within)


def _in_templates() -> Iterator[tuple[str, str]]:
    """Each form into which something can be typed, as it stands in a template of ours."""
    folders = [Path(folder) for engine in engines.all() for folder in engine.dirs]
    for folder in folders:
        for path in sorted(folder.rglob("*.html")):
            name = path.relative_to(folder)
            if name.parts[0] != OFFICE:
                yield from ((str(name), form) for form in FORM.findall(path.read_text()) if TYPED.search(form))
