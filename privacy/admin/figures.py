"""The figures on the start page: by month and kind, and how long answers and withdrawals took."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.http import urlencode
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from .. import figures, rights
from ..figures import Spread, month_of, months_before
from ..vocabulary import Source
from . import chart

SHOWN, CHOICES = 13, 60
MONTH = "%Y-%m"
UNITS = ((24 * 3600 * 2, 24 * 3600), (3600, 3600), (60, 60), (0, 1))


@dataclass(frozen=True)
class Line:
    """How long one kind or road took, in words."""

    name: str
    count: int
    median: str
    high: str
    longest: str


class PeriodForm(forms.Form):
    """From which month to which, and whether of one kind alone."""

    first = forms.ChoiceField(label=gettext_lazy("From"))
    last = forms.ChoiceField(label=gettext_lazy("To"))
    kind = forms.ChoiceField(label=gettext_lazy("Requests"), required=False)

    def __init__(self, data: Any) -> None:
        """The last thirteen months of every kind, unless said otherwise."""
        this = month_of(timezone.localdate())
        given = {"first": f"{months_before(this, SHOWN - 1):{MONTH}}", "last": f"{this:{MONTH}}", "kind": ""}
        super().__init__({name: data.get(name) or value for name, value in given.items()}, auto_id="id_figures_%s")
        days = [months_before(this, n) for n in range(CHOICES)]
        for name in ("first", "last"):
            self.fields[name].choices = [(f"{day:{MONTH}}", in_words(day)) for day in days]  # type: ignore[attr-defined]
        self.fields["kind"].choices = [("", _("of every kind")), *rights.choices()]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        """The first month is not after the last."""
        said: dict[str, Any] = super().clean() or {}
        if not self.errors and said["first"] > said["last"]:
            raise forms.ValidationError("order")
        return said

    def period(self) -> tuple[date, date, str]:
        """What was chosen; where that cannot be shown, what is shown unless said otherwise."""
        said = self.cleaned_data if self.is_valid() else PeriodForm({}).said()
        return _month(said["first"]), _month(said["last"]), said["kind"]

    def said(self) -> dict[str, Any]:
        """The values, checked."""
        self.full_clean()
        return self.cleaned_data


def _month(text: str) -> date:
    year, month = text.split("-")
    return date(int(year), int(month), 1)


def in_words(month: date) -> str:
    """Such as March 2026."""
    return date_format(month, "F Y")


def context(request: HttpRequest) -> dict[str, Any]:
    """What the start page shows of it; a period that cannot be shown gets one line, and the usual one is shown."""
    form = PeriodForm(request.GET)
    first, last, kind = form.period()
    months = figures.months(first, last, kind)
    answers, effects = figures.lengths(first, last)
    query = {"first": f"{first:{MONTH}}", "last": f"{last:{MONTH}}", "kind": kind}
    return {
        "period_form": form,
        "period_error": "" if form.is_valid() else _(
            "These months cannot be shown: choose two from the lists, the first not after the last. "
            "You see the last thirteen months."
        ),
        "first": first, "last": last, "query": query, "address": urlencode(query),
        "of_kind": dict(rights.choices()).get(kind, ""),
        "chart": chart.drawn(months),
        "counted_at": figures.counted_at(),
        "answers": answer_lines(spread for spread in answers if kind in ("", spread.name)),
        "effects": effect_lines(effects),
    }  # fmt: skip


def answer_lines(found: Iterable[Spread]) -> list[Line]:
    """How long answers took, by kind."""
    labels = dict(rights.choices())
    return [_line(str(labels.get(spread.name, spread.name)), spread, 24 * 3600) for spread in found]


def effect_lines(found: Iterable[Spread]) -> list[Line]:
    """How long withdrawals took, by road."""
    labels = dict(Source.choices)
    return [_line(str(labels.get(spread.name, spread.name)), spread, 1) for spread in found]


def _line(name: str, spread: Spread, unit: int) -> Line:
    took = duration if unit == 1 else days
    return Line(name, spread.count, took(spread.median), took(spread.high), took(spread.longest))


def days(count: int) -> str:
    """Such as 12 days."""
    return ngettext("%(count)d day", "%(count)d days", count) % {"count": count}


def duration(seconds: int) -> str:
    """Such as 3 seconds, 20 minutes, 26 hours, 4 days: begun ones do not count."""
    unit = next(unit for least, unit in UNITS if seconds >= least)
    count = seconds // unit
    if unit == UNITS[0][1]:
        return days(count)
    words = {
        3600: ngettext("%(count)d hour", "%(count)d hours", count),
        60: ngettext("%(count)d minute", "%(count)d minutes", count),
        1: ngettext("%(count)d second", "%(count)d seconds", count),
    }
    return words[unit] % {"count": count}
