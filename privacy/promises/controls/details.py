"""In what form do we hold what we hold: no whole internet address, nothing sensitive without a yes, little required?"""

from datetime import datetime
from typing import Any

from django.db import connection, models
from django.db.models.signals import pre_save
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ... import data_subjects
from ...consent import ConsentEntry
from ...fields import EncryptedField, ShortenedIPField, shorten_ip
from ...personal_data import PersonalData, all_models, declaration_of, declarations
from ...vocabulary import Category, Decision, Source
from ...vocabulary import Purpose as BuiltIn
from ..control import control
from ..finding import Finding, broken, none_wrong

SAMPLE = 1000
TEXTS = (models.CharField, models.TextField)
# What a prize draw may ask for, and nothing beside (LRD-15).
A_PRIZE_NEEDS = {"name", "address", "customer_number", "email"}


@control("short-addresses", gettext_lazy("Internet addresses are stored in shortened form alone"))
def addresses_are_short(now: datetime) -> Finding:
    """Every column for such an address, and the newest rows of each."""
    columns = [
        (model, column)
        for model in all_models()
        for column in model._meta.concrete_fields
        if isinstance(column, models.GenericIPAddressField)
    ]
    long_ones = sum(not isinstance(column, ShortenedIPField) for _model, column in columns)
    looked, wrong = 0, 0
    for model, column in columns:
        rows = model._base_manager.exclude(**{column.name: None}).order_by("-pk").values_list(column.name, flat=True)
        values = list(rows[:SAMPLE])
        looked, wrong = looked + len(values), wrong + sum(value != shorten_ip(value) for value in values)
    return none_wrong(
        long_ones + wrong, looked,
        good=_("Every internet address that is stored is shortened."),
        bad=_("An internet address is stored in full."),
        none=_("No internet address is stored."),
    )  # fmt: skip


@control("sensitive-needs-yes", gettext_lazy("Nothing sensitive is stored without a yes to exactly that"))
def sensitive_needs_a_yes(now: datetime) -> Finding:
    """The guard before saving is there, and no row is without its yes."""
    kinds = [said for said in declarations() if said.special_category]
    if any(not pre_save.has_listeners(said.model) for said in kinds):
        return broken(_("Sensitive details could be saved without a yes."))
    looked, wrong = 0, 0
    for said in kinds:
        filled = models.Q()
        for name in said.special_category:
            filled |= ~models.Q(**{name: ""})
        owners = set(said.rows.filter(filled).values_list(said.subject_lookup, flat=True))
        looked, wrong = looked + len(owners), wrong + len(owners - _said_yes(owners))
    return none_wrong(
        wrong, looked,
        good=_("Sensitive details are there only of people who said yes to exactly that; saving others is refused."),
        bad=_("Sensitive details of somebody are stored without a yes."),
    )  # fmt: skip


def _said_yes(owners: set[Any]) -> set[Any]:
    rows = ConsentEntry.objects.filter(purpose=BuiltIn.HEALTH_FIT, data_subject__in=owners)
    in_order = rows.order_by("occurred_at", "decision", "pk").values_list("data_subject", "decision")
    latest = dict(in_order)
    return {person for person, decision in latest.items() if decision == Decision.GRANTED}


@control("customer-numbers", gettext_lazy("Every customer has a number of her own"))
def numbers_are_unique(now: datetime) -> Finding:
    """Held by the database; nobody is without."""
    model = data_subjects.model()
    if not getattr(model._meta.get_field("number"), "unique", False):
        return broken(_("Two customers could have the same number."))
    rows = data_subjects.people()
    return none_wrong(
        rows.filter(number="").count(), rows.count(),
        good=_("Every customer has a number that nobody else has."),
        bad=_("A customer has no number."),
        none=_("There are no customers yet."),
    )  # fmt: skip


@control("how-we-met", gettext_lazy("For every customer it is noted by which road we met"))
def road_is_noted(now: datetime) -> Finding:
    """On the site, by phone, in the shop, from a list: declared, so it is in the copy, and of nobody empty."""
    said = declaration_of(data_subjects.model())
    if not isinstance(said, PersonalData) or not {"collected_via", "source"} <= set(said.fields):
        return broken(_("It is not noted by which road we met a customer."))
    rows = data_subjects.people().filter(erased_at=None)
    return none_wrong(
        rows.exclude(collected_via__in=Source.values).count(), rows.count(),
        good=_("For every customer it is noted by which road we met."),
        bad=_("Of some customer it is not noted by which road we met."),
        none=_("There are no customers yet."),
    )  # fmt: skip


@control("prize-draws-narrow", gettext_lazy("A prize draw asks for name, address, number and email, and nothing else"))
def prize_draws_are_narrow(now: datetime) -> Finding:
    """The declared records of taking part that ask for an address."""
    kinds = [
        said for said in declarations() if said.category == Category.PARTICIPATION and "customer_number" in said.fields
    ]  # fmt: skip
    extra = 0
    for said in kinds:
        typed = {name for name in said.fields if isinstance(said.model._meta.get_field(name), TEXTS)}
        extra += len(typed - A_PRIZE_NEEDS - {"draw"})
    return none_wrong(
        extra, len(kinds),
        good=_("A prize draw asks for name, address, customer number and email address, and nothing else."),
        bad=_("A prize draw asks for more than it needs."),
        none=_("There are no prize draws."),
    )  # fmt: skip


@control("sealed-at-rest", gettext_lazy("What is most private is stored unreadable"))
def sealed_at_rest(now: datetime) -> Finding:
    """The newest rows of each sealed column do not hold plain words."""
    looked, plain = 0, 0
    for model in all_models():
        for column in model._meta.concrete_fields:
            if isinstance(column, EncryptedField):
                values = _as_stored(model, column)
                looked, plain = looked + len(values), plain + sum(_reads_as_text(value) for value in values)
    return none_wrong(
        plain, looked,
        good=_("Letters, papers and notes lie unreadable in the database."),
        bad=_("Something that should be sealed can be read in the database."),
        none=_("Nothing sealed is stored yet."),
    )  # fmt: skip


def _as_stored(model: type[models.Model], column: "models.Field[Any, Any]") -> list[bytes]:
    """Past the column's own reading, which would open the seal."""
    names = (str(column.column), model._meta.db_table, str(model._meta.pk.column))
    name, table, key = (connection.ops.quote_name(one) for one in names)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {name} FROM {table} ORDER BY {key} DESC LIMIT 50")  # noqa: S608 (names of our own)
        return [bytes(row[0]) for row in cursor.fetchall() if row[0]]


def _reads_as_text(value: bytes) -> bool:
    try:
        return value.decode().isprintable()
    except UnicodeDecodeError:
        return False
