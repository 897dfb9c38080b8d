"""The menu: what people do, in the order of a working day."""

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .. import roles
from ..roles import Act


@dataclass(frozen=True)
class Link:
    """One line of the menu."""

    label: str | Promise
    url: str
    is_here: bool


# Each line is a table (app.model) or a page of ours (its name) with the act that opens it.
SECTIONS: list[tuple[str | Promise, list[tuple[str, str | Promise, Act | None]]]] = [
    (_("Requests"), [
        ("privacy.datasubjectrequest", _("Queue"), None),
        ("privacy.deadlinealarm", _("Alarms"), None),
        ("may_we", _("May we?"), Act.SEE_PERSON),
        ("intake", _("Record a request"), Act.HANDLE),
        ("revocation", _("Record a revocation"), Act.SWITCH_OFF),
        ("record_guardian", _("A parent or guardian agrees"), Act.HANDLE),
        ("privacy.onbehalf", _("In another's name"), None),
        ("call_backs", _("Call-backs"), Act.HANDLE),
        ("privacy.restriction", _("Restrictions and holds"), None),
        ("privacy.recipientnotice", _("Recipients told"), None),
    ]),
    (_("Mail and jobs"), [
        ("privacy.inboundemail", _("Incoming mail"), None),
        ("explain_mail", _("What would this email do?"), Act.SEE_PERSON),
        ("privacy.outgoingemail", _("Outgoing mail"), None),
        ("privacy.webhookcall", _("Mailing services"), None),
        ("jobs", _("Jobs that need a person"), Act.SEE_QUEUE),
    ]),
    (_("Proof"), [
        ("privacy.consententry", _("Choices"), None),
        ("privacy.guardianconsent", _("Parents and guardians"), None),
        ("privacy.disclosure", _("Passed on to others"), None),
        ("privacy.authorityorder", _("Orders of authorities"), None),
        ("record_authority_order", _("Record an order"), Act.PROPOSE),
        ("privacy.noticeshown", _("Policies shown"), None),
        ("privacy.listcheck", _("Mailing lists"), None),
        ("registers", _("Registers"), Act.SEE_QUEUE),
        ("privacy.auditentry", _("Audit log"), None),
        ("looks", _("Who looked at whom"), Act.READ_AUDIT),
        ("canary", _("Nightly self-test"), Act.SEE_RULES),
        ("privacy.promise", _("Promises"), None),
    ]),
    (_("Rules"), [
        ("privacy.recipient", _("Recipients"), None),
        ("privacy.cookie", _("Cookies"), None),
        ("privacy.purpose", _("Purposes"), None),
        ("privacy.policyversion", _("Policies"), None),
        ("letters", _("Letters"), Act.SEE_RULES),
        ("privacy.purgerun", _("Purges"), None),
        ("processing_record", _("Record of processing"), Act.SEE_RULES),
        ("coming_purges", _("What the next nights take"), Act.SEE_RULES),
        ("training", _("Training"), Act.RECORD_TRAINING),
    ]),
]  # fmt: skip


def of(request: HttpRequest, apps: list[dict[str, Any]]) -> list[tuple[str | Promise, list[Link]]]:
    """The sections with the lines that this person may open."""
    tables = {model["model"]._meta.label_lower: model for app in apps for model in app["models"] if model["admin_url"]}
    lines = [(title, [_line(request, tables, *line) for line in section]) for title, section in SECTIONS]
    named = {label for _title, section in SECTIONS for label, *_more in section}
    others = [label for label in tables if label not in named]
    lines.append((_("The shop"), [_line(request, tables, label, "", None) for label in others]))
    kept = [(title, [link for link in links if link]) for title, links in lines]
    return [(title, links) for title, links in kept if links]


def _line(request: HttpRequest, tables: Any, name: str, label: str | Promise, act: Act | None) -> Link | None:
    if act is not None:
        url = reverse(f"admin:{name}") if roles.may(request.user, act) else ""
    else:
        url = tables[name]["admin_url"] if name in tables else ""
        label = label or (tables[name]["name"] if name in tables else "")
    return Link(label, url, request.path.startswith(url)) if url else None
