"""Mail that came in: what waits for a person, what a machine could not read, and what became of the rest."""

from collections.abc import Iterator
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.db.models import Q
from django.http import HttpRequest
from django.urls import path
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import roles
from ..fields import correspondent_hash
from ..inbound import deeds
from ..inbound.judgement import IGNORE
from ..inbound.mailbox import InboundEmail
from ..roles import Act
from ..subject_requests import DataSubjectRequest
from . import dismissing, mail_link, mail_page, mail_words, people, words
from .ledger import Ledger
from .site import in_the_office

HERE = "privacy_inboundemail"


class Which(admin.SimpleListFilter):
    """What waits, unless said otherwise; a search looks everywhere."""

    title, parameter_name = gettext_lazy("which"), "which"

    def __init__(self, request: HttpRequest, *args: Any) -> None:
        self.default = "all" if request.GET.get("q", "").strip() else "waiting"
        super().__init__(request, *args)

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, Any]]:
        """The choices."""
        return [
            ("waiting", gettext_lazy("to be looked at")), ("failed", gettext_lazy("could not be read")),
            ("done", gettext_lazy("dealt with by a colleague")), ("machine", gettext_lazy("written by a machine")),
            ("all", gettext_lazy("all")),
        ]  # fmt: skip

    def choices(self, changelist: Any) -> Iterator[Any]:
        """Each by its own name."""
        chosen = self.value() or self.default
        for value, label in self.lookup_choices:
            query = changelist.get_query_string({self.parameter_name: value})
            yield {"selected": value == chosen, "query_string": query, "display": label}

    def queryset(self, request: Any, queryset: Any) -> Any:
        """The rows; the state that waits is two, so the keys come first and the order stays the list's own."""
        which = self.value() or self.default
        if which == "waiting":
            return queryset.filter(pk__in=InboundEmail.objects.waiting().values("pk"))
        if which == "failed":
            return queryset.needing_attention()
        if which == "done":
            return queryset.filter(review_state=InboundEmail.Review.DONE)
        return queryset.filter(outcome=IGNORE) if which == "machine" else queryset


@in_the_office(InboundEmail)
class Inbox(Ledger):
    """The list and the page of each mail."""

    heading = gettext_lazy("Incoming mail")
    may_see = Act.SEE_PERSON
    list_display = ("received", "stands", "recognised", "why", "mailbox", "way")
    list_display_links = ("received",)
    list_filter = (Which,)
    search_help_text = gettext_lazy("Sender's address, customer number, reference of a request, or beginning of a name")
    ordering = ("-pk",)
    actions = (dismissing.dismiss, dismissing.reopen)
    actions_on_bottom = False
    change_list_template = "admin/inbox.html"

    def get_urls(self) -> list[Any]:
        """With the steps, the link to a person and the bytes."""
        site = self.admin_site
        verbs: list[tuple[str, str, Any, dict[str, Any]]] = [
            ("step/<slug:name>/", "step", mail_page.take_step, {"room": self}),
            ("person/", "person", mail_link.choose, {"room": self}),
            ("raw/", "raw", mail_page.raw, {}),
            ("attachment/<int:number>/", "attachment", mail_page.attachment, {}),
        ]
        ours = [path(f"<int:pk>/{at}", site.admin_view(view), more, f"{HERE}_{n}") for at, n, view, more in verbs]
        return [*ours, *super().get_urls()]

    def get_queryset(self, request: HttpRequest) -> Any:
        """Lists do without the bytes."""
        return super().get_queryset(request).defer("raw", "recipient")

    def has_handle_permission(self, request: HttpRequest) -> bool:
        """For the actions of the list."""
        return roles.may(request.user, Act.HANDLE)

    def get_list_display(self, request: HttpRequest) -> Any:
        """The person as this reader may see her."""
        return (*self.list_display[:2], people.column(request), *self.list_display[2:])

    def get_ordering(self, request: HttpRequest) -> Any:
        """What waits, the oldest first; the rest, the newest."""
        waits = request.GET.get(Which.parameter_name, "waiting") in ("waiting", "failed")
        return ("pk",) if waits and not request.GET.get("q", "").strip() else ("-pk",)

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """By sender, by request or by person; each by index, the sender's address by its keyed hash."""
        text = search_term.strip()
        if not text:
            return queryset, False
        if "@" in text:
            sender = correspondent_hash(text)
            return queryset.filter(Q(sender_hash=sender) | Q(from_hash=sender)), False
        if text.upper().startswith(f"{settings.CASE_PREFIX}-"):
            case = DataSubjectRequest.objects.filter(reference=text.upper()).first()
            return queryset.filter(pk__in=deeds.mails_of(case) if case else []), False
        return queryset.filter(data_subject__in=people.found(text)), False

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        """One mail, as plain text; what is done is done by its steps."""
        return mail_page.show(request, object_id, self)

    @admin.display(description=gettext_lazy("received"), ordering="pk")
    def received(self, mail: InboundEmail) -> str:
        """Day and time."""
        return words.moment(mail.received_at)

    @admin.display(description=gettext_lazy("state"))
    def stands(self, mail: InboundEmail) -> str:
        """Where it stands, in colour."""
        return mail_words.badge(mail)

    @admin.display(description=gettext_lazy("taken for"))
    def recognised(self, mail: InboundEmail) -> str:
        """What was recognised."""
        return mail_words.taken_for(mail)

    @admin.display(description=gettext_lazy("why"))
    def why(self, mail: InboundEmail) -> str:
        """In short."""
        return mail_words.why(mail)

    @admin.display(description=gettext_lazy("came by"))
    def way(self, mail: InboundEmail) -> str:
        """The road."""
        return mail.get_road_display()

    def changelist_view(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """The list; empty, it says whether that is good news."""
        which = request.GET.get(Which.parameter_name, "waiting")
        all_done = which == "waiting" and not request.GET.get("q", "").strip()
        extra = {"title": _("Incoming mail"), "all_done": all_done}
        return super().changelist_view(request, extra | (extra_context or {}))
