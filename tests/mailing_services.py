"""Mailing services as they call: every one with its real signature, made with keys of the test."""

import base64
import hashlib
import hmac
import json
import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from django.test import Client
from django.utils import timezone

from privacy import jobs
from privacy.inbound.webhooks import WebhookCall

JSON, FORM = "application/json", "application/x-www-form-urlencoded"
BASIC = ("amazon_ses", "brevo", "sendinblue", "mailjet", "postmark", "sparkpost")


def _public(key: Any) -> str:
    pem = key.public_key().public_bytes(
        serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
    ).decode()  # fmt: skip
    return "\n".join(pem.strip().splitlines()[1:-1])


class Keys:
    """One account at every service: what it signs with, and what our settings say of it."""

    def __init__(self) -> None:
        self.ec, self.rsa = ec.generate_private_key(ec.SECP256R1()), rsa.generate_private_key(65537, 2048)
        self.secret = secrets.token_hex(20)
        self.svix = f"whsec_{base64.b64encode(secrets.token_bytes(24)).decode()}"

    @property
    def settings(self) -> dict[str, str]:
        """For ANYMAIL."""
        named = {f"{service.upper()}_WEBHOOK_SECRET": self.password(service) for service in BASIC}
        return named | {
            "MAILGUN_WEBHOOK_SIGNING_KEY": self.secret,
            "MAILERSEND_SIGNING_SECRET": self.secret,
            "MAILERSEND_INBOUND_SECRET": self.secret,
            "MAILTRAP_TRACKING_SECRET": self.secret,
            "MAILTRAP_INBOUND_SECRET": self.secret,
            "MANDRILL_WEBHOOK_KEY": self.secret,
            "POSTAL_WEBHOOK_KEY": _public(self.rsa),
            "RESEND_SIGNING_SECRET": self.svix,
            "RESEND_INBOUND_SECRET": self.svix,
            "SENDGRID_TRACKING_WEBHOOK_VERIFICATION_KEY": _public(self.ec),
            "SENDGRID_WEBHOOK_SECRET": self.password("sendgrid"),
            "UNISENDER_GO_API_KEY": self.secret,
        }

    def password(self, service: str) -> str:
        """Each service has its own."""
        return f"{service}:{self.secret}"


@dataclass
class Call:
    """One call, ready to be made; made again it is the same to the byte."""

    service: str
    kind: str
    body: bytes
    content_type: str = JSON
    headers: dict[str, str] = field(default_factory=dict)

    @property
    def path(self) -> str:
        """Where it goes."""
        return f"/webhooks/{self.service}/{self.kind}/"

    def make(self, client: Client) -> Any:
        """Over HTTP, through every middleware."""
        return client.post(self.path, self.body, content_type=self.content_type, headers=self.headers)


def call(keys: Keys, service: str, payload: Any, kind: str = "events", at: datetime | None = None, **more: Any) -> Call:
    """The call that this service makes of this payload, signed at this time."""
    at = at or timezone.now()
    maker = MAKERS.get(service, _with_password)
    return maker(keys, service, payload, kind, at, **more)


def _dumped(payload: Any) -> bytes:
    return payload if isinstance(payload, bytes) else json.dumps(payload).encode()


def _basic(keys: Keys, service: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(keys.password(service).encode()).decode()}


def _hmac(key: str, message: bytes, how: Any = hashlib.sha256) -> str:
    return hmac.new(key.encode(), message, how).hexdigest()


def _with_password(keys: Keys, service: str, payload: Any, kind: str, at: datetime) -> Call:
    return Call(service, kind, _dumped(payload), JSON, _basic(keys, service))


def sns(keys: Keys, message: dict[str, Any], kind: str = "events") -> Call:
    """A whole notice of Amazon SNS."""
    headers = {"x-amz-sns-message-type": message["Type"], "x-amz-sns-message-id": message["MessageId"]}
    return Call("amazon_ses", kind, _dumped(message), "text/plain; charset=UTF-8", headers | _basic(keys, "amazon_ses"))


def _amazon(keys: Keys, service: str, payload: Any, kind: str, at: datetime, message_id: str = "") -> Call:
    if isinstance(payload, bytes):
        return Call(service, kind, payload, "text/plain", _basic(keys, service))
    message = payload if "Type" in payload else {"Type": "Notification", "Message": json.dumps(payload)}
    fresh = {"MessageId": message_id or str(uuid.uuid4()), "Timestamp": f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%S.%fZ}"}
    return sns(keys, fresh | message, kind)


def _mailgun(keys: Keys, service: str, payload: Any, kind: str, at: datetime, **proof: str) -> Call:
    proof = {"timestamp": str(int(at.timestamp())), "token": secrets.token_hex(25)} | proof
    proof["signature"] = _hmac(keys.secret, f"{proof['timestamp']}{proof['token']}".encode())
    if isinstance(payload, dict) and "event-data" in payload:
        return Call(service, kind, _dumped(payload | {"signature": proof}))
    if isinstance(payload, bytes):
        return Call(service, kind, payload)
    said = [pair for pair in payload.items() if pair[0] not in proof]
    return Call(service, kind, urlencode([*said, *proof.items()], doseq=True).encode(), FORM)


def _mailersend(keys: Keys, service: str, payload: Any, kind: str, at: datetime) -> Call:
    body = _dumped(payload)
    return Call(service, kind, body, JSON, {"Signature": _hmac(keys.secret, body)})


def _mailtrap(keys: Keys, service: str, payload: Any, kind: str, at: datetime) -> Call:
    body = _dumped(payload)
    return Call(service, kind, body, JSON, {"Mailtrap-Signature": _hmac(keys.secret, body)})


def _mandrill(keys: Keys, service: str, payload: Any, kind: str, at: datetime) -> Call:
    events = _dumped(payload)
    signed = f"http://localhost:8000/webhooks/mandrill/{kind}/mandrill_events".encode() + events
    signature = base64.b64encode(hmac.digest(keys.secret.encode(), signed, hashlib.sha1)).decode()
    body = urlencode({"mandrill_events": events}).encode()
    return Call(service, kind, body, FORM, {"X-Mandrill-Signature": signature})


def _postal(keys: Keys, service: str, payload: Any, kind: str, at: datetime) -> Call:
    body = _dumped(payload)
    signature = keys.rsa.sign(body, padding.PKCS1v15(), hashes.SHA1())
    return Call(service, kind, body, JSON, {"X-Postal-Signature": base64.b64encode(signature).decode()})


def _resend(keys: Keys, service: str, payload: Any, kind: str, at: datetime, message_id: str = "") -> Call:
    body, given, when = _dumped(payload), message_id or f"msg_{secrets.token_hex(12)}", str(int(at.timestamp()))
    key = base64.b64decode(keys.svix.removeprefix("whsec_"))
    signature = base64.b64encode(hmac.digest(key, f"{given}.{when}.".encode() + body, hashlib.sha256)).decode()
    headers = {"svix-id": given, "svix-timestamp": when, "svix-signature": f"v1a,no v1,{signature}"}
    return Call(service, kind, body, JSON, headers)


def _sendgrid(keys: Keys, service: str, payload: Any, kind: str, at: datetime) -> Call:
    if kind == "inbound":
        body, content_type = multipart(payload)
        return Call(service, kind, body, content_type, _basic(keys, service))
    body, when = _dumped(payload), str(int(at.timestamp()))
    signature = base64.b64encode(keys.ec.sign(when.encode() + body, ec.ECDSA(hashes.SHA256()))).decode()
    named = {
        "X-Twilio-Email-Event-Webhook-Signature": signature,
        "X-Twilio-Email-Event-Webhook-Timestamp": when,
    }
    return Call(service, kind, body, JSON, named | _basic(keys, service))


def _unisender(keys: Keys, service: str, payload: Any, kind: str, at: datetime) -> Call:
    if isinstance(payload, bytes):
        return Call(service, kind, payload)
    body = _dumped(payload | {"auth": keys.secret})
    return Call(service, kind, body.replace(keys.secret.encode(), hashlib.md5(body).hexdigest().encode()))


MAKERS: dict[str, Callable[..., Call]] = {
    "amazon_ses": _amazon, "mailgun": _mailgun, "mailersend": _mailersend, "mailtrap": _mailtrap,
    "mandrill": _mandrill, "postal": _postal, "resend": _resend, "sendgrid": _sendgrid, "unisender_go": _unisender,
}  # fmt: skip


def multipart(fields: dict[str, Any]) -> tuple[bytes, str]:
    """A form with files, as (name of the file, content)."""
    boundary, pieces = secrets.token_hex(16), []
    for name, value in fields.items():
        file_name, content = value if isinstance(value, tuple) else (None, value)
        head = f'Content-Disposition: form-data; name="{name}"'
        if file_name is not None:
            quoted = file_name.replace("\\", "\\\\")
            head += f'; filename="{quoted}"\r\nContent-Type: application/octet-stream'
        data = content if isinstance(content, bytes) else str(content).encode()
        pieces.append(f"--{boundary}\r\n{head}\r\n\r\n".encode() + data + b"\r\n")
    return b"".join([*pieces, f"--{boundary}--\r\n".encode()]), f"multipart/form-data; boundary={boundary}"


def worked(row: WebhookCall) -> WebhookCall:
    """The call after a worker had it, and whatever jobs came of it."""
    jobs.work("privacy.webhookcall", row.pk)
    for label in ("privacy.webhookcall", "privacy.inboundemail"):
        for pk in _new(label):
            jobs.work(label, pk)
    row.refresh_from_db()
    return row


def _new(label: str) -> list[int]:
    model = next(m for m in jobs.concrete() if m._meta.label_lower == label)
    return list(model.objects.filter(job_state="new").values_list("pk", flat=True))
