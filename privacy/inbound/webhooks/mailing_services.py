"""Which mailing services may call, what proves that it is they, and which reader of django-anymail takes their words.

The readers are Anymail's, made unable to use the network: what a service does not say in the call itself is left to
a person. One that has no proof configured is not there at all.
"""

import warnings
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from anymail.exceptions import AnymailInsecureWebhookWarning, AnymailNotSupportedWarning
from anymail.signals import EventType
from anymail.utils import get_anymail_setting
from anymail.webhooks import (
    amazon_ses,
    brevo,
    mailersend,
    mailgun,
    mailjet,
    mailtrap,
    mandrill,
    postal,
    postmark,
    resend,
    sendgrid,
    sparkpost,
    unisender_go,
)
from anymail.webhooks.base import AnymailBaseWebhookView
from django.conf import settings
from django.http import HttpRequest

from . import svix
from .doubts import Doubt, LeftToPerson

EVENTS, INBOUND = "events", "inbound"
BASIC = "WEBHOOK_SECRET"

# That something proves the caller is made sure of here, and SendGrid's reader works although nobody pays for it.
warnings.filterwarnings("ignore", category=AnymailInsecureWebhookWarning)
warnings.filterwarnings("ignore", category=AnymailNotSupportedWarning)


class WithoutAmazon:
    """Needs none of Amazon's libraries, confirms nothing and fetches nothing (F66)."""

    def __init__(self, **kwargs: Any) -> None:
        AnymailBaseWebhookView.__init__(self, **kwargs)  # past the step that opens Amazon's library

    def auto_confirm_sns_subscription(self, sns_message: dict[str, Any]) -> None:
        """Opening its address is a person's decision."""
        raise LeftToPerson(Doubt.SUBSCRIPTION)

    def fetch_s3_chunks(self, bucket_name: str, object_key: str) -> Iterator[bytes]:
        """The mail lies in a bucket."""
        raise LeftToPerson(Doubt.ELSEWHERE)


class AmazonEvents(WithoutAmazon, amazon_ses.AmazonSESTrackingWebhookView):
    """Amazon SES, what became of our mail; of a complaint it names all at that provider who may have made it."""

    def esp_to_anymail_events(self, ses_event: dict[str, Any], sns_message: dict[str, Any]) -> list[Any]:
        """One who may have complained is who did."""
        events: list[Any] = super().esp_to_anymail_events(ses_event, sns_message)
        if len(events) > 1 and events[0].event_type == EventType.COMPLAINED:
            raise LeftToPerson(Doubt.SEVERAL)
        return events


class AmazonInbound(WithoutAmazon, amazon_ses.AmazonSESInboundWebhookView):
    """Amazon SES, mail to us."""


class MailtrapInbound(mailtrap.MailtrapInboundWebhookView):
    """Mailtrap, word that there is mail to us."""

    def fetch_inbound_message(self, inbox_id: int, message_id: str) -> Any:
        """The mail lies with them."""
        raise LeftToPerson(Doubt.ELSEWHERE)


class SvixProof:
    """Svix signatures, checked without Svix's library, which brings an HTTP client of its own."""

    esp_name: str
    _secret_setting_name: str

    def __init__(self, **kwargs: Any) -> None:
        name = self._secret_setting_name
        self.svix_secret = get_anymail_setting(name, esp_name=self.esp_name, default=None)
        super().__init__(**kwargs, **{name: None})

    def validate_request(self, request: HttpRequest) -> None:
        """Called by Anymail beside its own checks."""
        if self.svix_secret:
            svix.check(self.svix_secret, request.headers, request.body)


class ResendEvents(SvixProof, resend.ResendTrackingWebhookView):
    """Resend, what became of our mail; it does not say which of several recipients is meant."""

    def esp_to_anymail_event(self, esp_event: dict[str, Any], request: HttpRequest) -> Any:
        """One recipient is that recipient; of several, Anymail takes the first."""
        event = super().esp_to_anymail_event(esp_event, request)
        if event.event_type in (EventType.BOUNCED, EventType.COMPLAINED) and len(esp_event["data"]["to"]) > 1:
            raise LeftToPerson(Doubt.SEVERAL)
        return event


class ResendInbound(SvixProof, resend.ResendInboundWebhookView):
    """Resend, word that there is mail to us."""

    def _fetch_inbound_email(self, email_id: str) -> Any:
        raise LeftToPerson(Doubt.ELSEWHERE)


@dataclass(frozen=True)
class Door:
    """One address: a service, what it calls about, its reader, and the settings of which one must be there."""

    service: str
    kind: str
    reader: type
    proofs: tuple[str, ...] = (BASIC,)
    options: dict[str, Any] = field(default_factory=dict)

    def setting(self, name: str) -> str:
        """What is configured for this service; empty where nothing is."""
        return str(settings.ANYMAIL.get(f"{self.service.upper()}_{name}", ""))

    @property
    def is_open(self) -> bool:
        """Whether a caller can prove who it is."""
        return any(self.setting(name) for name in self.proofs)

    def make_reader(self) -> Any:
        """Anymail's reader with this service's own secret, never one that is shared."""
        own: dict[str, Any] = {"webhook_secret": self.setting(BASIC) or []}
        if self.service == "mandrill":  # it signs the address too, and only ours counts
            here = f"{settings.SITE_URL}/webhooks/mandrill/{self.kind}/"
            own["webhook_url"] = self.setting("WEBHOOK_URL") or here
        return self.reader(**own, **self.options)


DOORS: dict[tuple[str, str], Door] = {
    (door.service, door.kind): door
    for door in (
        Door("amazon_ses", EVENTS, AmazonEvents),
        Door("amazon_ses", INBOUND, AmazonInbound),
        Door("brevo", EVENTS, brevo.BrevoTrackingWebhookView),
        Door("brevo", INBOUND, brevo.BrevoInboundWebhookView, options={"api_key": ""}),
        Door("sendinblue", EVENTS, brevo.BrevoTrackingWebhookView),
        Door("sendinblue", INBOUND, brevo.BrevoInboundWebhookView, options={"api_key": ""}),
        Door("mailersend", EVENTS, mailersend.MailerSendTrackingWebhookView, ("SIGNING_SECRET",)),
        Door("mailersend", INBOUND, mailersend.MailerSendInboundWebhookView, ("INBOUND_SECRET",)),
        Door("mailgun", EVENTS, mailgun.MailgunTrackingWebhookView, ("WEBHOOK_SIGNING_KEY",)),
        Door("mailgun", INBOUND, mailgun.MailgunInboundWebhookView, ("WEBHOOK_SIGNING_KEY",)),
        Door("mailjet", EVENTS, mailjet.MailjetTrackingWebhookView),
        Door("mailjet", INBOUND, mailjet.MailjetInboundWebhookView),
        Door("mailtrap", EVENTS, mailtrap.MailtrapTrackingWebhookView, ("TRACKING_SECRET", BASIC)),
        Door("mailtrap", INBOUND, MailtrapInbound, ("INBOUND_SECRET", BASIC), {"api_token": ""}),
        Door("mandrill", EVENTS, mandrill.MandrillCombinedWebhookView, ("WEBHOOK_KEY",)),
        Door("mandrill", INBOUND, mandrill.MandrillCombinedWebhookView, ("WEBHOOK_KEY",)),
        Door("postal", EVENTS, postal.PostalTrackingWebhookView, ("WEBHOOK_KEY",)),
        Door("postal", INBOUND, postal.PostalInboundWebhookView, ("WEBHOOK_KEY",)),
        Door("postmark", EVENTS, postmark.PostmarkTrackingWebhookView),
        Door("postmark", INBOUND, postmark.PostmarkInboundWebhookView),
        Door("resend", EVENTS, ResendEvents, ("SIGNING_SECRET", BASIC)),
        Door("resend", INBOUND, ResendInbound, ("INBOUND_SECRET", BASIC), {"api_key": ""}),
        Door("sendgrid", EVENTS, sendgrid.SendGridTrackingWebhookView, ("TRACKING_WEBHOOK_VERIFICATION_KEY", BASIC)),
        Door("sendgrid", INBOUND, sendgrid.SendGridInboundWebhookView),
        Door("sparkpost", EVENTS, sparkpost.SparkPostTrackingWebhookView),
        Door("sparkpost", INBOUND, sparkpost.SparkPostInboundWebhookView),
        Door("unisender_go", EVENTS, unisender_go.UnisenderGoTrackingWebhookView, ("API_KEY",)),
    )
}


def open_door(service: str, kind: str) -> Door | None:
    """The door at this address; None where there is none, or nothing to prove oneself with is configured."""
    door = DOORS.get((service, kind))
    return door if door and door.is_open else None
