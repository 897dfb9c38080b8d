"""Does somebody come with another company's list only with proof of her yes? Rows are read, and the door is tried."""

import csv
import json
from collections.abc import Iterator
from datetime import datetime
from io import StringIO
from pathlib import Path
from tempfile import TemporaryDirectory

from django.core.management import call_command, get_commands, load_command_class
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.db.models import Exists, F, OuterRef, QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ... import data_subjects
from ...consent import ConsentEntry
from ...file_imports import FileImport
from ...personal_data import PersonalData, declaration_of
from ...vocabulary import FROM_A_LIST, Channel, Decision, Purpose, Source
from ..control import control
from ..finding import Finding, broken, kept

SUPPLIER = "--supplier"
NOBODY = {"name": "Nobody", "email": "nobody.of.a.list@canary.invalid", "consent_email": "yes"}
PROOF = {"consent_on": "2020-01-01", "consent_evidence": "I say yes."}
# Each lacks one thing without which nobody of such a list may come in.
BARE = (
    NOBODY,
    NOBODY | PROOF | {"consent_evidence": ""},
    NOBODY | PROOF | {"consent_on": ""},
    NOBODY | PROOF | {"consent_email": ""},
)


@control("lists-with-proof", gettext_lazy("A list of another company comes in only with proof of each yes"))
def lists_have_proof(now: datetime) -> Finding:
    """MAD-05: nobody came with a list without day and words of her yes, and a list without them is refused."""
    said = declaration_of(data_subjects.model())
    if not isinstance(said, PersonalData) or not {"collected_via", "source"} <= set(said.fields):
        return broken(_("It is not noted who came with a list of another company."))
    doors = list(_doors())
    opened = sum(_lets_in(door, row) for door in doors for row in BARE)
    if not doors or opened:
        return broken(_("A list of another company would be taken in without proof of a yes."), opened=opened)
    people = data_subjects.people().filter(erased_at=None, collected_via=Source.IMPORT, source__startswith=FROM_A_LIST)
    wrong = people.filter(~Exists(_proofs())).count() + people.filter(source=FROM_A_LIST.strip()).count()
    if wrong:
        return broken(
            _("Somebody came with a list of another company, and there is no proof that she had said yes."), wrong=wrong
        )
    return kept(
        _(
            "Tried now: a list of another company without day and words of each yes is refused; of everybody who came "
            "with one we have both. Whether what the other company gave as proof is true only a colleague can ask it."
        ),
        looked_at=people.count(),
    )  # fmt: skip


def _proofs() -> QuerySet[ConsentEntry]:
    yes = ConsentEntry.objects.filter(data_subject=OuterRef("pk"), purpose=Purpose.MARKETING, channel=Channel.EMAIL)
    proven = yes.filter(decision=Decision.GRANTED, source=Source.IMPORT, occurred_at__lte=F("recorded_at"))
    return proven.exclude(wording="")


def _doors() -> Iterator[FileImport]:
    """The commands by which such a list comes in: those that read a file and ask whose it is."""
    for name, app in get_commands().items():
        command = app if isinstance(app, BaseCommand) else load_command_class(app, name)
        if isinstance(command, FileImport) and SUPPLIER in command.create_parser("", name).format_help():
            yield command


def _lets_in(door: FileImport, row: dict[str, str]) -> bool:
    """Whether this row would be stored; should it be, it is taken back."""
    with TemporaryDirectory() as folder, transaction.atomic():
        file, said = Path(folder) / "list.csv", StringIO()
        with file.open("w", newline="") as lines:
            csv.writer(lines).writerows([row.keys(), row.values()])
        try:
            call_command(door, str(file), supplier="Nobody", stdout=said, stderr=StringIO())
        except CommandError:
            return False
        transaction.set_rollback(True)
    return bool(json.loads(said.getvalue())["imported"])
