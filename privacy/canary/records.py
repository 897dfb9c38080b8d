"""Corrected, exported: does the record say what she says, and does her copy hold all of her and nothing of others?"""

import json
import re
import zlib
from collections.abc import Iterator
from typing import Any

from django.db import models
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import corrections, data_subjects, export, jobs
from ..corrections import Correction
from ..export.access import CannotOpen, open_for
from ..export.steps import JSON, PDF
from ..personal_data import PersonalData, declarations
from . import person
from .run import CanaryRun
from .step import MINUTES, Broken, require, step, wait_for

CORRECTED = "corrected"
OTHERS = 500
STREAM = re.compile(rb"stream\r?\n(.*?)\r?\nendstream", re.DOTALL)
CODES = re.compile(rb"<([0-9A-Fa-f]+)>\s*<([0-9A-Fa-f]+)>")
SHOWN = re.compile(rb"\[([^\]]*)\]\s*TJ|<([0-9A-Fa-f]+)>\s*Tj")
HEX = re.compile(rb"<([0-9A-Fa-f]+)>")


@step("corrected", gettext_lazy("Corrected a detail"), needs=("made",), events=("rectification",), at_once=True)
def correct(run: CanaryRun) -> str:
    """The verb behind the page of corrections; read back, the record says the new, and the old is kept beside it."""
    her, word = person.known(run), person.word_of(run)
    declaration, row, column = _something_to_correct(her, word)
    new = f"{getattr(row, column)} {CORRECTED}"
    corrections.correct(her, declaration, row.pk, {column: new}, actor=her.account)
    said = declaration.of(her).filter(pk=row.pk).values_list(column, flat=True).first()
    require(said == new, _("She corrected a detail, and the record still says the old."))
    kept = [bytes(one.previous).decode() for one in Correction.objects.filter(data_subject=her, field=column)]
    require(any(word in one for one in kept), _("What the record said before was not kept."))
    return _("The record says the new, and what it said before is kept.")


def _something_to_correct(her: Any, word: str) -> tuple[PersonalData, Any, str]:
    """The first text of hers that she may put right herself, holds the word and needs no proof."""
    for declaration in declarations():
        for name in declaration.correctable:
            plain = isinstance(declaration.model._meta.get_field(name), models.CharField | models.TextField)
            if plain and name not in declaration.proven_by and name not in declaration.special_category:
                row = declaration.of(her).filter(**{f"{name}__contains": word}).first()
                if row is not None:
                    return declaration, row, name
    raise Broken(_("There is nothing that she could correct."))


@step(
    "exported", gettext_lazy("Took her copy"), needs=("made",), events=("export.done", "export.opened"),
    patience=30 * MINUTES,
)  # fmt: skip
def take_copy(run: CanaryRun) -> str:
    """The real job makes it; opened by the one door, both files hold her word, and nobody else's address or number."""
    her, word = person.known(run), person.word_of(run)
    copy = export.start(her, actor=her.account)
    if run.is_here:
        jobs.work(copy._meta.label_lower, copy.pk)
        copy.refresh_from_db()
    wait_for(copy.job_state == copy.State.DONE and copy.released_at, _("Her copy is not ready."))
    read = {name: _opened(her.account, copy, name) for name in (JSON, PDF)}
    plain, paper = read[JSON].decode().lower(), "\n".join(words_on_paper(read[PDF])).lower()
    _require_all(read[JSON], her, plain, word)
    require(word in paper, _("Her copy on paper does not hold her name."))
    strangers = [one for one in _of_others(her) if one in plain or one in paper]
    require(not strangers, _("Her copy holds an address or number of somebody else."))
    return _("Both files hold her, and no address or number of others.")


def _opened(account: Any, copy: export.Export, name: str) -> bytes:
    try:
        return b"".join(open_for(account, copy, name).chunks)
    except CannotOpen as refusal:
        raise Broken(_("She cannot open her copy: %(reason)s.") % {"reason": refusal.reason}) from refusal


def _require_all(raw: bytes, her: Any, plain: str, word: str) -> None:
    """The copy is JSON, has her name and address, and the word as often as the records that she may see."""
    json.loads(raw)
    require(word in plain, _("Her copy does not hold her name."))
    missing = [one for one in her.email_addresses() if one not in plain]
    require(not missing and her.number in plain.replace(" ", ""), _("Her copy lacks her address or her number."))
    corrected = CORRECTED in plain or not Correction.objects.filter(data_subject=her).exists()
    require(corrected, _("Her copy does not hold what she corrected."))


def _of_others(her: Any) -> Iterator[str]:
    """Addresses and numbers of the newest other customers, among whom a mix-up would most likely be."""
    others = data_subjects.people().exclude(pk=her.pk).filter(erased_at=None).order_by("-pk")[:OTHERS]
    numbers = dict(others.values_list("pk", "number"))
    yield from numbers.values()
    for addresses in data_subjects.emails_of(list(numbers)).values():
        yield from (address.lower() for address in addresses)


def words_on_paper(pdf: bytes) -> Iterator[str]:
    """What can be read on the pages of a PDF of ours: each drawn text through each font's table of characters."""
    streams = list(_unpacked(pdf))
    tables = [_characters(one) for one in streams if b"begincmap" in one]
    for page in (one for one in streams if b"TJ" in one or b"Tj" in one):
        drawn = [one for shown in SHOWN.finditer(page) for one in HEX.findall(shown[0])]
        yield from (_read(drawn, table) for table in tables)


def _unpacked(pdf: bytes) -> Iterator[bytes]:
    for found in STREAM.finditer(pdf):
        try:
            yield zlib.decompressobj().decompress(found[1])
        except zlib.error:
            continue


def _characters(table: bytes) -> dict[int, str]:
    """Which character a number in the text stands for (PDF 32000-1, 9.10.3)."""
    pairs = (pair for part in table.split(b"beginbfchar")[1:] for pair in CODES.findall(part.split(b"endbfchar")[0]))
    return {int(code, 16): bytes.fromhex(text.decode()).decode("utf-16-be", "replace") for code, text in pairs}


def _read(drawn: list[bytes], table: dict[int, str]) -> str:
    codes = (one[at : at + 4] for one in drawn for at in range(0, len(one), 4))
    return "".join(table.get(int(code, 16), "\ufffd") for code in codes)
