"""Orders of authorities: one person writes down what police or a court demands, a second decides, then it may go."""

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path, reverse
from django.utils import timezone
from django.utils.html import format_html
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from .. import audit, roles
from ..forms.details import DetailsField
from ..gate.handing_over import MayNotShare, hand_over
from ..recipients import AuthorityOrder, Recipient, orders
from ..recipients.orders import NotAllowed
from ..roles import Act
from . import choosing
from .ledger import Ledger
from .pages import row_verb
from .site import in_the_office, page

HERE = "privacy_authorityorder"


class OrderForm(forms.Form):
    """What is demanded, by whom, by which law; one detail a line."""

    recipient = forms.ModelChoiceField(
        label=gettext_lazy("Which authority?"), queryset=Recipient.objects.none(),
        help_text=gettext_lazy("It must stand in the register of recipients, switched on, as an authority."),
    )  # fmt: skip
    legal_basis = forms.CharField(
        label=gettext_lazy("By which law?"), max_length=200, help_text=gettext_lazy("As it stands in their letter.")
    )
    reference = forms.CharField(label=gettext_lazy("Their file number"), max_length=120)
    received_on = forms.DateField(
        label=gettext_lazy("Received on"), widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
    )
    fields_demanded = DetailsField(
        label=gettext_lazy("What do they demand?"),
        help_text=gettext_lazy("The names of the details, one in each line, such as name, address, orders. No values."),
    )
    secret_until = forms.DateField(
        label=gettext_lazy("The person must not be told before"), required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("Only where the order says so. Afterwards she reads it among her data."),
    )  # fmt: skip

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """With the authorities of the register."""
        super().__init__(*args, **kwargs)
        known = Recipient.objects.active().filter(kind=Recipient.Kind.AUTHORITY)
        self.fields["recipient"].queryset = known  # type: ignore[attr-defined]
        if not known.exists():
            self.fields["recipient"].help_text = format_html(
                _("No authority is in the register yet. {link}, of the kind “authority”, and switch it on."),
                link=format_html('<a href="{}">{}</a>', reverse("admin:privacy_recipient_add"), _("Add it there")),
            )

    def clean_received_on(self) -> Any:
        """No day ahead."""
        if self.cleaned_data["received_on"] > timezone.localdate():
            raise forms.ValidationError(_("This day has not come yet."))
        return self.cleaned_data["received_on"]


class WhyForm(forms.Form):
    """Why it is refused."""

    reason = forms.CharField(label=gettext_lazy("Why is it refused?"), max_length=500)


@in_the_office(AuthorityOrder)
class Orders(Ledger):
    """Each order and how far it is."""

    heading = gettext_lazy("Orders of authorities")
    list_display = ("received_on", "recipient", "state")
    list_select_related = ("data_subject", "recipient")
    change_form_template = "admin/authority_order.html"

    def get_urls(self) -> list[Any]:
        """With the verbs of the second person."""
        verbs = [("approve", approve), ("refuse", refuse), ("give", give)]
        ours = [path(f"<int:pk>/{at}/", self.admin_site.admin_view(v), name=f"{HERE}_{at}") for at, v in verbs]
        return [*ours, *super().get_urls()]

    def change_view(self, request: HttpRequest, object_id: str, form_url: str = "", extra_context: Any = None) -> Any:
        """With what this colleague may do about it."""
        row = AuthorityOrder.objects.filter(pk=object_id).first() if str(object_id).isdigit() else None
        extra = dict(extra_context or {}) | ({} if row is None else _deciding(request, row))
        return super().change_view(request, object_id, form_url, extra)


def _deciding(request: HttpRequest, row: AuthorityOrder) -> dict[str, Any]:
    may = roles.may(request.user, Act.APPROVE)
    return {
        "order": row, "is_mine": row.recorded_by == audit.reference(request.user),  # type: ignore[arg-type]
        "may_decide": may and row.state == AuthorityOrder.State.RECORDED,
        "may_give": may and row.state == AuthorityOrder.State.APPROVED, "why_form": WhyForm(auto_id="id_refuse_%s"),
    }  # fmt: skip


def _verb(verb: Callable[[AuthorityOrder, HttpRequest], None], said: Any) -> Callable[..., HttpResponse]:
    return row_verb(Act.APPROVE, AuthorityOrder, verb, said, refused=(NotAllowed, MayNotShare))


def _approve(row: AuthorityOrder, request: HttpRequest) -> None:
    orders.approve(row, actor=request.user, now=timezone.now())


def _refuse(row: AuthorityOrder, request: HttpRequest) -> None:
    orders.refuse(row, request.POST.get("reason", ""), actor=request.user, now=timezone.now())


def _give(row: AuthorityOrder, request: HttpRequest) -> None:
    hand_over(row.data_subject, row.recipient, row.fields, actor=request.user, now=timezone.now())


approve = _verb(_approve, gettext_lazy("Agreed. What the order names may go now; note it here when it does."))
refuse = _verb(_refuse, gettext_lazy("Refused. Nothing goes."))
give = _verb(_give, gettext_lazy("Noted. It stands in the log of what was passed on."))


def _record(request: HttpRequest, person: Any, said: dict[str, Any]) -> HttpResponse:
    try:
        order = orders.record(
            person, said["recipient"], said["fields_demanded"], legal_basis=said["legal_basis"],
            reference=said["reference"], received_on=said["received_on"], secret_until=said["secret_until"],
            actor=request.user, now=timezone.now(),
        )  # fmt: skip
    except ValidationError as error:
        raise forms.ValidationError(error.messages) from error
    messages.success(request, _("It is on record. A second, different person decides; until then nothing goes."))
    return redirect(f"admin:{HERE}_change", order.pk)


record_order = page("authority-orders/record/", "record_authority_order")(
    choosing.for_a_person(
        Act.PROPOSE,
        OrderForm,
        _record,
        title=gettext_lazy("Record an order of an authority"),
        button=gettext_lazy("Put it on record"),
    )
)
