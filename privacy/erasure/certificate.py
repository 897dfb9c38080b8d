"""What proves an erasure afterwards? A certificate made by reference: what went, what stayed, why and until when.

It holds no value of the person, so that it may be kept: number of the request, a pseudonym that only our key can
compute, counts, reasons, days. The audit log holds its SHA-256; what is printed is made from its text each time.
"""

import json
from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models

from .. import audit, roles
from ..audit import AuditEntry
from ..encryption import keyed_hash
from ..personal_data import Keep, PersonalData, Retention
from ..recipient_notices import RecipientNotice
from ..vocabulary import Category, LawfulBasis, Purpose
from . import rules
from .plan import Line
from .reading import Reading

FORMAT = "erasure-certificate/1"
COUNTS = ("deleted", "anonymised", "kept", "held")
# What the person's own copy leaves out: who of us did it, what she may not know yet, and how we prove it.
FOR_THE_FILE = ("proposed", "approved", "read_again", "rules", "audit", "person", "attempts")


class ErasureCertificate(models.Model):
    """One certificate of one erasure; another follows when a hold ends and the erasure goes on."""

    personal_data = PersonalData(
        data_subject="erasure__data_subject",
        category=Category.PRIVACY_REQUEST,
        purpose=Purpose.PRIVACY_RIGHTS,
        lawful_basis=LawfulBasis.LEGAL_OBLIGATION,
        retention=Retention(since="issued_at", years=6, required_by="UK GDPR Art. 5(2), accountability"),
        erase=Keep("Proves what was deleted and what stays; holds counts, reasons and references, no values."),
        fields=("issued_at", "number", "content"),
        not_personal=("erasure", "letter_key", "sha256"),
    )

    erasure = models.ForeignKey("privacy.Erasure", models.PROTECT, related_name="certificates")
    number = models.PositiveSmallIntegerField()
    issued_at = models.DateTimeField()
    letter_key = models.CharField(max_length=120, unique=True, help_text="The letter that carries her copy.")
    content = models.TextField(help_text="As JSON, written in one way only.")
    sha256 = models.CharField(max_length=64)

    class Meta:
        ordering = ["erasure", "number"]
        verbose_name = "certificate of erasure"
        verbose_name_plural = "certificates of erasure"
        constraints = [models.UniqueConstraint(fields=["erasure", "number"], name="certificate_once")]

    def __str__(self) -> str:
        return str(self.said["certificate"])

    @property
    def said(self) -> dict[str, Any]:
        """What it says, for our own file."""
        content: dict[str, Any] = json.loads(self.content)
        return content

    @property
    def said_to_the_person(self) -> dict[str, Any]:
        """What it says to the person: no colleague, and nothing that she may not know of on that day."""
        said, day = self.said, self.issued_at.astimezone(settings.SHOP_TZ).date().isoformat()
        told = [one for one in said["recipients"] if not one["secret_until"] or one["secret_until"] < day]
        named = [{"recipient": one["recipient"]} for one in told]
        rows = list(_told(said["rows"]))
        totals = {name: sum(row[name] for row in rows) for name in COUNTS}
        hers = {name: value for name, value in said.items() if name not in FOR_THE_FILE}
        return hers | {"recipients": named, "rows": rows, "totals": totals}

    @property
    def is_vouched_for(self) -> bool:
        """Whether the audit log holds the hash of exactly this text."""
        entries = AuditEntry.objects.filter(event="erasure.certified", target=audit.reference(self.erasure))
        noted = {entry.details.get("sha256") for entry in entries}
        return self.sha256 in noted and rules.sha256(self.content) == self.sha256


def issue(
    erasure: Any, lines: list[Line], reading: Reading, done: AuditEntry, *, letter_key: str, now: datetime
) -> ErasureCertificate:
    """Writes the certificate and notes its hash in the audit log, in the transaction in which the erasure is done."""
    before = list(ErasureCertificate.objects.filter(erasure=erasure).values_list("number", flat=True))
    number = max(before, default=0) + 1
    content = rules.canonical(_content(erasure, lines, reading, done, number, now))
    row = ErasureCertificate.objects.create(
        erasure=erasure, number=number, issued_at=now, letter_key=letter_key, content=content,
        sha256=rules.sha256(content),
    )  # fmt: skip
    person = erasure.data_subject
    audit.record(
        "erasure.certified", actor=erasure.started_by, subject=person, target=erasure, now=now, number=number,
        sha256=row.sha256,
    )  # fmt: skip
    return row


def _content(
    erasure: Any, lines: list[Line], reading: Reading, done: AuditEntry, number: int, now: datetime
) -> dict[str, Any]:
    case, person = erasure.case, erasure.data_subject
    return {
        "format": FORMAT,
        "certificate": _name(case, number),
        "follows": _name(case, number - 1) if number > 1 else None,
        "shop": settings.SHOP["legal_name"],
        "request": {"reference": case.reference, **_moments(case)},
        "person": {"pseudonym": pseudonym(person), "made_by": "HMAC-SHA-256"},
        "proposed": _colleague(case, "proposed_by", "awaiting_approval"),
        "approved": _colleague(case, "approved_by", "executing"),
        "began_at": erasure.created_at.isoformat(),
        "ended_at": now.isoformat(),
        "attempts": erasure.claims,
        "rows": [_row(line) for line in lines],
        "totals": {name: sum(getattr(line, name) for line in lines) for name in COUNTS},
        "read_again": {"kinds": reading.kinds, "should_be_gone": reading.should_be_gone},
        "recipients": list(_recipients(erasure.occasion)),
        "rules": rules.in_force(),
        "audit": {"agreed": _agreed(erasure), "done": {"entry": done.pk, "hash": done.hash}},
    }


def _name(case: Any, number: int) -> str:
    return f"{case.reference}-E{number}"


def pseudonym(data_subject: Any) -> str:
    """By which the shop alone, with its key, can say whether a certificate is about this person."""
    return keyed_hash(audit.reference(data_subject), use="certificate")[:32]


def _moments(case: Any) -> dict[str, str | None]:
    until = case.execute_after
    return {
        "received_at": case.received_at.isoformat(),
        "could_be_cancelled_until": until.isoformat() if until else None,
    }


def _colleague(case: Any, column: str, event: str) -> dict[str, str | None]:
    """One of the two who agreed: by reference and by role, never by name."""
    account, at = getattr(case, column), case.events.filter(kind=event).last()
    return {
        "by": audit.reference(account),
        "role": ", ".join(sorted(roles.names_of(account))) if account else "",
        "at": at.occurred_at.isoformat() if at else None,
    }


def _row(line: Line) -> dict[str, Any]:
    return {
        "kind": line.model,
        "title": line.title,
        **{name: getattr(line, name) for name in (*COUNTS, "silent")},
        "emptied": line.emptied if line.anonymised else [],
        "reason": line.reason,
        "until": line.until,
        "period": line.period if line.kept and not line.until else "",
    }


def _told(rows: Iterable[dict[str, Any]]) -> Iterable[dict[str, Any]]:
    """The rows as the person reads them: without what would betray a suspicion while it is open."""
    for row in rows:
        line = Line(row["kind"], silent=row["silent"], **{name: row[name] for name in COUNTS})
        if line.is_told:
            told = line.as_told()
            shown = {name: value for name, value in row.items() if name != "silent"}
            yield shown | {name: getattr(told, name) for name in COUNTS}


def _recipients(occasion: str) -> Iterable[dict[str, Any]]:
    """Whoever had got data and is told to delete it: organisations, each with the notice that tells it."""
    for notice in RecipientNotice.objects.filter(occasion=occasion).select_related("recipient"):
        yield {
            "recipient": str(notice.recipient),
            "notice": audit.reference(notice),
            "by_hand": notice.state == "by_hand",
            "secret_until": notice.secret_until.isoformat() if notice.secret_until else None,
        }


def _agreed(erasure: Any) -> dict[str, Any] | None:
    """Where the log says that two people had agreed; None where that entry is past its own period."""
    entry = AuditEntry.objects.filter(event="erasure.agreed", target=audit.reference(erasure)).first()
    return {"entry": entry.pk, "hash": entry.hash} if entry else None
