"""Where does a service put the mail as it came? Its bytes, with the envelope, without taking the mail apart.

Anymail takes each mail apart by the standard library's reader, without limits, and some as UTF-8 whatever they are.
Our own reader does that later under limits, so the bytes are lifted out here.
"""

import base64
import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from .replica import Replica


@dataclass(frozen=True)
class Posted:
    """A mail in a call: its bytes, who sent it to whom, and when the service had it, if it says so."""

    raw: bytes
    sender: str | None
    recipients: tuple[str, ...]
    at: datetime | None = None


Finder = Callable[[Replica], list[Posted]]
FINDERS: dict[str, Finder] = {}


def of(service: str) -> Callable[[Finder], Finder]:
    """Registers the function below it."""

    def register(finder: Finder) -> Finder:
        FINDERS[service] = finder
        return finder

    return register


def find(service: str, request: Replica) -> list[Posted]:
    """The mails in a call, as they came; none where the service gives none."""
    return FINDERS[service](request) if service in FINDERS else []


def _bytes(text: str, *, is_base64: bool = False) -> bytes:
    return base64.b64decode(text) if is_base64 else text.encode("utf-8", "replace")


def instant(text: Any) -> datetime | None:
    """Seconds since 1970, or a date in ISO form; None for anything else."""
    try:
        return datetime.fromtimestamp(float(text), tz=UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        pass
    try:
        moment = datetime.fromisoformat(str(text))
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


@of("amazon_ses")
def _amazon(request: Replica) -> list[Posted]:
    notice = json.loads(json.loads(request.body)["Message"])
    action = notice.get("receipt", {}).get("action", {})
    if notice.get("notificationType") != "Received" or action.get("type") != "SNS":
        return []
    raw = _bytes(notice["content"], is_base64=action.get("encoding") == "BASE64")
    mail = notice["mail"]
    return [Posted(raw, mail.get("source"), tuple(notice["receipt"]["recipients"]), instant(mail.get("timestamp")))]


@of("mailersend")
def _mailersend(request: Replica) -> list[Posted]:
    said = json.loads(request.body)
    if said.get("type") != "inbound.message":
        return []
    mail = said["data"]
    to = tuple(one["email"] for one in mail.get("recipients", {}).get("rcptTo", []))
    return [Posted(_bytes(mail["raw"]), mail.get("sender", {}).get("email"), to, instant(mail.get("created_at")))]


@of("mailgun")
def _mailgun(request: Replica) -> list[Posted]:
    raw = request.bytes_of("body-mime")
    if raw is None:
        return []
    to = tuple(one.strip() for one in request.POST.get("recipient", "").split(",") if one.strip())
    return [Posted(raw, request.POST.get("sender"), to, instant(request.POST.get("timestamp")))]


@of("mandrill")
def _mandrill(request: Replica) -> list[Posted]:
    said = json.loads(str(request.POST["mandrill_events"]))
    return [
        Posted(_bytes(one["msg"]["raw_msg"]), None, _some(one["msg"].get("email")), instant(one.get("ts")))
        for one in said
        if one.get("event") == "inbound"
    ]


@of("postal")
def _postal(request: Replica) -> list[Posted]:
    said = json.loads(request.body)
    if "rcpt_to" not in said:
        return []
    raw = _bytes(said["message"], is_base64=said.get("base64") is True)
    return [Posted(raw, said.get("mail_from"), _some(said["rcpt_to"]))]


@of("postmark")
def _postmark(request: Replica) -> list[Posted]:
    said = json.loads(request.body)
    if "RawEmail" not in said:
        return []
    first: dict[str, Any] = next(iter(said.get("Headers") or []), {})
    sender = first.get("Value") if str(first.get("Name")).lower() == "return-path" else None
    return [Posted(_bytes(said["RawEmail"]), sender, _some(said.get("OriginalRecipient")))]


@of("sendgrid")
def _sendgrid(request: Replica) -> list[Posted]:
    raw = request.bytes_of("email")
    if raw is None:
        return []
    envelope = sendgrid_envelope(request)
    return [Posted(raw, envelope.get("from"), tuple(envelope.get("to") or ()))]


def sendgrid_envelope(request: Replica) -> dict[str, Any]:
    """All recipients; Anymail keeps the first alone."""
    try:
        said = json.loads(request.POST.get("envelope", "{}"))
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


@of("sparkpost")
def _sparkpost(request: Replica) -> list[Posted]:
    relayed = [one["msys"]["relay_message"] for one in json.loads(request.body) if "relay_message" in one["msys"]]
    return [
        Posted(
            _bytes(one["content"]["email_rfc822"], is_base64=one["content"].get("email_rfc822_is_base64") is True),
            one.get("msg_from"),
            _some(one.get("rcpt_to")),
        )
        for one in relayed
        if one.get("protocol") == "smtp"
    ]


def _some(address: Any) -> tuple[str, ...]:
    return (address,) if isinstance(address, str) and address else ()
