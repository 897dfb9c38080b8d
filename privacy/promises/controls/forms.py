"""Can the policy be read before anything is sent? Every page of the site that has a form, found from its addresses.

Pages whose address can be made up are drawn as a stranger and as a customer gets them. Pages behind a mailed link have
no such address: their templates are read.
"""

import re
from collections.abc import Iterator
from datetime import datetime

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..control import control
from ..finding import Finding, broken, kept
from . import site

FORM = re.compile(r'<form\b[^>]*method="post".*?</form>', re.DOTALL)
TYPED = re.compile(
    r'(form_fields|request_fields|parts/field)\.html|<textarea|type="(text|email|tel|date|file|number|password|search)"'
)
NOTE = re.compile(r"(policy_note|request_fields)\.html")


@control("policy-before-sending", gettext_lazy("The policy is linked above the button of every form"))
def policy_is_at_hand(now: datetime) -> Finding:
    """SFB-22: of each form into which something can be typed, password and code included; drawn now, or read."""
    wrong, forms, pages = _drawn()
    read = list(_in_templates())
    silent = [name for name, form in read if not NOTE.search(form.partition("<button")[0])]
    if wrong or silent:
        what = ", ".join(sorted({*wrong, *silent}))
        return broken(_("A form does not link the policy before its button: %(what)s.") % {"what": what})
    if not forms:
        return broken(_("No page has a form any more, so nobody can send us anything."))
    return kept(
        _(
            "Every form of these pages into which something can be typed links the policy before its button. Forms of "
            "the shop itself, such as its checkout, only a colleague can look at."
        ),
        pages=pages, drawn=forms, read=len(read),
    )  # fmt: skip


def _drawn() -> tuple[list[str], int, int]:
    """Addresses with a form that does not, how many forms there are, and on how many pages."""
    policy, wrong, count, pages = reverse("privacy:policy"), [], 0, 0
    for path, page in site.pages():
        forms = [form for form in page.read.forms if form.is_typed]
        count, pages = count + len(forms), pages + bool(forms)
        wrong += [path for form in forms if policy not in form.before_button]
    return wrong, count, pages


def _in_templates() -> Iterator[tuple[str, str]]:
    """Each form into which something can be typed, as it stands in a template of ours."""
    for name, text in site.templates():
        yield from ((name, form) for form in FORM.findall(text) if TYPED.search(form))
