"""What every declaration promises, those not yet written included: a new model is tested by itself."""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest
from dateutil.relativedelta import relativedelta
from django.conf import settings
from django.db import models
from django.utils import timezone

from privacy import erasure
from privacy.erasure.conditions import outlives_a_wish
from privacy.personal_data import Anonymise, declarations, resolve
from tests import make
from tests.make import CANARY

pytestmark = pytest.mark.django_db
FAR = date(2099, 1, 1)
ALL = declarations()
OF_PEOPLE = [d for d in ALL if d.data_subject is not None]
# Times, references and counts alone: there is no column a canary would fit into.
WITHOUT_TEXT = {
    "privacy.AdvertSent", "privacy.CallBack", "privacy.Erasure", "privacy.ErasureCertificate", "privacy.Export",
    "privacy.InactivityWarning", "privacy.NoticeShown", "privacy.ReleaseCheck", "privacy.ReplayedErasure",
}  # fmt: skip


def name_of(declaration):
    return declaration.label


def dump(rows):
    """Every column of these rows as text, encrypted ones decrypted; in lower case, as addresses are."""
    columns = [column.attname for column in rows.model._meta.concrete_fields]
    values = (value for row in rows.order_by("pk").values_list(*columns) for value in row)
    return "\n".join(
        bytes(v).decode(errors="replace") if isinstance(v, bytes | memoryview) else str(v) for v in values
    ).lower()


def planted(declaration, person):
    make.FOR[declaration.model](person)
    return declaration.of(person)


def not_gone(declaration, rows):
    return rows.filter(declaration.not_yet_blank()) if isinstance(declaration.final(), Anonymise) else rows


# --- each has a maker, plants its canary, and lets it go -------------------------------------------------


@pytest.mark.parametrize("declaration", OF_PEOPLE, ids=name_of)
def test_there_is_a_maker(declaration):
    assert declaration.model in make.FOR, f"tests/make.py needs a function that makes one {declaration.label}"


@pytest.mark.parametrize("declaration", OF_PEOPLE, ids=name_of)
def test_the_canary_does_not_outlive_erasure(declaration):
    mary = make.customer(login=True)
    rows = planted(declaration, mary)
    assert rows.exists()
    if declaration.label not in WITHOUT_TEXT:
        assert CANARY.lower() in dump(rows), "the maker must plant it"
    erasure.erase(mary, today=FAR, actor="test")
    assert CANARY.lower() not in dump(rows)
    assert not not_gone(declaration, rows).exists()


def test_everything_at_once():
    mary = make.customer(login=True)
    make.everything(mary, ALL)
    assert CANARY.lower() in "".join(dump(d.of(mary)) for d in ALL)
    erasure.erase(mary, today=FAR, actor="test")
    assert {d.label for d in ALL if CANARY.lower() in dump(d.of(mary))} == set()


@pytest.mark.parametrize("declaration", OF_PEOPLE, ids=name_of)
def test_an_erasure_touches_nobody_else(declaration):
    mary, joan = make.customer(login=True), make.customer(login=True)
    planted(declaration, mary)
    before = dump(planted(declaration, joan))
    erasure.erase(mary, today=FAR, actor="test")
    assert dump(declaration.of(joan)) == before


@pytest.mark.parametrize("declaration", OF_PEOPLE, ids=name_of)
def test_of_gives_one_person_s_rows_each_once_and_never_a_second_s(declaration):
    mary, joan = make.customer(login=True), make.customer(login=True)
    hers, joans = (list(planted(declaration, person).values_list("pk", flat=True)) for person in (mary, joan))
    assert hers and joans and not set(hers) & set(joans)
    assert len(hers) == len(set(hers))


@pytest.mark.parametrize("declaration", [d for d in OF_PEOPLE if outlives_a_wish(d)], ids=name_of)
def test_what_must_stay_stays_with_its_reason_until_its_day(declaration):
    mary = make.customer(login=True)
    rows = planted(declaration, mary)
    count, before, today = rows.count(), dump(rows), date(2021, 6, 1)
    line = next(x for x in erasure.erase(mary, today=today, actor="test") if x.model == declaration.label)
    assert dump(rows) == before
    assert (line.kept, line.deleted, line.anonymised) == (count, 0, 0)
    assert line.reason
    assert line.last_day is None or line.last_day >= today


@pytest.mark.parametrize("declaration", [d for d in OF_PEOPLE if not outlives_a_wish(d)], ids=name_of)
def test_what_nothing_keeps_goes_at_once(declaration):
    mary = make.customer(login=True)
    rows = planted(declaration, mary)
    erasure.erase(mary, today=make.LONG_AGO.date(), actor="test")
    assert not not_gone(declaration, rows).exists()


@pytest.mark.parametrize("declaration", OF_PEOPLE, ids=name_of)
def test_a_preview_says_what_the_erasure_then_does(declaration):
    mary, today = make.customer(login=True), timezone.localdate()
    planted(declaration, mary)
    said = {x.model: (x.deleted, x.anonymised, x.kept, x.reason, x.until) for x in erasure.preview(mary, today)}
    done = {
        x.model: (x.deleted, x.anonymised, x.kept, x.reason, x.until)
        for x in erasure.erase(mary, today=today, actor="test")
    }
    assert said == done


# --- the period, against an independent reckoning --------------------------------------------------------


def last_day(retention, moment):
    """Reckoned forward from the day in the shop's zone; the declaration reckons backward from today."""
    day = moment.astimezone(settings.SHOP_TZ).date() if isinstance(moment, datetime) else moment
    day = day + relativedelta(years=retention.years, months=retention.months, days=retention.days)
    return date(day.year, 12, 31) if retention.end_of_year else day


EDGES = [
    date(2019, 2, 28), date(2020, 2, 28), date(2020, 2, 29), date(2020, 3, 1), date(2020, 3, 29), date(2020, 3, 31),
    date(2020, 8, 31), date(2020, 10, 25), date(2020, 12, 31), date(2021, 1, 1),
]  # fmt: skip


@pytest.mark.parametrize("declaration", [d for d in ALL if d.retention], ids=name_of)
def test_the_cutoff_lies_between_the_last_day_and_the_next(declaration):
    retention = declaration.retention
    is_instant = isinstance(resolve(declaration.model, retention.since), models.DateTimeField)
    for since in EDGES:
        for hour in (time(0, 0), time(23, 59, 59)) if is_instant else (None,):
            moment = since if hour is None else datetime.combine(since, hour, tzinfo=settings.SHOP_TZ)
            end = last_day(retention, moment)
            assert retention.cutoff(end) < since <= retention.cutoff(end + timedelta(days=1))


@pytest.mark.parametrize("declaration", [d for d in OF_PEOPLE if d.retention], ids=name_of)
def test_a_row_expires_in_the_database_on_the_day_after_its_last(declaration):
    mary = make.customer(login=True, last_active_at=make.LONG_AGO)
    rows, since = planted(declaration, mary), declaration.retention.since
    newest = rows.order_by(since).values_list(since, flat=True).last()
    if newest is None:
        pytest.fail(f"the maker of {declaration.label} must give it a date")
    end = last_day(declaration.retention, newest)
    assert not (declaration.expired(end) & rows).filter(**{since: newest}).exists()
    assert (declaration.expired(end + timedelta(days=1)) & rows).count() == rows.count()


def test_rows_that_point_go_before_rows_pointed_at():
    place: dict[Any, int] = {d.model: i for i, d in enumerate(ALL)}
    for d in ALL:
        for target in {column.related_model for column in d.model._meta.concrete_fields} & place.keys() - {d.model}:
            assert place[d.model] < place[target], f"{d.label} must go before {target._meta.label}"
