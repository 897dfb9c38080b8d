"""The shop's own account pages: "everything is still right"."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from .people import Customer


@require_POST
@login_required
def confirm(request: HttpRequest) -> HttpResponse:
    """The customer has looked and says that it is all still right (CLG-13)."""
    get_object_or_404(Customer, account=request.user).confirm(timezone.now())
    messages.success(request, _("Thank you. We have noted that everything is right."))
    return redirect("privacy:my_data")
