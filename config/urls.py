"""Where everything is found."""

from django.contrib import admin
from django.urls import include, path

urlpatterns = [
    path("admin/", admin.site.urls),
    path("account/2fa/", include("allauth.mfa.urls")),
    path("account/", include("customers.urls")),
    path("account/", include("allauth.account.urls")),
    path("", include("privacy.urls")),
]
handler400 = "privacy.views.errors.bad_request"
handler403 = "privacy.views.errors.forbidden"
handler404 = "privacy.views.errors.not_found"
handler500 = "privacy.views.errors.server_error"
