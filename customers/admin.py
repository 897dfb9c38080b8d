"""The shop's own records in the office: to look at, found by person; staff accounts, for account managers."""

from typing import Any, ClassVar

from django import forms
from django.contrib import admin, messages
from django.contrib.auth.models import Group
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import path
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from privacy import audit, overview, roles
from privacy.admin import banners, choosing, people, seeing
from privacy.admin.ledger import Ledger
from privacy.admin.lists import KeysetChangeList
from privacy.admin.pages import OfficeAdmin, ReadOnly
from privacy.admin.site import page
from privacy.roles import Act
from privacy.subject_requests import DataSubjectRequest

from . import suspicions
from .models import Account, ChatLog, CreditCheck, Customer, Enquiry, FraudMarker, NewsletterSubscription, Order


class LookedAt(admin.SimpleListFilter):
    """Whose data may have grown old (CLG-13)."""

    title, parameter_name = _("data called right by the person"), "looked"

    def lookups(self, request: Any, model_admin: Any) -> list[tuple[str, Any]]:
        """The choices."""
        return [("long_ago", _("not for a year"))]

    def queryset(self, request: Any, queryset: Any) -> Any:
        """The rows."""
        return queryset.not_looked_at(timezone.now()) if self.value() == "long_ago" else queryset


@admin.register(Customer)
class Customers(ReadOnly):
    """The people: a masked list, and one page for each."""

    may_see = Act.SEE_PERSON
    list_display = ("number", "language", "created_at", "last_active_at")
    list_filter = (LookedAt,)
    search_fields = ("number",)
    search_help_text = _("Customer number, email address, or the beginning of a name")
    sortable_by = ()
    ordering = ("-pk",)
    change_list_template = "admin/long_list.html"
    change_form_template = "admin/person.html"
    fields = readonly_fields = (
        "number", "display_name", "given_name", "family_name", "addresses", "phone", "language", "collected_via",
        "created_at", "last_active_at", "last_confirmed_at", "erased_at",
    )  # fmt: skip

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """What is listed; size, sex, birthday and health matters are not needed to help somebody (Art. 5(1)(c))."""
        return self.fields

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[KeysetChangeList]:
        """Pages by keyset."""
        return KeysetChangeList

    def get_list_display(self, request: HttpRequest) -> Any:
        """With the masked name."""
        return (self.list_display[0], "masked_name", *self.list_display[1:])

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """By number, address or beginning of a name, by index."""
        text = search_term.strip()
        return (queryset.filter(pk__in=people.found(text)) if text else queryset), False

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        """The person's page: banner, requests, what we hold; her details once a reason was typed, and that is noted."""
        person = self.get_object(request, object_id)
        extra = dict(extra_context or {})
        if person is not None and self.has_view_permission(request, person) and request.method != "POST":
            extra |= {
                "title": _("Customer"),
                "sight": seeing.of(request, person),
                "masked": people.masked(person.display_name),
                "barred": banners.of_person(request, person),
                "hold_url": banners.hold_url(request, person),
                "suspicions": person.fraud_markers.order_by("pk") if roles.may(request.user, Act.HOLD) else [],
                "requests": DataSubjectRequest.objects.filter(data_subject=person).order_by("-received_at")[:20],
                "holdings": overview.holdings(person, timezone.localdate(), for_staff=True),
            }
            if not extra["sight"] or not extra["sight"].is_open:
                context = {**self.admin_site.each_context(request), **extra, "opts": self.opts, "original": person}
                return render(request, "admin/person_masked.html", context)
        return super().change_view(request, object_id, form_url, extra)

    def history_view(self, request: HttpRequest, object_id: str, extra_context: Any = None) -> Any:
        """The audit log is the history; the page is the same."""
        return self.change_view(request, object_id, extra_context=extra_context)

    @admin.display(description=_("name"))
    def masked_name(self, person: Customer) -> str:
        """For the list."""
        return people.masked(person.display_name)

    @admin.display(description=_("email addresses"))
    def addresses(self, person: Customer) -> str:
        """All of them."""
        return ", ".join(person.email_addresses())


class OfACustomer(Ledger):
    """Rows about a customer, named by the path `customer`."""

    list_select_related: ClassVar[Any] = ("customer",)

    def get_list_display(self, request: HttpRequest) -> Any:
        """The person second."""
        return (self.list_display[0], people.column(request, "customer"), *self.list_display[1:])

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """By person; an order by its number too."""
        text = search_term.strip()
        return (queryset.filter(customer__in=people.found(text)) if text else queryset), False


@admin.register(Order)
class Orders(OfACustomer):
    """Orders."""

    list_display = ("number", "placed_on", "state")
    search_help_text = _("Order number, customer number, email address, or the beginning of a name")

    def get_search_results(self, request: HttpRequest, queryset: Any, search_term: str) -> tuple[Any, bool]:
        """An order number first."""
        by_number = queryset.filter(number=search_term.strip())
        if search_term.strip() and by_number.exists():
            return by_number, False
        return super().get_search_results(request, queryset, search_term)


@admin.register(Enquiry)
class Enquiries(OfACustomer):
    """Questions and answers."""

    list_display = ("received_at",)


@admin.register(ChatLog)
class Chats(OfACustomer):
    """Chats."""

    list_display = ("started_at",)


@admin.register(NewsletterSubscription)
class Newsletters(OfACustomer):
    """Sign-ups; whether we may write is asked of the gate."""

    list_display = ("requested_at", "newsletter", "confirmed_at")


@admin.register(CreditCheck)
class CreditChecks(OfACustomer):
    """Scores; the logic behind them is the agency's and is not shown."""

    list_display = ("checked_at", "recipient", "reviewed_by_person")
    exclude = ("logic",)
    list_select_related = ("customer", "recipient")


class SuspicionForm(forms.Form):
    """What was false, and how we know."""

    what = forms.ChoiceField(label=_("What was false?"), choices=FraudMarker.What.choices)
    facts = forms.CharField(label=_("What do we know?"), max_length=4000, widget=forms.Textarea(attrs={"rows": 4}))
    evidence = forms.CharField(label=_("Where is the proof?"), max_length=200)


def _record_suspicion(request: HttpRequest, person: Any, said: dict[str, Any]) -> HttpResponse:
    row = suspicions.record(person, actor=request.user, **said)
    messages.success(request, _("Written down. Only privacy officers see it."))
    return redirect("admin:customers_fraudmarker_change", row.pk)


record_suspicion = page("suspicion/", "record_suspicion")(
    choosing.for_a_person(
        Act.HOLD, SuspicionForm, _record_suspicion, title=_("Suspicion of fraud"), button=_("Write it down")
    )
)


@admin.register(FraudMarker)
class Suspicions(OfACustomer):
    """Suspicions of fraud; for privacy officers alone (LRD-18)."""

    may_see = Act.HOLD
    list_display = ("recorded_on", "what", "settled_on", "outcome")
    change_form_template = "admin/suspicion.html"

    def get_urls(self) -> list[Any]:
        """With what became of it."""
        view = self.admin_site.admin_view(self.settle)
        return [path("<int:pk>/settle/", view, name="customers_fraudmarker_settle"), *super().get_urls()]

    def settle(self, request: HttpRequest, pk: int) -> HttpResponse:
        """Proven, or nothing in it."""
        if request.method != "POST" or not roles.may(request.user, Act.HOLD):
            raise PermissionDenied
        row = get_object_or_404(FraudMarker.objects.select_related("customer"), pk=pk)
        try:
            suspicions.settle(row, request.POST.get("outcome", ""), actor=request.user, today=timezone.localdate())
            messages.success(request, _("Settled."))
        except suspicions.NotPossible as error:
            messages.error(request, str(error))
        return redirect("admin:customers_fraudmarker_change", pk)


class StaffForm(forms.ModelForm):
    """A colleague's account: address, name, whether it is open, and roles below one's own."""

    roles = forms.ModelMultipleChoiceField(
        label=_("Roles"), queryset=Group.objects.none(), required=False, widget=forms.CheckboxSelectMultiple
    )
    manager: Any = None

    class Meta:
        model = Account
        fields = ("email", "staff_name", "is_active")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offers what this manager may give."""
        super().__init__(*args, **kwargs)
        choices = Group.objects.filter(name__in=roles.grantable(self.manager)).order_by("name")
        field: Any = self.fields["roles"]
        field.queryset = choices
        if self.instance.pk:
            field.initial = [group.pk for group in self.instance.groups.all()]


@admin.register(Account)
class StaffAccounts(OfficeAdmin):
    """Staff accounts: never one's own, nobody above, no passwords, no customers."""

    may_see = may_write = may_add = Act.MANAGE_ACCOUNTS
    list_display = ("staff_name", "email", "in_roles", "is_active", "is_superuser", "last_login")
    list_display_links = ("staff_name", "email")
    ordering = ("staff_name", "pk")
    form = StaffForm
    fields = ("email", "staff_name", "is_active", "roles")

    def get_queryset(self, request: HttpRequest) -> Any:
        """Staff alone; a customer's account is nobody's business here."""
        return super().get_queryset(request).filter(is_staff=True).prefetch_related("groups")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Not self, not above one's own."""
        return super().has_change_permission(request, obj) and (obj is None or roles.may_manage(request.user, obj))

    def get_form(self, request: HttpRequest, obj: Any = None, change: bool = False, **kwargs: Any) -> Any:
        """The form of this manager; to read only, the plain columns."""
        if obj is not None and not self.has_change_permission(request, obj):
            return super().get_form(request, obj, change, **(kwargs | {"form": forms.ModelForm}))
        form: Any = super().get_form(request, obj, change, **kwargs)
        return type("StaffFormOfManager", (form,), {"manager": request.user})

    def get_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """Without the ticks where nothing may be changed."""
        may_change = obj is None or self.has_change_permission(request, obj)
        return self.fields if may_change else ("email", "staff_name", "is_active")

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Saves with exactly the roles that may be given; a new account starts without a password."""
        if change and not roles.may_manage(request.user, obj):
            raise PermissionDenied
        if not change:
            obj.is_staff = True
            obj.set_unusable_password()
        super().save_model(request, obj, form, change)
        obj.groups.set(form.cleaned_data["roles"])
        given = [f"{group.pk}" for group in form.cleaned_data["roles"]]
        event = "staff.changed" if change else "staff.added"
        audit.record(event, actor=request.user, target=obj, groups=given, is_active=obj.is_active)  # type: ignore[arg-type]

    @admin.display(description=_("roles"))
    def in_roles(self, account: Account) -> str:
        """Their names."""
        return ", ".join(group.name for group in account.groups.all())
