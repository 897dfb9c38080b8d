"""Which rows may go, and which must stay? Conditions for the very statement that deletes: a hold always wins."""

from collections.abc import Iterable, Iterator
from datetime import date
from typing import Any

from django.db import models
from django.db.models import Exists, OuterRef, Q, Value
from django.db.models.functions import Cast, Coalesce, Concat, Lower

from .. import data_subjects
from ..consent import ConsentEntry
from ..personal_data import SELF, Anonymise, Keep, NoPersonalData, PersonalData, declaration_of, declarations, resolve
from ..restrictions import Restriction, owners

NONE = Q(pk__in=[])


def is_over(declaration: PersonalData, today: date) -> Q:
    """Rows whose retention ended before `today`."""
    return NONE if declaration.retention is None else declaration.over(today)


def outlives_a_wish(declaration: PersonalData) -> bool:
    """Whether a reason or a law keeps the rows until their retention ends, whatever the person asks (Art. 17(3))."""
    required = declaration.retention is not None and bool(declaration.retention.required_by)
    return required or isinstance(declaration.erase, Keep)


def something_left(declaration: PersonalData, rows: models.QuerySet[Any]) -> models.QuerySet[Any]:
    """Of these rows, those that still hold what the declaration takes away; all of them where it deletes."""
    if isinstance(declaration.final(), Anonymise):
        return rows.filter(declaration.not_yet_blank())
    return rows


def held(declaration: PersonalData) -> Q:
    """Rows that a restriction or hold keeps: on the person, the record or what it belongs to (Art. 18, 17(3))."""
    if declaration.data_subject is None:
        return NONE
    active = Restriction.objects.active().filter(data_subject=OuterRef(declaration.subject_lookup))
    named = Q(scope="")
    for model, path in owners(declaration):
        place = Concat(Value(f"{model._meta.label_lower}:"), Cast(OuterRef(path), models.CharField()))
        named |= Q(place=Lower(place, output_field=models.CharField()))
    return Q(Exists(active.alias(place=Lower("scope")).filter(named)))


def relations_to(model: type[models.Model]) -> Iterator[Any]:
    """Every foreign key in any table that leads here, hidden ones too."""
    for relation in model._meta.get_fields(include_hidden=True):
        if relation.auto_created and not relation.concrete and (relation.one_to_one or relation.one_to_many):
            yield relation


def goes_along(relation: Any) -> bool:
    """Rows of tables without personal data, such as many-to-many ones, that cascade with what they point at."""
    cascades = relation.on_delete is models.CASCADE
    return cascades and isinstance(declaration_of(relation.related_model), NoPersonalData)


def pointed_at(model: type[models.Model]) -> Q:
    """Rows that others point at, which the database would not let go or would take others with them unseen."""
    holding = [r for r in relations_to(model) if r.on_delete is not models.SET_NULL and not goes_along(r)]
    # First those that stay when their person goes: most rows are pointed at by these alone, and one is enough.
    return _named_by(sorted(holding, key=lambda relation: not _stays_blank(relation.related_model)))


def _stays_blank(model: type[models.Model]) -> bool:
    declaration = declaration_of(model)
    return isinstance(declaration, PersonalData) and isinstance(declaration.final(), Anonymise)


def protected(model: type[models.Model]) -> Q:
    """Rows that our records name, as of having done something; the database would refuse to let them go."""
    return _named_by(relation for relation in relations_to(model) if relation.on_delete is models.PROTECT)


def _named_by(relations: Iterable[Any]) -> Q:
    found = NONE
    for relation in relations:
        key = OuterRef(relation.field.target_field.attname)
        found |= Q(Exists(relation.related_model._base_manager.filter(**{relation.field.name: key})))
    return found


def counts_from_the_person(declaration: PersonalData) -> bool:
    """Whether the retention runs from the person's own last activity, and so ends the person's file as a whole."""
    if declaration.retention is None or declaration.data_subject is None:
        return False
    return resolve(declaration.model, declaration.retention.since).model is data_subjects.model()


def is_found_through_the_person(declaration: PersonalData) -> bool:
    """Whether the way to the person leads over what she points at, such as her login; without her row it is lost."""
    model: Any = declaration.model
    steps = [] if declaration.data_subject in (None, SELF) else str(declaration.data_subject).split("__")
    for step in steps:
        relation = model._meta.get_field(step)
        if relation.auto_created and not relation.concrete:
            return True
        model = relation.related_model
    return False


def matter_is_open(lookup: str) -> Q:
    """People with a request, restriction or erasure that is not finished: a kept record whose period has not begun."""
    found = NONE
    for other in declarations():
        if may_be_open(other) and other.retention:
            begun = {other.subject_lookup: OuterRef(lookup), f"{other.retention.since}__isnull": True}
            found |= Q(Exists(other.rows.filter(**begun)))
    return found


def may_be_open(declaration: PersonalData) -> bool:
    """A kept record of the person's own whose period begins only when the matter ends."""
    if not isinstance(declaration.erase, Keep) or declaration.retention is None or declaration.data_subject is None:
        return False
    since = declaration.retention.since
    return "__" not in since + declaration.subject_lookup and resolve(declaration.model, since).null


def to_be_proven(today: date) -> Q:
    """Ledger entries that a choice rests on, or rested on until not long ago (Art. 7(1); UWG s.7a).

    The latest of its kind, of a person who is not erased; and one that was replaced, as long as what replaced it is
    kept: until then somebody may ask by which right we wrote or called.
    """
    same = {name: OuterRef(name) for name in ("data_subject", "purpose", "channel", "sender")}
    to = Coalesce(OuterRef("recipient"), 0, output_field=models.BigIntegerField())
    entries = ConsentEntry.objects.alias(to=Coalesce("recipient", 0, output_field=models.BigIntegerField()))
    later = entries.filter(to=to, occurred_at__gt=OuterRef("occurred_at"), **same)
    long_ago = later.filter(is_over(ConsentEntry.personal_data, today))
    return ~Q(Exists(long_ago)) & (Q(Exists(later)) | Q(Exists(living().filter(pk=OuterRef("data_subject")))))


def living() -> models.QuerySet[Any]:
    """People who still are in the shop's books under their name."""
    person = next(d for d in declarations() if d.data_subject == SELF)
    return person.rows.filter(person.not_yet_blank())
