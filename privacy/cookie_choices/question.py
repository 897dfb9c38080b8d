"""What do we ask a browser about? What the register holds today beyond what is needed, and which earlier question
already covered it."""

import hashlib
import json
import time
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from ..append_only import AppendOnlyModel
from ..personal_data import NoPersonalData
from ..recipients import IN_THE_BROWSER, Cookie, Recipient

# So long a process may go on asking the question that it knows, in seconds; pages then cost no statement.
LOOK_AGAIN = 30.0


class Group(models.TextChoices):
    """What may be chosen by itself."""

    MEASUREMENT = "measurement", _("Counting visits")
    ADVERTISING = "advertising", _("Advertising")
    SOCIAL = "social", _("Social networks")
    EXTRAS = "extras", _("Extras")


WHAT_IT_IS = {
    Group.MEASUREMENT: _("Tells us which pages are read, and how often."),
    Group.ADVERTISING: _("Companies see what you look at here and choose advertisements by it, here and elsewhere."),
    Group.SOCIAL: _("Buttons and posts of social networks. Each still waits for your click."),
    Group.EXTRAS: _("Makes the next visit easier, or brings a chat."),
}


class CookieQuestion(AppendOnlyModel):
    """One question as it was asked, with everything that stood in it: a yes is a yes to exactly this (Art. 7(1))."""

    personal_data = NoPersonalData("What we ask everybody.")

    version = models.CharField(max_length=16, unique=True)
    asked = models.JSONField()
    first_answered_at = models.DateTimeField(default=timezone.now)

    class Meta:
        base_manager_name = "objects"

    def __str__(self) -> str:
        return self.version


@dataclass(frozen=True)
class Asked:
    """One thing in a question: a cookie, or a company that works in the browser."""

    who: str
    what: str
    group: str
    purpose: str
    days: int | None
    country: str

    @property
    def key(self) -> tuple[str, ...]:
        """What must be the same for an earlier answer to count; a longer life is looked at by itself."""
        return self.who, self.what, self.group, self.purpose, self.country


@dataclass(frozen=True)
class Question:
    """Everything that waits for a yes today."""

    things: tuple[Asked, ...]

    @property
    def version(self) -> str:
        """Short, and another one as soon as anything in it is different."""
        said = json.dumps(self.as_data(), sort_keys=True, ensure_ascii=False)
        return hashlib.sha256(said.encode()).hexdigest()[:12]

    @property
    def groups(self) -> list[Group]:
        """What there is to choose, in the order of the page; empty where there is nothing to ask."""
        present = {thing.group for thing in self.things}
        return [group for group in Group if group in present]

    def companies(self, group: str) -> list[str]:
        """Who is behind a group; our own things are behind no company."""
        return sorted({thing.who for thing in self.things if thing.group == group and thing.who})

    def as_data(self) -> list[dict[str, Any]]:
        """As it is kept and compared."""
        return [vars(thing) for thing in sorted(self.things, key=lambda one: (one.key, one.days or 0))]

    def is_covered_by(self, earlier: list[dict[str, Any]]) -> bool:
        """Whether whoever answered that question was asked all of this: nothing new in it, nothing that lives longer.

        What ends with the browser lives shortest.
        """
        known = {thing.key: thing.days or 0 for thing in (Asked(**said) for said in earlier)}
        return all(thing.key in known and (thing.days or 0) <= known[thing.key] for thing in self.things)


def _things() -> Iterator[Asked]:
    """Cookies of ours and of companies that are switched on, and such companies without a cookie of their own."""
    others = models.Q(recipient=None) | models.Q(recipient__is_active=True)
    for cookie in Cookie.objects.filter(others, is_essential=False).select_related("recipient"):
        to = cookie.recipient
        group = to.group if to and to.group in IN_THE_BROWSER else Group.EXTRAS
        days, country = cookie.lifetime_days, to.country if to else ""
        yield Asked(to.name if to else "", cookie.name, group, cookie.purpose, days, country)
    for to in Recipient.objects.active().filter(group__in=IN_THE_BROWSER):
        yield Asked(to.name, "", to.group, to.purpose, None, to.country)


class _Known:
    """What this process asked last, and since when it knows."""

    question: Question | None = None
    at = 0.0


def current(*, fresh: bool = False) -> Question:
    """What is asked today, read from the register; up to `LOOK_AGAIN` seconds old unless `fresh`."""
    now = time.monotonic()
    if fresh or _Known.question is None or now - _Known.at >= LOOK_AGAIN:
        _Known.question, _Known.at = Question(tuple(_things())), now
    return _Known.question


def forget() -> None:
    """The next one is read anew."""
    _Known.question = None


def covering(question: Question) -> list[str]:
    """Every version whose answer still counts today, today's own first."""
    earlier = CookieQuestion.objects.exclude(version=question.version).order_by("-pk")
    return [question.version, *(one.version for one in earlier if question.is_covered_by(one.asked))]


def keep(question: Question) -> CookieQuestion:
    """The row of this question, made when somebody first answers it."""
    row: CookieQuestion
    row, _made = CookieQuestion.objects.get_or_create(version=question.version, defaults={"asked": question.as_data()})
    return row
