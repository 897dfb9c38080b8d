"""The office: Django's admin with our start page, our sign-in and our rules for who may come in at all."""

from collections.abc import Callable
from typing import Any

from django.conf import settings
from django.contrib import admin
from django.contrib.auth import get_user_model
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.db.models import Model
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, resolve_url
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.http import urlencode
from django.utils.module_loading import import_string
from django.utils.translation import gettext_lazy as _

from .. import training
from ..confidentiality import has_promised
from . import menu, promise, ready, start

View = Callable[..., Any]
# Pages of other apps would show second factors and let permissions be changed; the office has its own.
NOT_IN_THE_OFFICE = {"auth", "account", "mfa", "contenttypes", "sessions"}
# The start page holds numbers only; everything behind it waits for the yearly promise and the training.
BEFORE_THE_PROMISE = {"index", "login", "logout", "jsi18n", "password_change", "confidentiality", "ready"}
# Pages without customers' data: somebody must be able to hire and to record a training before anybody is trained.
BEFORE_THE_TRAINING = {"training", "password_change_done"}

ROOMS: dict[type[Model], type[admin.ModelAdmin]] = {}
PAGES: list[tuple[str, str, View]] = [
    ("confidentiality/", "confidentiality", promise.promise), ("ready/", "ready", ready.ready),
    ("training/", "training", ready.trainings),
]  # fmt: skip


def in_the_office(model: type[Model]) -> Callable[[type[admin.ModelAdmin]], type[admin.ModelAdmin]]:
    """Registers an admin class; the site takes them all in when it is made, whoever asks for it first."""

    def register(room: type[admin.ModelAdmin]) -> type[admin.ModelAdmin]:
        ROOMS[model] = room
        return room

    return register


def page(route: str, name: str) -> Callable[[View], View]:
    """Puts the function below it at this address of the office; it checks itself who may come."""

    def register(view: View) -> View:
        PAGES.append((route, name, view))
        return view

    return register


class Office(admin.AdminSite):
    """The staff's site."""

    site_header = _("Privacy office")
    site_title = _("Privacy office")
    index_title = _("Today")
    index_template = "admin/start.html"
    enable_nav_sidebar = True
    site_url = "/"

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        for model, room in ROOMS.items():
            self.register(model, room)

    def register(self, model_or_iterable: Any, admin_class: Any = None, **options: Any) -> None:
        """Takes our own pages in and leaves those of other apps out."""
        models: Any = [model_or_iterable] if isinstance(model_or_iterable, type) else model_or_iterable
        ours = [model for model in models if model._meta.app_label not in NOT_IN_THE_OFFICE]
        super().register(ours, admin_class, **options)

    def get_urls(self) -> list[URLPattern | URLResolver]:
        """Our own pages stand before Django's."""
        ours = [path(route, self.admin_view(view), name=name) for route, name, view in PAGES]
        signs = [path("password_change/", self.admin_view(self.password_change), name="password_change")]
        return [*ours, *signs, *super().get_urls()]

    def admin_view(self, view: View, cacheable: bool = False) -> Any:
        """Every page: strangers to the sign-in, customers out, staff only with second factor, promise and training."""
        inner = super().admin_view(view, cacheable)

        def guarded(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponse:
            elsewhere = self.first_go_to(request)
            return elsewhere or inner(request, *args, **kwargs)

        return guarded

    def first_go_to(self, request: HttpRequest) -> HttpResponse | None:
        """Where somebody must go before this page, if anywhere; PermissionDenied for those who are not staff."""
        here = request.resolver_match.url_name if request.resolver_match else ""
        if not request.user.is_authenticated:
            wanted = reverse("admin:index") if here in ("login", "logout") else request.get_full_path()
            return redirect_to_login(wanted, resolve_url(settings.LOGIN_URL))
        if not self.has_permission(request):
            raise PermissionDenied
        if settings.STAFF_NEEDS_SECOND_FACTOR and not self.has_second_factor(request.user):
            return redirect("mfa_activate_totp")
        if here not in BEFORE_THE_PROMISE and not has_promised(request.user, timezone.now()):
            return _first(request, "admin:confidentiality")
        if _needs_training(here) and not training.is_current(request.user, timezone.localdate()):
            return _first(request, "admin:ready")
        return None

    @cached_property
    def has_second_factor(self) -> Callable[[Any], bool]:
        """Asks the sign-in app, which the engine knows by name alone."""
        check: Callable[[Any], bool] = import_string(
            getattr(settings, "HAS_SECOND_FACTOR", "allauth.mfa.utils.is_mfa_enabled")
        )
        return check

    def each_context(self, request: HttpRequest) -> dict[str, Any]:
        """With our own menu, by what people do instead of by table."""
        context: dict[str, Any] = super().each_context(request)
        return context | {"menu": menu.of(request, context["available_apps"])}

    def login(self, request: HttpRequest, extra_context: Any = None) -> HttpResponse:
        """The one sign-in of the site, with its limits and second factor; never a second, weaker one."""
        return self.first_go_to(request) or redirect("admin:index")

    def password_change(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """The site's own page, which asks for the old password and ends other sessions."""
        return redirect("account_change_password")

    def index(self, request: HttpRequest, extra_context: Any = None) -> Any:
        """The start page: what waits today."""
        shown = start.context(request)
        answer = super().index(request, {**shown, **(extra_context or {})})
        answer.status_code = 422 if shown.get("period_error") else 200
        return answer


def _first(request: HttpRequest, name: str) -> HttpResponse:
    return HttpResponseRedirect(f"{reverse(name)}?{urlencode({'next': request.get_full_path()})}")


def _needs_training(here: str | None) -> bool:
    """Every page but those of staff accounts, which hold nothing about customers."""
    meta = get_user_model()._meta
    accounts = f"{meta.app_label}_{meta.model_name}_"
    return here not in BEFORE_THE_PROMISE | BEFORE_THE_TRAINING and not str(here).startswith(accounts)
