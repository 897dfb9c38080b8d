"""Does every table say what it holds about people? `manage.py check` refuses silence and mistakes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core import checks
from django.core.exceptions import FieldDoesNotExist, FieldError
from django.db import models

from . import data_subjects, deadlines, one_person
from .personal_data import (
    Anonymise,
    CannotBlank,
    NoPersonalData,
    PersonalData,
    all_models,
    blank_of,
    declaration_of,
    resolve,
)
from .vocabulary import Purpose

UNDECLARED = "privacy.E001"
UNPLACED = "privacy.E002"
WRONG_PATH = "privacy.E003"
NOT_BLANKABLE = "privacy.E004"
UNKNOWN_NAME = "privacy.E005"
UNKNOWN_PURPOSE = "privacy.E006"
NO_RETENTION = "privacy.E007"
NO_PERSON = "privacy.E008"
UNBOUNDED = "privacy.E009"
NO_SUCH_LAW = "privacy.E010"
LEDGER_IS_NOT_APART = "privacy.E011"


def register() -> None:
    """Adds these to Django's own checks."""
    checks.register(check_declarations, "privacy")
    checks.register(check_data_subject_model, "privacy")
    checks.register(check_law, "privacy")
    checks.register(check_ledger, "privacy")


def check_declarations(app_configs: Any = None, **kwargs: Any) -> list[checks.CheckMessage]:
    """Every installed model, Django's own and third-party ones included."""
    return [message for model in all_models() for message in of_model(model)]


def check_law(app_configs: Any = None, **kwargs: Any) -> Iterator[checks.CheckMessage]:
    """The shop's law and the codes that it has joined must be known to the clock, or nothing would ever be due."""
    where, packs = settings.SHOP["jurisdiction"], set(settings.SHOP_PACKS) - set(deadlines.PACKS)
    if where not in deadlines.RULES:
        yield checks.Error(f"SHOP_JURISDICTION {where!r} is not one of {', '.join(deadlines.RULES)}.", id=NO_SUCH_LAW)
    if packs:
        yield checks.Error(f"SHOP_PACKS {sorted(packs)} are not among {', '.join(deadlines.PACKS)}.", id=NO_SUCH_LAW)


def check_ledger(app_configs: Any = None, **kwargs: Any) -> Iterator[checks.CheckMessage]:
    """What is backed up with the database would come back as old as the database (FAULTS E47)."""
    database, ledger = settings.DATABASES["default"], Path(settings.ERASURE_LEDGER_FILE).resolve()
    folders = [Path(settings.VAR)]
    if database["ENGINE"].endswith("sqlite3"):
        folders.append(Path(database["NAME"]).resolve().parent)
    if not settings.DEBUG and any(ledger.is_relative_to(folder.resolve()) for folder in folders):
        hint = "Set it to a file on another disk or machine, which is not restored with the database."
        yield checks.Error("ERASURE_LEDGER_FILE lies where the database lies.", hint, id=LEDGER_IS_NOT_APART)


def of_model(model: type[models.Model]) -> Iterator[checks.CheckMessage]:
    """What is wrong with one model's declaration."""
    said = declaration_of(model)
    if said is None:
        hint = (
            "Add personal_data = PersonalData(...) or NoPersonalData('why') to it, or to PERSONAL_DATA_OF_OTHER_APPS."
        )
        yield checks.Error(f"{model._meta.label} does not say what it holds about people.", hint, model, UNDECLARED)
    elif isinstance(said, NoPersonalData):
        if not said.reason.strip():
            yield checks.Error(f"{model._meta.label}: NoPersonalData needs a reason.", obj=model, id=UNDECLARED)
    else:
        yield from _names(said)
        yield from _placement(said)
        yield from _paths(said)
        yield from _blanks(said)
        yield from _meaning(said)
        yield from _corrections(said)


def _error(said: PersonalData, text: str, code: str) -> checks.Error:
    return checks.Error(f"{said.label}: {text}", obj=said.model, id=code)


def _columns(said: PersonalData) -> dict[str, models.Field[Any, Any]]:
    return {column.name: column for column in said.model._meta.concrete_fields}


def _names(said: PersonalData) -> Iterator[checks.CheckMessage]:
    columns = _columns(said)
    for name in (*said.fields, *said.not_personal, *said.disclosed_as):
        if name not in columns:
            yield _error(said, f"there is no column {name!r}.", UNKNOWN_NAME)
    for part in ("secret", "correctable", "special_category", "beyond_the_order", "provided", "third_party"):
        for name in getattr(said, part):
            if name not in said.fields:
                yield _error(said, f"{part} names {name!r}, which is not among its fields.", UNKNOWN_NAME)
    for name in set(said.told) - set(said.third_party):
        yield _error(said, f"told names {name!r}, which is not among third_party.", UNKNOWN_NAME)


def _placement(said: PersonalData) -> Iterator[checks.CheckMessage]:
    placed = {*said.fields, *said.not_personal, (said.data_subject or "").split("__")[0]}
    for name, column in _columns(said).items():
        if name not in placed and not column.primary_key:
            hint = "Put it into fields or not_personal."
            yield checks.Error(f"{said.label}: the column {name!r} is not placed.", hint, said.model, UNPLACED)
    for name in set(said.fields) & set(said.not_personal):
        yield _error(said, f"{name!r} is placed twice.", UNPLACED)


def _paths(said: PersonalData) -> Iterator[checks.CheckMessage]:
    person = data_subjects.model()
    if said.data_subject == "self" and said.model is not person:
        yield _error(said, "only the data subject's own model is 'self'.", WRONG_PATH)
    if said.data_subject not in (None, "self") and _end_of(said) is not person:
        yield _error(said, f"the path {said.data_subject!r} does not lead to {person._meta.label}.", WRONG_PATH)
    for name in ("waits_while", "withheld", "unpaid", "in_advance"):
        if not _can_be_asked(said, getattr(said, name)):
            yield _error(said, f"{name} asks for something that the table does not have.", WRONG_PATH)
    for rows, retention in said.rules():
        if not _can_be_asked(said, rows):
            yield _error(said, "unconfirmed asks for something that the table does not have.", WRONG_PATH)
        try:
            column = resolve(said.model, retention.since)
            if not isinstance(column, models.DateField):
                yield _error(said, f"retention counts from {retention.since!r}, which is no date.", WRONG_PATH)
        except FieldDoesNotExist as error:
            yield _error(said, f"retention: {error}", WRONG_PATH)


def _corrections(said: PersonalData) -> Iterator[checks.CheckMessage]:
    """What a person may write has an end, and a new address its proof."""
    columns = _columns(said)
    for name in said.correctable:
        column = columns.get(name)
        if isinstance(column, (models.TextField, models.CharField)) and not column.max_length:
            yield _error(said, f"{name!r} is correctable and has no max_length.", UNBOUNDED)
        if isinstance(column, models.EmailField) and name not in said.proven_by:
            yield _error(said, f"{name!r} is a correctable address; proven_by must name its proof.", UNKNOWN_NAME)
    for name, proof in said.proven_by.items():
        if name not in said.correctable or not isinstance(columns.get(proof), models.DateTimeField):
            yield _error(said, f"proven_by needs a correctable column and an instant, not {name!r}.", UNKNOWN_NAME)


def _can_be_asked(said: PersonalData, condition: models.Q | None) -> bool:
    try:
        said.rows.filter(condition or models.Q())
    except FieldError:
        return False
    return True


def _end_of(said: PersonalData) -> type[models.Model] | None:
    model: Any = said.model
    for step in str(said.data_subject).split("__"):
        try:
            model = model._meta.get_field(step).related_model
        except (FieldDoesNotExist, AttributeError):
            return None
    return model


def _blanks(said: PersonalData) -> Iterator[checks.CheckMessage]:
    final = said.final()
    for name in final.fields if isinstance(final, Anonymise) else ():
        column = _columns(said).get(name)
        if column is None:
            yield _error(said, f"Anonymise names {name!r}, which is no column.", UNKNOWN_NAME)
            continue
        try:
            blank_of(column)
        except CannotBlank:
            yield _error(said, f"the column {name!r} cannot be blanked.", NOT_BLANKABLE)


def _meaning(said: PersonalData) -> Iterator[checks.CheckMessage]:
    if said.purpose not in Purpose.values:
        yield _error(said, f"the purpose {said.purpose!r} is not known.", UNKNOWN_PURPOSE)
    if said.retention is None:
        yield _error(said, "needs a retention.", NO_RETENTION)


def check_data_subject_model(app_configs: Any = None, **kwargs: Any) -> Iterator[checks.CheckMessage]:
    """The shop's model of a person offers what `data_subjects` promises."""
    person = data_subjects.model()
    missing = [name for name in data_subjects.REQUIRED if not hasattr(person, name)]
    missing += [name for name in data_subjects.REQUIRED_OF_MANAGER if not hasattr(person._default_manager.all(), name)]
    if missing:
        yield checks.Error(f"{person._meta.label} lacks {', '.join(missing)}.", obj=person, id=NO_PERSON)
    try:
        one_person.stand_in(person)
    except one_person.CannotBeLeftOpen:
        hint = "Give it one of these as its primary key; what it has now can stay as a unique column."
        yield checks.Error(f"{person._meta.label} has a key that is no number, UUID or text.", hint, person, NO_PERSON)
