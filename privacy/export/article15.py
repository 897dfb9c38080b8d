"""What must a person be told beside the data itself? The nine answers of Art. 15(1) and (2), in plain words."""

from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db.models import Prefetch
from django.utils.translation import gettext as _

from ..data_subjects import people
from ..personal_data import Keep, PersonalData, declarations, resolve
from ..recipients import EEA, Recipient, told_of
from ..vocabulary import LawfulBasis, Purpose, Source
from .contents import Copy, Table, capital

DECIDED_BY_COMPUTER = {Purpose.CREDIT_CHECK, Purpose.PROFILING}


@dataclass
class Answer:
    """One of the nine headings with what stands below it."""

    slug: str
    heading: str
    paragraphs: list[str]
    points: list[str] = field(default_factory=list)


def why(table: Table) -> str:
    """The purpose of a table's data."""
    return str(Purpose(table.declaration.purpose).label)


def basis(table: Table) -> str:
    """The lawful basis of a table's data."""
    return str(LawfulBasis(table.declaration.lawful_basis).label)


def retention(table: Table) -> str:
    """How long a table's rows are kept, and which law says so."""
    said = table.declaration.retention
    if said is None:
        return ""
    text = capital(said.in_words())
    if not said.immediately:
        since = str(resolve(table.declaration.model, said.since).verbose_name).replace("_", " ")
        text = _("%(length)s, counted from “%(since)s”") % {"length": text, "since": since}
    return text + (_(" (the law says so: %(law)s)") % {"law": said.required_by} if said.required_by else "")


def kept_because(table: Table) -> str:
    """Why rows stay even when the person asks for erasure; empty where they go."""
    erase = table.declaration.erase
    return erase.reason if isinstance(erase, Keep) else ""


def recipients(copy: Copy) -> list[dict[str, Any]]:
    """Everybody who may get data, and what each really got about this person."""
    told = told_of(copy.data_subject, copy.now.date()).order_by("occurred_at")
    listed = Recipient.objects.active().prefetch_related(Prefetch("disclosures", told, to_attr="told"))
    return [_recipient(row) for row in listed]


def _recipient(row: Any) -> dict[str, Any]:
    return {
        "name": row.name,
        "legal_name": row.legal_name,
        "role": row.get_kind_display(),
        "country": row.country,
        "in_eea": row.is_in_eea,
        "safeguard": row.safeguard or (_("the law there protects data as ours does") if row.is_adequate else ""),
        "purpose": row.purpose,
        "fields": list(row.fields),
        "needs_your_yes": not row.is_necessary,
        "received": [{"on": hand_over.occurred_at.isoformat(), "fields": hand_over.fields} for hand_over in row.told],
    }


def rights() -> list[dict[str, str]]:
    """What the person may ask for, each with its article."""
    listed = [
        ("Art. 15", _("See everything we hold about you. That is what this copy is.")),
        ("Art. 16", _("Have it put right when something is wrong or missing.")),
        ("Art. 17", _("Have it deleted. What a law makes us keep, we name, with the day on which it goes.")),
        ("Art. 18", _("Have it locked away: we keep it but do not use it.")),
        ("Art. 20", _("Take what you gave us to another company, as a file its computers can read.")),
        ("Art. 21", _("Object. To advertising and to profiling we must always stop, at once.")),
        ("Art. 22", _("Have a person look again at what a computer decided about you.")),
        ("Art. 7(3)", _("Take back a yes at any time, as easily as you gave it.")),
    ]
    return [{"article": article, "right": text} for article, text in listed]


def complaint() -> dict[str, str]:
    """Where to complain."""
    return {
        "to_us": settings.SHOP["data_protection_officer"],
        "regulator": settings.SHOP["regulator"],
        "court": _("You may also go to court."),
    }


def automated_decisions(copy: Copy) -> list[dict[str, Any]]:
    """Decisions and guesses that a computer makes, and whether there are records of them about this person."""
    held = {table.declaration.model: table.count for table in copy.tables}
    said = [d for d in declarations() if d.purpose in DECIDED_BY_COMPUTER and d.data_subject]
    return [
        {
            "table": d.model._meta.label_lower,
            "what": _plural(d),
            "why": str(Purpose(d.purpose).label),
            "records": held.get(d.model, 0),
            "human_review": _("You can ask that a person looks at it."),
        }
        for d in said
    ]


def _plural(said: PersonalData) -> str:
    return capital(str(said.model._meta.verbose_name_plural))


def source(copy: Copy) -> list[str]:
    """Where the data came from, as far as we know (MAD-08)."""
    via = (
        people().filter(pk=copy.data_subject.pk).values_list("collected_via", flat=True) if _notes_its_source() else []
    )
    first = [
        _("You first came to us by: %(road)s.") % {"road": Source(road).label} for road in via if road in Source.values
    ]
    given = [table.title for table in copy.tables if table.declaration.provided]
    ours = [table.title for table in copy.tables if not table.declaration.provided]
    return [
        *first,
        *([_("You gave us: %(what)s.") % {"what": ", ".join(given)}] if given else []),
        *([_("It came about in the shop, or we wrote it: %(what)s.") % {"what": ", ".join(ours)}] if ours else []),
    ]


def _notes_its_source() -> bool:
    return any(column.name == "collected_via" for column in people().model._meta.concrete_fields)


def transfers(listed: list[dict[str, Any]]) -> list[str]:
    """Recipients outside the European Economic Area, and what protects the data there."""
    return [
        f"{row['name']} ({row['country']}): {row['safeguard'] or _('no safeguard is noted')}"
        for row in listed
        if row["country"] not in EEA
    ]


def answers(copy: Copy) -> list[Answer]:
    """The nine headings in the order of the law."""
    listed = recipients(copy)
    machines = automated_decisions(copy)
    abroad = transfers(listed)
    given: list[tuple[str, str, list[str], list[str]]] = [
        ("purposes", _("Purposes: what we use your data for"), [_("Only what we collected it for.")], _purposes(copy)),
        ("categories", _("Categories: what kinds of data we hold"), [_("What we hold today:")], _categories(copy)),
        (
            "recipients",
            _("Recipients: who else gets it"),
            [_recipients_in_words(listed)],
            [_about(row) for row in listed],
        ),
        (
            "retention",
            _("Retention: how long we keep it"),
            [_("Then it goes, or your name is taken out.")],
            _kept(copy),
        ),
        ("rights", _("Your rights"), [_("You may ask us at any time, free of charge:")], _rights_in_words()),
        ("complaint", _("Complaint: if you are not happy with us"), _complaint_in_words(), []),
        ("source", _("Source: where your data came from"), source(copy), []),
        ("automated", _("Automated decisions"), [_machines_in_words(machines)], _machines(machines)),
        ("transfers", _("Transfers and safeguards: data that leaves Europe"), [_transfers_in_words(abroad)], abroad),
    ]
    return [Answer(*one) for one in given]


def _rights_in_words() -> list[str]:
    return [f"{said['right']} ({said['article']})" for said in rights()]


def _purposes(copy: Copy) -> list[str]:
    found: dict[str, list[str]] = {}
    for table in copy.tables:
        found.setdefault(f"{why(table)} – {basis(table)}", []).append(table.title)
    return [f"{reason}: {', '.join(titles)}" for reason, titles in found.items()]


def _categories(copy: Copy) -> list[str]:
    return [f"{chapter.title}: {', '.join(table.title for table in chapter.tables)}" for chapter in copy.chapters()]


def _kept(copy: Copy) -> list[str]:
    found: dict[str, list[str]] = {}
    for table in copy.tables:
        found.setdefault(retention(table), []).append(table.title)
    return [f"{length}: {', '.join(titles)}" for length, titles in found.items() if length]


def _recipients_in_words(listed: list[dict[str, Any]]) -> str:
    if not listed:
        return _("We give your data to nobody else.")
    return _("These companies may get some of it, each only the details named. We never sell it.")


def _about(row: dict[str, Any]) -> str:
    details = ", ".join(row["fields"]) or _("nothing that names you")
    got = (
        _(" – has received data about you %(times)s times") % {"times": len(row["received"])} if row["received"] else ""
    )
    yes = _(", only with your yes") if row["needs_your_yes"] else ""
    return f"{row['name']}, {row['country']} ({row['role']}{yes}): {row['purpose']} {_('Details')}: {details}{got}"


def _complaint_in_words() -> list[str]:
    said = complaint()
    return [
        _("Write to our data protection officer: %(who)s. We answer within 30 days.") % {"who": said["to_us"]},
        _("You can also complain to the regulator: %(who)s.") % {"who": said["regulator"]} + " " + said["court"],
    ]


def _machines_in_words(machines: list[dict[str, Any]]) -> str:
    if not any(machine["records"] for machine in machines):
        return _("No computer has decided anything about you that we hold a record of.")
    return _("A computer helped with these. If one matters to you, you can ask that a person looks at it again.")


def _machines(machines: list[dict[str, Any]]) -> list[str]:
    return [f"{m['what']}: {m['why']} ({m['records']})" for m in machines if m["records"]]


def _transfers_in_words(abroad: list[str]) -> str:
    if not abroad:
        return _("Your data stays in the European Economic Area.")
    return _(
        "These recipients are outside the European Economic Area. Beside each stands what protects your data there."
    )
