"""The filters of the queue; none of them asks the database for its choices."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from .. import rights
from ..cases import State
from ..subject_requests import complaints

WEEK = timedelta(days=6)
Choices = list[tuple[str, Any]]
# These ask for open rows themselves. Asked twice, PostgreSQL expects a hundredth of the rows, and sorts all of them.
OPEN_ALREADY = {"due": ("overdue", "week"), "promise": ("missed", "week"), "told": ("silent",)}


class Whose(admin.SimpleListFilter):
    """Mine, or nobody's."""

    title, parameter_name = _("in whose hands"), "whose"

    def lookups(self, request: Any, model_admin: Any) -> Choices:
        """The choices."""
        return [("mine", _("mine")), ("nobody", _("unassigned"))]

    def queryset(self, request: Any, queryset: Any) -> Any:
        """The rows."""
        if self.value() == "mine":
            return queryset.filter(assignee=request.user)
        return queryset.filter(assignee__isnull=True) if self.value() == "nobody" else queryset


class Due(admin.SimpleListFilter):
    """How near the last day is."""

    title, parameter_name = _("due"), "due"

    def lookups(self, request: Any, model_admin: Any) -> Choices:
        """The choices."""
        return [("overdue", _("overdue")), ("week", _("due this week"))]

    def queryset(self, request: Any, queryset: Any) -> Any:
        """The rows; only what is open can be due."""
        today = timezone.localdate()
        if self.value() == "overdue":
            return queryset.overdue(today)
        return queryset.due_between(today, today + WEEK) if self.value() == "week" else queryset


class Promised(admin.SimpleListFilter):
    """What is owed next: the answer, or something that was promised for an earlier day."""

    title, parameter_name = _("promises"), "promise"

    def lookups(self, request: Any, model_admin: Any) -> Choices:
        """The choices."""
        return [("missed", _("a promise is missed")), ("week", _("to keep this week"))]

    def queryset(self, request: Any, queryset: Any) -> Any:
        """The rows; only an open request owes anything."""
        today = timezone.localdate()
        if self.value() == "missed":
            return queryset.promise_missed(today)
        return queryset.promised_between(today, today + WEEK) if self.value() == "week" else queryset


class Kind(admin.SimpleListFilter):
    """Which right."""

    title, parameter_name = _("right"), "kind"

    def lookups(self, request: Any, model_admin: Any) -> Choices:
        """The choices."""
        return list(rights.choices())

    def queryset(self, request: Any, queryset: Any) -> Any:
        """The rows."""
        return queryset.filter(kind=self.value()) if self.value() else queryset


class Standing(admin.SimpleListFilter):
    """Where the request stands; open ones unless said otherwise."""

    title, parameter_name = _("state"), "state"

    def lookups(self, request: Any, model_admin: Any) -> Choices:
        """The choices besides "open"."""
        return [("all", _("open and closed")), ("closed", _("closed")), *State.choices]

    def choices(self, changelist: Any) -> Iterator[Any]:
        """The choices, the first of them named for what it shows."""
        first, *rest = super().choices(changelist)
        yield {**first, "display": _("open")}
        yield from rest

    def queryset(self, request: Any, queryset: Any) -> Any:
        """The rows."""
        is_open_already = any(request.GET.get(name) in values for name, values in OPEN_ALREADY.items())
        if self.value() == "all" or (not self.value() and is_open_already):
            return queryset
        if self.value() == "closed":
            return queryset.closed()
        return queryset.filter(state=self.value()) if self.value() else queryset.open()


class Told(admin.SimpleListFilter):
    """Complaints whose complainant has heard nothing for too long (SFB-04)."""

    title, parameter_name = _("complaints"), "told"

    def lookups(self, request: Any, model_admin: Any) -> Choices:
        """The choices."""
        return [("silent", _("no word to the person for %(days)d days") % {"days": settings.COMPLAINT_SILENCE_DAYS})]

    def queryset(self, request: Any, queryset: Any) -> Any:
        """The rows; only what is open can wait."""
        return complaints.silent(timezone.now(), queryset) if self.value() == "silent" else queryset
