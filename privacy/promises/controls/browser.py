"""What does a stranger see, or somebody who is signed in? Our own pages, asked for in this process, past no network."""

import logging
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db.models import QuerySet
from django.http import HttpRequest
from django.test import Client
from django.test.client import ClientHandler
from django.utils import translation

# Whatever else an input is, something can be typed into it.
UNTYPED = {"hidden", "radio", "checkbox", "submit", "button", "image", "reset", "range", "color"}


@dataclass
class Form:
    """A form that sends something: whether something can be typed into it, and the links above its first button."""

    is_typed: bool = False
    has_button: bool = False
    before_button: list[str] = field(default_factory=list)


class _Reader(HTMLParser):
    """Collects what a browser would fetch by itself, what can be followed, and what is sent."""

    FETCHED = (("script", "src"), ("img", "src"), ("iframe", "src"), ("link", "href"), ("source", "src"))

    def __init__(self) -> None:
        super().__init__()
        self.fetched: list[str] = []
        self.links: list[str] = []
        self.forms: list[Form] = []
        self.on_script = self.unsendable = 0
        self._labels, self._fields = set[str](), list[str]()
        self._in_form = self._can_send = False

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        self.fetched += [said[name] for kind, name in self.FETCHED if tag == kind and said.get(name)]
        self.on_script += sum(name.startswith("on") for name in said) + said.get("href", "").startswith("javascript:")
        self._handle_form(tag, said)
        if tag == "form":
            self._in_form, self._can_send = True, False
        self._can_send |= (
            tag in ("button", "input") and said.get("type", "submit" if tag == "button" else "") == "submit"
        )
        if tag == "a" and said.get("href"):
            self.links.append(said["href"])
        if tag == "label" and said.get("for"):
            self._labels.add(said["for"])
        if (
            tag == "input"
            and said.get("type", "text") in ("text", "email", "date", "tel")
            and not said.get("aria-label")
        ):
            self._fields.append(said.get("id", ""))

    def _handle_form(self, tag: str, said: Mapping[str, str]) -> None:
        if tag == "form" and said.get("method", "").lower() == "post":
            self.forms.append(Form())
        elif self._in_form and self.forms:
            form = self.forms[-1]
            form.has_button |= tag == "button" or (tag == "input" and said.get("type") == "submit")
            form.is_typed |= tag == "textarea" or (tag == "input" and said.get("type", "text") not in UNTYPED)
            if tag == "a" and not form.has_button:
                form.before_button.append(said.get("href", ""))

    def handle_endtag(self, tag: str) -> None:
        if tag == "form" and self._in_form:
            self.unsendable += not self._can_send
            self._in_form = False

    @property
    def without_label(self) -> int:
        """Fields that a screen reader could not name."""
        return sum(name not in self._labels for name in self._fields)


@dataclass(frozen=True)
class Page:
    """An answer: its status, type and text, the cookies it sets (name and seconds, None for the session)."""

    status: int
    kind: str
    body: bytes
    cookies: dict[str, int | None] = field(default_factory=dict)

    @property
    def text(self) -> str:
        """As it came, for a look whether some word is in it."""
        return self.body.decode(errors="replace")

    @property
    def is_shown(self) -> bool:
        """Whether anybody may read it without signing in."""
        return self.status == 200

    @property
    def read(self) -> _Reader:
        """Its parts."""
        reader = _Reader()
        reader.feed(self.text)
        return reader


def somebody_with_a_login(people: QuerySet[Any]) -> Any:
    """The newest of these customers whose login is open; None where there is none."""
    return people.filter(account__is_active=True).select_related("account").order_by("-pk").first()


class _SignedIn(ClientHandler):
    """Answers as to this account; without a sign-in, which would write a session and the day of the last login."""

    def __init__(self, account: Any) -> None:
        super().__init__()
        self.account = account

    def get_response(self, request: HttpRequest) -> Any:
        """Where Django keeps whom it has recognised, so that it asks no session."""
        request._cached_user = self.account  # type: ignore[attr-defined]
        return super().get_response(request)


def visit(
    path: str,
    *,
    cookies: Mapping[str, str] | None = None,
    headers: Mapping[str, str] | None = None,
    account: Any = None,
) -> Page:
    """The page at this address, over TLS; as a stranger sees it who comes for the first time, or this account."""
    host = urlsplit(settings.SITE_URL).hostname or "localhost"
    client = Client(headers={"host": host, **(headers or {})}, raise_request_exception=False)
    if account is not None:
        client.handler = _SignedIn(account)
    client.cookies.load(dict(cookies or {}))
    with translation.override(translation.get_language()), _quietly():
        answer = client.get(path, secure=True)
    found = {name: int(one["max-age"]) if one["max-age"] != "" else None for name, one in answer.cookies.items()}
    body = answer.getvalue() if answer.streaming else answer.content
    return Page(answer.status_code, answer.headers.get("Content-Type", ""), body, found)


def squeezed(text: str) -> str:
    """Without blanks, so that lines may fall as they like."""
    return "".join(text.split())


@contextmanager
def _quietly() -> Iterator[None]:
    """A page that says no to this look is nobody's attempt, and no line of the log; what breaks still is one."""
    here, log = threading.get_ident(), logging.getLogger("django.request")

    def is_told(record: logging.LogRecord) -> bool:
        return record.thread != here or record.levelno >= logging.ERROR

    log.addFilter(is_told)
    try:
        yield
    finally:
        log.removeFilter(is_told)
