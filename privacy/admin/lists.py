"""Lists that stay quick with a million rows: no count beyond a limit, and pages that start where the last one ended."""

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from typing import Any

from django.contrib.admin.options import IncorrectLookupParameters
from django.contrib.admin.views.main import ChangeList
from django.core.exceptions import ValidationError
from django.db.models import Q
from django.http import HttpRequest
from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

AFTER, BEFORE = "after", "before"
COUNT_LIMIT = 1000


def counted(rows: Any, limit: int = COUNT_LIMIT) -> int:
    """How many rows, counting no further than one past the limit."""
    return int(rows.order_by().values("pk")[: limit + 1].count())


def in_words(count: int, limit: int = COUNT_LIMIT) -> str:
    """Such as "12 entries" or "more than 1,000 entries"."""
    if count > limit:
        return _("more than %(count)s entries") % {"count": number_format(limit, force_grouping=True)}
    return ngettext("%(count)d entry", "%(count)d entries", count) % {"count": count}


class KeysetChangeList(ChangeList):
    """Pages by the last row shown instead of by number: as quick at any depth as at the start."""

    def __init__(self, request: HttpRequest, *args: Any, **kwargs: Any) -> None:
        self.at = {name: request.GET[name] for name in (AFTER, BEFORE) if request.GET.get(name)}
        super().__init__(request, *args, **kwargs)
        for name in self.at:
            del self.params[name]

    def get_filters_params(self, params: Any = None) -> dict[str, Any]:
        """The place in the list is no filter."""
        kept: dict[str, Any] = super().get_filters_params(params)
        return {name: value for name, value in kept.items() if name not in (AFTER, BEFORE)}

    def get_query_string(self, new_params: Any = None, remove: Any = None) -> str:
        """A new filter, order or search starts at the beginning again."""
        new = {AFTER: None, BEFORE: None, **(new_params or {})}
        return super().get_query_string(new, remove)

    def get_results(self, request: HttpRequest) -> None:
        """One page, read off the index from the row where the last one ended."""
        backwards = BEFORE in self.at and AFTER not in self.at
        rows = self._from_here(backwards)[: self.list_per_page + 1]
        found = list(rows)
        more, found = len(found) > self.list_per_page, found[: self.list_per_page]
        found = found[::-1] if backwards else found
        self.result_list = found
        self.result_count = self.full_result_count = len(found)
        self.show_full_result_count, self.show_admin_actions = False, True
        self.can_show_all, self.multi_page = False, False
        self.paginator = self.model_admin.get_paginator(request, self.queryset.none(), self.list_per_page)
        self.count_in_words = in_words(counted(self.queryset))
        self._link(found, more_before=more if backwards else bool(self.at), more_after=more or backwards)

    def _link(self, found: list[Any], *, more_before: bool, more_after: bool) -> None:
        self.newer_link = self.older_link = ""
        if found and more_before:
            self.newer_link = self.get_query_string({BEFORE: self._cursor(found[0])})
        if found and more_after:
            self.older_link = self.get_query_string({AFTER: self._cursor(found[-1])})

    def _order(self) -> list[tuple[str, bool]]:
        names = [str(name) for name in self.queryset.query.order_by]
        order = [(name.lstrip("-"), name.startswith("-")) for name in names]
        last = [i for i, (name, _down) in enumerate(order) if name in ("pk", "id", "reference")]
        return order[: last[0] + 1] if last else [*order, ("pk", False)]

    def _from_here(self, backwards: bool) -> Any:
        order = [(name, down != backwards) for name, down in self._order()]
        rows = self.queryset.order_by(*(f"-{name}" if down else name for name, down in order))
        cursor = self.at.get(BEFORE if backwards else AFTER)
        try:
            return rows.filter(_past(order, _read(cursor))) if cursor else rows
        except (ValueError, TypeError, ValidationError) as error:
            raise IncorrectLookupParameters from error

    def _cursor(self, row: Any) -> str:
        values = [getattr(row, name) for name, _down in self._order()]
        return urlsafe_b64encode(json.dumps(values, default=lambda day: day.isoformat()).encode()).decode().rstrip("=")


def _read(cursor: str) -> list[Any]:
    values = json.loads(urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)))
    if not isinstance(values, list) or any(not isinstance(value, str | int) for value in values):
        raise ValueError("not a place in the list")
    return values


def _past(order: list[tuple[str, bool]], values: list[Any]) -> Q:
    """Rows after this one; the first column bounds the range, so that the index is entered at the right place."""
    if len(values) != len(order):
        raise ValueError("not a place in this list")
    (name, down), value = order[0], values[0]
    beyond = Q(**{f"{name}__{'lt' if down else 'gt'}": value})
    if len(order) == 1:
        return beyond
    return Q(**{f"{name}__{'lte' if down else 'gte'}": value}) & (beyond | _past(order[1:], values[1:]))
