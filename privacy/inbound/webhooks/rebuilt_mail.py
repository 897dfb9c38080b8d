"""A mail that a service gives in pieces, put together again: the same pieces make the same bytes, in linear time.

Anymail puts them together by the standard library, which reads every header on the way: 2,000 addresses take it two
seconds and 50,000 twenty minutes. Nothing is read here; the reader of all mail does that later, under limits.
"""

import base64
import json
import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from email.utils import quote
from typing import Any

from .. import mime
from .doubts import Doubt, LeftToPerson
from .raw_mail import Posted, instant, sendgrid_envelope
from .replica import Replica

NAME = re.compile(r"[!-9;-~]{1,100}")
LINE_ENDS = re.compile(r"[\r\n\0]+")
TEXT = 'text/{}; charset="utf-8"'
OURS = {"mime-version", "content-type", "content-transfer-encoding"}
# What stands in events and in no mail: the service was given the wrong address of ours.
EVENT_WORDS = ("event", "event-data", "RecordType", "attachments")

Headers = list[tuple[str, str]]
Attachment = tuple[str, str, bytes]


@dataclass
class Pieces:
    """What a service says of one mail."""

    headers: Headers
    text: str | None
    html: str | None
    sender: str | None = None
    recipients: tuple[str, ...] = ()
    at: datetime | None = None
    attachments: list[Attachment] = field(default_factory=list)


Finder = Callable[[Replica], list[Pieces]]
FINDERS: dict[str, Finder] = {}


def of(*services: str) -> Callable[[Finder], Finder]:
    """Registers the function below it."""

    def register(finder: Finder) -> Finder:
        FINDERS.update(dict.fromkeys(services, finder))
        return finder

    return register


def find(service: str, request: Replica, mark: str) -> list[Posted]:
    """The mails in a call, whole. `mark` tells their parts apart; whoever wrote a mail could not know it."""
    if service not in FINDERS:
        return []
    pieces = FINDERS[service](request)
    if not pieces:
        raise LeftToPerson(Doubt.WRONG_ADDRESS if _is_event(request) else Doubt.UNREADABLE)
    return [Posted(_built(p, f"{mark}_{n}"), p.sender, p.recipients, p.at) for n, p in enumerate(pieces)]


def _is_event(request: Replica) -> bool:
    said = request.POST or json.loads(request.body)
    return isinstance(said, dict) and any(word in said for word in EVENT_WORDS)


def _built(pieces: Pieces, mark: str) -> bytes:
    kept = [(name, value) for name, value in pieces.headers if NAME.fullmatch(name) and name.lower() not in OURS]
    head = "".join(f"{name}: {LINE_ENDS.sub(' ', value)}\r\n" for name, value in kept)
    texts = [("plain", pieces.text), ("html", pieces.html)]
    alternatives = [_part(TEXT.format(kind), text.encode("utf-8", "replace")) for kind, text in texts if text]
    parts = [_joined("alternative", f"=_{mark}_a", alternatives or [_part(TEXT.format("plain"), b"")])]
    parts += [_attached(*attachment) for attachment in pieces.attachments]
    return head.encode("utf-8", "replace") + b"MIME-Version: 1.0\r\n" + _joined("mixed", f"=_{mark}_m", parts)


def _joined(kind: str, boundary: str, parts: Iterable[bytes]) -> bytes:
    mark = boundary.encode()
    head = f'Content-Type: multipart/{kind}; boundary="{boundary}"\r\n\r\n'.encode()
    return head + b"".join(b"--" + mark + b"\r\n" + part + b"\r\n" for part in parts) + b"--" + mark + b"--\r\n"


def _part(content_type: str, content: bytes, disposition: str = "") -> bytes:
    head = f"Content-Type: {content_type}\r\n{disposition}Content-Transfer-Encoding: base64\r\n\r\n"
    return head.encode("utf-8", "replace") + base64.encodebytes(content).replace(b"\n", b"\r\n")


def _attached(name: str, content_type: str, content: bytes) -> bytes:
    plain = LINE_ENDS.sub(" ", content_type.partition(";")[0]).strip()
    kind = plain if re.fullmatch(r"[\w.+-]+/[\w.+-]+", plain) else "application/octet-stream"
    said = f'; filename="{quote(LINE_ENDS.sub(" ", name))}"' if name else ""
    return _part(kind, content, f"Content-Disposition: attachment{said}\r\n")


# --- what each service says ------------------------------------------------------------------------------


@of("mailgun")
def _mailgun(request: Replica) -> list[Pieces]:
    said = request.POST
    if said.get("event", "inbound") != "inbound" or "message-headers" not in said or "attachments" in said:
        return []
    to = tuple(one.strip() for one in str(said.get("recipient", "")).split(",") if one.strip())
    headers = [(str(name), str(value)) for name, value in json.loads(str(said["message-headers"]))]
    text, html, sender = (_text_or_none(said.get(name)) for name in ("body-plain", "body-html", "sender"))
    return [Pieces(headers, text, html, sender, to, instant(said.get("timestamp")), _files(request))]


@of("sendgrid")
def _sendgrid(request: Replica) -> list[Pieces]:
    if "headers" not in request.POST:
        return []
    charsets, envelope = _json(request, "charsets"), sendgrid_envelope(request)
    text, html = (_decoded(request.bytes_of(name), charsets.get(name)) for name in ("text", "html"))
    lines = re.split(r"\r?\n(?![ \t])", str(request.POST["headers"]))
    headers = [(name, value.strip()) for name, _, value in (line.partition(":") for line in lines)]
    to = tuple(envelope.get("to") or ())
    return [Pieces(headers, text, html, envelope.get("from"), to, attachments=_files(request))]


@of("brevo", "sendinblue")
def _brevo(request: Replica) -> list[Pieces]:
    return [_of_brevo(item) for item in json.loads(request.body).get("items") or ()]


def _of_brevo(item: dict[str, Any]) -> Pieces:
    """What is attached stays with them; its name is kept."""
    headers = list(_flat(item.get("Headers") or {}))
    of_envelope = {name.lower(): value for name, value in headers}
    to = of_envelope.get("delivered-to", "").strip("<> ")
    attachments = [(str(a.get("Name") or ""), "", b"") for a in item.get("Attachments") or ()]
    return Pieces(
        headers, item.get("RawTextBody"), item.get("RawHtmlBody"), of_envelope.get("return-path"), (to,) if to else (),
        attachments=attachments,
    )  # fmt: skip


@of("mailjet")
def _mailjet(request: Replica) -> list[Pieces]:
    said = json.loads(request.body)
    if not isinstance(said, dict) or "Headers" not in said:
        return []
    to = (said["Recipient"],) if said.get("Recipient") else ()
    attached = [
        ("", _first(part.get("Headers", {}).get("Content-Type")), base64.b64decode(said[part["ContentRef"]]))
        for part in said.get("Parts") or ()
        if "Attachment" in part.get("ContentRef", "")
    ]
    headers = list(_flat(said["Headers"]))
    return [Pieces(headers, said.get("Text-part"), said.get("Html-part"), said.get("Sender"), to, attachments=attached)]


@of("postmark")
def _postmark(request: Replica) -> list[Pieces]:
    said = json.loads(request.body)
    if not isinstance(said, dict) or "FromFull" not in said:
        return []
    headers = [(str(one["Name"]), str(one["Value"])) for one in said.get("Headers") or ()]
    sender = headers.pop(0)[1] if headers and headers[0][0].lower() == "return-path" else None
    apart: list[tuple[str, Any]] = [("From", _addresses([said["FromFull"]]))]
    apart += [(name, _addresses(said.get(f"{name}Full") or ())) for name in ("To", "Cc")]
    apart += [("Subject", said.get("Subject")), ("Date", said.get("Date")), ("Reply-To", said.get("ReplyTo"))]
    there = {name.lower() for name, _ in headers}
    headers += [(name, str(value)) for name, value in apart if value and name.lower() not in there]
    to = (said["OriginalRecipient"],) if said.get("OriginalRecipient") else ()
    attached = [
        (str(a.get("Name") or ""), str(a.get("ContentType") or ""), base64.b64decode(a.get("Content") or a["Data"]))
        for a in said.get("Attachments") or ()
    ]
    return [Pieces(headers, said.get("TextBody"), said.get("HtmlBody"), sender, to, attachments=attached)]


def _addresses(people: Iterable[dict[str, Any]]) -> str:
    return ", ".join(f'"{quote(str(one.get("Name") or ""))}" <{one.get("Email") or ""}>' for one in people)


def _flat(headers: dict[str, Any]) -> Iterator[tuple[str, str]]:
    for name, values in headers.items():
        yield from ((name, str(value)) for value in (values if isinstance(values, list) else [values]))


def _first(values: Any) -> str:
    return str(next(iter(values), "") if isinstance(values, list) else values or "")


def _files(request: Replica) -> list[Attachment]:
    return [(f.file_name or "", f.content_type, f.value) for f in request.fields if f.file_name is not None]


def _json(request: Replica, name: str) -> dict[str, Any]:
    try:
        said = json.loads(str(request.POST.get(name, "{}")))
    except ValueError:
        return {}
    return said if isinstance(said, dict) else {}


def _decoded(value: bytes | None, charset: Any) -> str | None:
    return None if value is None else mime.to_text(value, str(charset or "utf-8"))


def _text_or_none(value: Any) -> str | None:
    return value if isinstance(value, str) else None
