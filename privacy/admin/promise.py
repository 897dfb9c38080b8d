"""The page on which a colleague promises to keep what she sees to herself."""

from django.contrib import admin, messages
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _

from .. import confidentiality


def promise(request: HttpRequest) -> HttpResponse:
    """The page with the promise; POST writes it down with its date."""
    wanted = request.POST.get("next") or request.GET.get("next") or ""
    safe = url_has_allowed_host_and_scheme(wanted, {request.get_host()}, require_https=request.is_secure())
    wanted = wanted if safe else reverse("admin:index")
    if request.method == "POST":
        confidentiality.promise(request.user)
        messages.success(request, _("Thank you. Your promise is noted and holds for a year."))
        return HttpResponseRedirect(wanted)
    context = {**admin.site.each_context(request), "title": _("Keep it confidential"), "next": wanted}
    return render(request, "admin/confidentiality.html", context)
