"""The addresses of the portal; what they mean stands in the contract and does not change."""

from django.urls import path

from .views import (
    corrections,
    exports,
    following,
    health,
    keeping,
    looks,
    my_data,
    on_behalf,
    policy,
    preferences,
    print_size,
    promises,
    public,
    recipients,
    requests,
    sharing,
    unsubscribe,
    webhooks,
)

app_name = "privacy"
complaint = {"kind": "complaint"}
terms = {"kind": policy.Kind.TERMS}
urlpatterns = [
    path("", policy.home, name="home"),
    path("account/", my_data.my_data, name="my_data"),
    path("account/data/<str:kind>/", my_data.records, name="records"),
    path("account/looks/", looks.looks, name="looks"),
    path("account/correct/<slug:category>/", corrections.correct, name="correct"),
    path("account/new-address/<int:pk>/", corrections.pending_address, name="pending_address"),
    path("account/new-address/<slug:token>/", corrections.confirm_address, name="confirm_address"),
    path("account/preferences/", preferences.choose, name="preferences"),
    path("account/sharing/", sharing.share, name="sharing"),
    path("account/requests/", requests.index, name="requests"),
    path("account/requests/new/", requests.new, name="new_request"),
    path("account/requests/<slug:reference>/", requests.detail, name="request"),
    path("account/requests/<slug:reference>/withdraw/", following.case_deed, {"name": "withdraw"}, "withdraw_request"),
    path("account/requests/<slug:reference>/<slug:name>/", following.case_deed, name="case_deed"),
    path("account/export/<slug:reference>/", exports.download, name="export"),
    path("account/export/<slug:reference>/<str:name>", exports.fetch, name="export_file"),
    path("requests/for-somebody/<slug:token>/", on_behalf.fill_in, name="behalf_request"),
    path("complaints/for-somebody/<slug:token>/", on_behalf.fill_in, complaint, name="behalf_complaint"),
    path("requests/follow/<slug:token>/", following.follow, name="follow"),
    path("requests/follow/<slug:token>/<slug:name>/", following.follow_deed, name="follow_deed"),
    path("requests/new/", public.ask, name="public_request"),
    path("requests/new/<slug:token>/", public.fill_in, name="public_request_form"),
    path("complaints/new/", public.ask, complaint, name="public_complaint"),
    path("complaints/new/<slug:token>/", public.fill_in, complaint, name="public_complaint_form"),
    path("unsubscribe/", unsubscribe.ask, name="unsubscribe"),
    path("unsubscribe/undo/<slug:token>/", unsubscribe.undo, name="undo_unsubscribe"),
    path("unsubscribe/<slug:token>/", unsubscribe.one_click, name="one_click"),
    path(
        "unsubscribe/<slug:token>", unsubscribe.one_click, name="one_click_bare"
    ),  # RFC 8058 forbids to redirect a POST
    path("keep/<slug:token>/", keeping.keep, name="keep"),
    path("recipients/answer/<slug:token>/", recipients.answer, name="recipient_answer"),
    path("webhooks/<slug:service>/<slug:kind>/", webhooks.receive, name="webhook"),
    path("privacy/", policy.policy, name="policy"),
    path("privacy.pdf", policy.pdf, name="policy_pdf"),
    path("privacy/<slug:version>.pdf", policy.pdf, name="policy_version_pdf"),
    path("privacy/<slug:version>/", policy.policy, name="policy_version"),
    path("terms/", policy.policy, terms, name="terms"),
    path("terms.pdf", policy.pdf, terms, name="terms_pdf"),
    path("terms/<slug:version>.pdf", policy.pdf, terms, name="terms_version_pdf"),
    path("terms/<slug:version>/", policy.policy, terms, name="terms_version"),
    path("cookies/", policy.cookies, name="cookies"),
    path("promises/", promises.register, name="promises"),
    path("print-size/", print_size.choose, name="print_size"),
    path("healthz", health.health, name="health"),
    path("readyz", health.ready, name="ready"),
]
