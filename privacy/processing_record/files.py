"""The record as files: JSON for machines, CSV for a spreadsheet, PDF for the regulator. All from the same data."""

import json
from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _

from .. import documents
from ..csv_files import lines
from .record import OF_THE_MOMENT


def json_text(said: dict[str, Any]) -> str:
    """For machines."""
    return json.dumps(said, ensure_ascii=False, indent=2, default=str) + "\n"


def pdf(said: dict[str, Any]) -> bytes:
    """The record on paper, tagged, with its data inside."""
    data = documents.Data("processing-record.json", json_text(said).encode(), _("The record as data"))
    html = documents.html_of("processing_record.html", {"record": said})
    return documents.pdf_of(html, attachments=[data])


def csv_text(said: dict[str, Any]) -> str:
    """For a spreadsheet; no cell is taken for a formula."""
    return "".join(lines(csv_rows(said)))


def csv_rows(said: dict[str, Any]) -> Iterator[list[str]]:
    """A header and one line for each fact, each column of one meaning throughout; cells are made inert when written."""
    yield [
        _("what"), _("purpose"), _("name"), _("category"), _("people"), _("lawful basis"), _("fields"), _("sensitive"),
        _("kept for"), _("counted from"), _("law"), _("on erasure"), _("recipients"), _("role"), _("country"),
        _("safeguard"), _("agreement until"), _("in words"),
    ]  # fmt: skip
    yield from (_line(_("this record"), name=name, words=said[name]) for name in ("format", *OF_THE_MOMENT))
    yield from (_line(_("controller"), name=name, words=value) for name, value in said["controller"].items())
    yield from (_line(_("joint controller"), words=text) for text in said["joint_controllers"])
    for name in ("representative", "data_protection_officer", "security_officer", "regulator"):
        yield _line(name.replace("_", " "), words=said[name])
    for activity in said["activities"]:
        yield from _of_activity(activity)
    for limit in said["time_limits"]:
        yield _line(_("time limit"), category=limit["category"], kept=_list(limit["periods"]))
    yield from (_of_recipient(row) for row in said["recipients"])
    for row in said["transfers"]:
        yield _line(
            _("transfer outside the EEA"), name=row["recipient"], country=row["country"], safeguard=row["ground"],
            fields=_list(row["fields"]),
        )  # fmt: skip
    yield from (_line(_("security measure"), words=text) for text in said["security_measures"])


def _of_activity(activity: dict[str, Any]) -> Iterator[list[str]]:
    yield _line(
        _("activity"), purpose=activity["purpose"], name=activity["label"], category=_list(activity["categories"]),
        people=_list(activity["data_subjects"]), basis=activity["lawful_basis_in_words"],
        recipients=_list(activity["recipients"]), words=activity["explanation"],
    )  # fmt: skip
    for table in activity["tables"]:
        yield _line(
            _("kind of record"), purpose=activity["purpose"], name=table["table"], category=table["category"],
            people=table["data_subjects"], basis=table["lawful_basis"], fields=_list(table["fields"]),
            sensitive=_list(table["special_category"]), kept=table["retention"], since=table["counted_from"],
            law=table["required_by"], erasure=table["erasure"], recipients=_list(table["recipients"]),
            words=table["label"],
        )  # fmt: skip


def _of_recipient(row: dict[str, Any]) -> list[str]:
    return _line(
        _("recipient"), purpose=_list(row["purposes"]), name=row["name"], fields=_list(row["fields"]),
        role=row["role_in_words"], country=row["country"], safeguard=row["safeguard"],
        until=row["agreement_until"] or "", words="; ".join(filter(None, (row["legal_name"], row["purpose"]))),
    )  # fmt: skip


def _list(values: list[str]) -> str:
    return ", ".join(values)


def _line(
    what: str, *, purpose: str = "", name: str = "", category: str = "", people: str = "", basis: str = "",
    fields: str = "", sensitive: str = "", kept: str = "", since: str = "", law: str = "", erasure: str = "",
    recipients: str = "", role: str = "", country: str = "", safeguard: str = "", until: str = "", words: str = "",
) -> list[str]:  # fmt: skip
    return [
        what, purpose, name, category, people, basis, fields, sensitive, kept, since, law, erasure, recipients, role,
        country, safeguard, until, words,
    ]  # fmt: skip
