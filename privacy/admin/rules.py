"""The rules that staff keep as rows: recipients, cookies, purposes, policies."""

from typing import Any

from django import forms
from django.contrib import admin
from django.db import models
from django.http import HttpRequest
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from .. import audit
from ..choice_calls import standing_with
from ..forms.details import DetailsField
from ..policies import PolicyVersion
from ..purposes import Purpose
from ..recipients import Cookie, Recipient, may_sign
from ..roles import Act
from .pages import OfficeAdmin
from .site import in_the_office

BROWSER = ("policy_url", "opt_out_url", "browser_settings_only", "cookie_lifetime", "shortens_ip")
TOLD = ("notice_email", "notice_url", "new_secret", "told_by_hand", "hears", "calls")


def warned(words: str, is_too_long: bool) -> str:
    """These words, with a warning beside a life of more than 13 months."""
    return f"{words} ⚠ {_('longer than 13 months')}" if is_too_long else words


class Rules(OfficeAdmin):
    """Rows that privacy officers write and auditors read; every change is in the audit log."""

    may_see = Act.SEE_RULES
    may_write = may_add = Act.WRITE_RULES

    def save_model(self, request: HttpRequest, obj: Any, form: Any, change: bool) -> None:
        """Saves, and writes down who changed which columns."""
        super().save_model(request, obj, form, change)
        event = f"{obj._meta.model_name}.{'changed' if change else 'added'}"
        audit.record(event, actor=request.user, target=obj, columns=sorted(form.changed_data))  # type: ignore[arg-type]


class RecipientForm(forms.ModelForm):
    """A secret goes in and never comes out again."""

    new_secret = forms.CharField(
        label=_("Secret for the URL"), required=False, strip=False, min_length=24, max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_("24 characters or more, or whsec_ and base64. Empty: as it is. It is not shown again."),
    )  # fmt: skip

    def clean_new_secret(self) -> str:
        """One with which calls can be signed."""
        secret: str = self.cleaned_data["new_secret"]
        if secret and not may_sign(secret):
            raise forms.ValidationError(_("What stands behind whsec_ is not base64, or is too short."))
        return secret

    def clean(self) -> Any:
        """Puts the secret where the recipient's own rules look for it."""
        if secret := self.cleaned_data.get("new_secret"):
            self.instance.notice_secret = secret.encode()
        return super().clean()


@in_the_office(Recipient)
class Recipients(Rules):
    """Who else gets data."""

    form = RecipientForm
    # An address typed without a scheme is a secure one.
    formfield_overrides = {models.URLField: {"assume_scheme": "https"}}
    list_display = ("name", "group", "kind", "country", "is_necessary", "is_active", "agreement_until", "cookies_live")
    search_fields = ("name", "legal_name")
    readonly_fields = ("calls",)
    fieldsets = (
        (None, {"fields": ("name", "legal_name", "postal_address", "kind", "group", "purpose")}),
        (_("What it may get"), {"fields": ("fields", "is_necessary", "is_active")}),
        (_("Under which protection"), {"fields": ("country", "safeguard", "agreement_until", "arrangement")}),
        (_("Is it as safe as we are?"), {"fields": ("security_reviewed_on", "security_result", "security_note")}),
        (_("How it is told of corrections, deletions and choices"), {"fields": TOLD}),
        (_("In the browser"), {"fields": BROWSER}),
    )

    def formfield_for_dbfield(self, db_field: Any, request: HttpRequest, **kwargs: Any) -> Any:
        """The details that it may get are words in a box."""
        if db_field.name == "fields":
            words = _("The only details it may get, one in each line or between commas, such as name, address.")
            return DetailsField(label=_("Details"), required=False, help_text=words)
        return super().formfield_for_dbfield(db_field, request, **kwargs)

    @admin.display(description=_("calls about choices"))
    def calls(self, recipient: Recipient) -> str:
        """How many wait, and when the last one was taken; those that need a person stand among the jobs."""
        found = standing_with(recipient) if recipient.pk else None
        if found is None or found.is_empty:
            return gettext("None yet.")
        last = date_format(timezone.localtime(found.last), "DATETIME_FORMAT") if found.last else gettext("never")
        return gettext("The last one was taken: {last}. Waiting: {waiting}. In need of a person: {stuck}.").format(
            last=last, waiting=found.waiting, stuck=found.stuck
        )

    @admin.display(description=_("cookies live"))
    def cookies_live(self, obj: Recipient) -> str:
        """What it says of its cookies, with a warning above 13 months (CNX-20)."""
        return warned(obj.cookie_lifetime, obj.lives_too_long)

    def get_fieldsets(self, request: HttpRequest, obj: Any = None) -> Any:
        """Whoever may not write sees no field for a secret either."""
        if self.has_change_permission(request, obj):
            return self.fieldsets
        return [(name, {"fields": [f for f in said["fields"] if f != "new_secret"]}) for name, said in self.fieldsets]


@in_the_office(Cookie)
class Cookies(Rules):
    """Cookies with their lifetimes."""

    list_display = ("name", "recipient", "purpose", "lives", "is_essential")
    list_select_related = ("recipient",)

    @admin.display(description=_("how long, in days"), ordering="lifetime_days")
    def lives(self, obj: Cookie) -> str:
        """Its days, with a warning above 13 months (CNX-20)."""
        return warned("" if obj.lifetime_days is None else str(obj.lifetime_days), obj.lives_too_long)


@in_the_office(Purpose)
class Purposes(Rules):
    """What data is used for; a built-in purpose keeps its name."""

    list_display = ("label", "slug", "lawful_basis", "can_be_refused", "is_built_in")

    def get_readonly_fields(self, request: HttpRequest, obj: Any = None) -> Any:
        """The slug of a built-in purpose stands in the code."""
        return ("slug", "lawful_basis") if obj is not None and obj.is_built_in else ()


@in_the_office(PolicyVersion)
class Policies(Rules):
    """Texts by version; one that is or was in force is never rewritten."""

    list_display = ("title", "kind", "version", "effective_on", "review_on")

    def has_change_permission(self, request: HttpRequest, obj: Any = None) -> bool:
        """Only a version that is still to come."""
        in_force = obj is not None and obj.effective_on is not None and obj.effective_on <= timezone.localdate()
        return super().has_change_permission(request, obj) and not in_force
