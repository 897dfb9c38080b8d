"""How does a browser answer, what does its signal bring about, and what happens when somebody signs in on it?"""

import secrets
from collections.abc import Iterable
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from .. import audit, consent
from ..policies import PolicyVersion
from ..vocabulary import Decision, Purpose, Source
from .answer import Answer, Browser, only_known
from .ledger import CookieChoice, Road, Visitor, latest_of, mark_hash
from .question import CookieQuestion, Question, current, keep

MARK_BYTES = 16
SIGNAL_WORDS = "Sec-GPC: 1"
# What the signal forbids of a person whom we know: that her data is passed on, and that advertising is chosen by it.
OBJECTED = (consent.Choice(Purpose.SHARING), consent.Choice(Purpose.PROFILING))


class OutOfDate(Exception):
    """Another question is asked by now; nothing was written down, and it is asked again."""


def choose(
    browser: Browser, yes: Iterable[str], *, version: str, road: Road, site: str, now: datetime, customer: Any = None
) -> Answer:
    """Writes down what was answered to this very question (Art. 7(1)); OutOfDate when it is not today's any more.

    The same said twice is one entry. On a browser that belongs to somebody else a new mark begins, and so it does for
    whoever is not signed in on a browser that is somebody's: nobody knows that it is she.
    """
    question = current(fresh=True)
    if version != question.version:
        raise OutOfDate
    with transaction.atomic():
        visitor, mark = _visitor(browser, customer, now)
        answer = Answer(version, only_known(yes, question), mark, browser.signal)
        _write(visitor, keep(question), question, answer.yes, road=road, site=site, now=now)
        if customer is not None and browser.signal:
            object_once(customer, page=site)
    return answer


def _visitor(browser: Browser, customer: Any, now: datetime) -> tuple[Visitor, str]:
    """The row of this browser, made when it answers for the first time; a mark of nobody's row is given up."""
    mark = browser.answer.mark if browser.answer else "0"
    known = Visitor.objects.filter(mark=mark_hash(mark)).first() if mark != "0" else None
    if known and known.data_subject_id not in (None, customer and customer.pk):
        known = None
    if known is None:
        mark = secrets.token_urlsafe(MARK_BYTES)
        known = Visitor(mark=mark_hash(mark))
    known.last_choice_at = now
    if customer is not None and known.data_subject_id is None:
        known.data_subject_id, known.linked_at = customer.pk, now
    known.save()
    return known, mark


def _write(
    visitor: Visitor, row: CookieQuestion, question: Question, yes: frozenset[str], *, road: Road, site: str,
    now: datetime,
) -> None:  # fmt: skip
    answers = {str(group): group in yes for group in question.groups}
    before = latest_of(visitor)
    if before and before.question_id == row.pk and before.answers == answers:
        return
    policy = PolicyVersion.objects.in_force(timezone.localdate(now))
    CookieChoice.objects.create(
        visitor=visitor, question=row, policy=policy, answers=answers, road=road, site=site[:200], occurred_at=now
    )


def object_once(customer: Any, *, page: str) -> bool:
    """The signal of a browser of hers is her objection, once: a yes that she gives later stands (CCPA § 7025)."""
    ledger = consent.ConsentEntry.objects.filter(data_subject=customer, wording=SIGNAL_WORDS)
    if ledger.exists():
        return False
    consent.decide_all(
        customer, OBJECTED, Decision.WITHDRAWN, source=Source.WEB, actor=customer, wording=SIGNAL_WORDS, page=page
    )
    return True


def sign_in(browser: Browser, customer: Any, *, site: str, now: datetime) -> Answer | None:
    """Ties this browser's choices to her; what it may do from now on, None where it must be asked anew.

    A browser that is somebody else's says nothing about her. Her later no in another browser counts here too, her
    yes there does not.
    """
    with transaction.atomic():
        if browser.signal:
            object_once(customer, page=site)
        visitor = _known(browser)
        if browser.answer is None or visitor is None or not _link(visitor, customer, now):
            return None
        yes, road = _strictest(visitor, browser, customer)
        if yes == browser.answer.yes:
            return browser.answer
        last = latest_of(visitor)
        if last is not None:
            answers = {group: group in yes for group in last.answers}
            said = {"question": last.question, "policy": last.policy, "site": site[:200], "occurred_at": now}
            CookieChoice.objects.create(visitor=visitor, answers=answers, road=road, **said)
    return replace(browser.answer, yes=yes)


def _known(browser: Browser) -> Visitor | None:
    mark = browser.answer.mark if browser.answer else "0"
    rows = Visitor.objects.select_for_update().filter(mark=mark_hash(mark))
    return rows.first() if mark != "0" else None


def _link(visitor: Visitor, customer: Any, now: datetime) -> bool:
    """Whether the browser is hers, from now on or already."""
    if visitor.data_subject_id is None:
        visitor.data_subject_id, visitor.linked_at = customer.pk, now
        visitor.save(update_fields=["data_subject", "linked_at"])
        audit.record("cookie_choice.linked", actor=customer, subject=customer, target=visitor)
    return bool(visitor.data_subject_id == customer.pk)


def _strictest(visitor: Visitor, browser: Browser, customer: Any) -> tuple[frozenset[str], Road]:
    """What is left of a yes after the browser's signal and her later words elsewhere."""
    mine = latest_of(visitor)
    yes = browser.answer.yes if browser.answer and mine else frozenset()
    if browser.is_silenced:
        return frozenset(), Road.SIGNAL
    others = CookieChoice.objects.in_force().filter(visitor__data_subject=customer).exclude(visitor=visitor)
    for other in others.filter(occurred_at__gt=mine.occurred_at) if mine else ():
        yes -= {group for group, is_yes in other.answers.items() if not is_yes}
    return yes, Road.SIGN_IN
