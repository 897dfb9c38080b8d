"""What did this browser answer? One small cookie: to which question, which groups, its mark, and its signal then."""

import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.conf import settings
from django.http import HttpRequest, HttpResponseBase

from .question import CookieQuestion, Question, current

COOKIE = "cookie_choices"
# Asked again after six months at the latest (practice of the CNIL).
LIFETIME = timedelta(days=180)
FORM = re.compile(r"([0-9a-f]{12})\.([a-z]+(?:-[a-z]+)*|0)\.([\w-]{22}|0)\.([01])")
NOTHING: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Answer:
    """The browser's copy of its choice; what proves it is the ledger."""

    version: str
    yes: frozenset[str]
    mark: str = "0"
    had_signal: bool = False

    @property
    def text(self) -> str:
        """As it stands in the cookie."""
        return f"{self.version}.{'-'.join(sorted(self.yes)) or 0}.{self.mark}.{int(self.had_signal)}"


def parse(text: str) -> Answer | None:
    """What the cookie says; None for anything that we did not write."""
    found = FORM.fullmatch(text)
    if found is None:
        return None
    version, yes, mark, signal = found.groups()
    return Answer(version, frozenset(yes.split("-")) - {"0"}, mark, signal == "1")


@dataclass(frozen=True)
class Browser:
    """What one request tells: the answer it brings, and whether its browser forbids selling and sharing (Sec-GPC)."""

    answer: Answer | None
    signal: bool

    def has_answered(self, question: Question) -> bool:
        """Whether an answer is there that covers today's question."""
        if self.answer is None:
            return False
        if self.answer.version == question.version:
            return True
        earlier = CookieQuestion.objects.filter(version=self.answer.version).first()
        return earlier is not None and question.is_covered_by(earlier.asked)

    @property
    def is_silenced(self) -> bool:
        """Whether the browser's signal is the last word: only a yes that was given in spite of it stands above it."""
        return self.signal and not (self.answer and self.answer.had_signal)

    def allows(self, question: Question | None = None) -> Collection[str]:
        """The groups that may work in this browser now; none before a yes, none against its signal."""
        asked = question or current()
        if self.answer is None or self.is_silenced or not self.answer.yes or not self.has_answered(asked):
            return NOTHING
        return self.answer.yes & set(asked.groups)

    def must_be_asked(self, question: Question | None = None) -> bool:
        """Whether there is something to ask and nobody has said anything yet, the browser itself neither (SFB-28)."""
        asked = question or current()
        return bool(asked.groups) and not self.is_silenced and not self.has_answered(asked)


def unrecorded_no(browser: Browser) -> Answer:
    """A no to today's question that the browser alone keeps, where nothing more is written down; its mark stays."""
    mark = browser.answer.mark if browser.answer else "0"
    return Answer(current().version, NOTHING, mark, browser.signal)


def browser_of(request: HttpRequest, said: str = "") -> Browser:
    """The browser behind a request; `said` is what a shop's own page keeps, where our cookie does not come along."""
    answer = parse(request.COOKIES.get(COOKIE, "")) or parse(said)
    return Browser(answer, request.headers.get("Sec-GPC") == "1")


def remember(response: HttpResponseBase, answer: Answer | None) -> None:
    """Puts the answer into the browser, or takes it out; our own script reads it where shop and portal are one site."""
    if answer is None:
        response.delete_cookie(COOKIE, samesite="Lax")
        return
    response.set_cookie(
        COOKIE, answer.text, max_age=LIFETIME, samesite="Lax", secure=not settings.DEBUG, httponly=False
    )  # fmt: skip


def only_known(yes: Iterable[str], question: Question) -> frozenset[str]:
    """The groups among these words that this question really asks about."""
    return frozenset(yes) & frozenset(str(group) for group in question.groups)
