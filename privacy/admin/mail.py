"""What we wrote to people, and whether it has left."""

from typing import Any

from django.contrib import admin
from django.http import HttpRequest
from django.utils.translation import gettext_lazy as _

from ..jobs import Job
from ..notices import OutgoingEmail
from ..roles import Act
from . import people
from .ledger import Ledger
from .site import in_the_office


class Standing(admin.SimpleListFilter):
    """Whether it has left."""

    title, parameter_name = _("state"), "standing"

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, Any]]:
        """The choices."""
        return list(Job.State.choices)

    def queryset(self, request: Any, queryset: Any) -> Any:
        """The rows."""
        return queryset.filter(job_state=self.value()) if self.value() else queryset


@in_the_office(OutgoingEmail)
class Outgoing(Ledger):
    """Outgoing mail, as text; its HTML is never run here."""

    may_see = Act.SEE_PERSON
    list_display = ("created_at", "template", "job_state", "finished_at")
    list_filter = (Standing,)
    fields = readonly_fields = (
        "template", "addressee", "subject", "plain", "created_at", "job_state", "finished_at", "failures", "last_error",
    )  # fmt: skip

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """What is listed, and nothing else."""
        return self.fields

    def get_queryset(self, request: HttpRequest) -> Any:
        """Lists do without the bodies."""
        return super().get_queryset(request).defer("html", "headers")

    @admin.display(description=_("to"))
    def addressee(self, row: OutgoingEmail) -> str:
        """The person, where she is known, by number and masked name."""
        person = row.data_subject
        return f"{person} {people.masked(person.display_name)}" if person else str(_("nobody we know"))

    @admin.display(description=_("text"))
    def plain(self, row: OutgoingEmail) -> str:
        """The letter as plain text."""
        return bytes(row.body or b"").decode(errors="replace")
