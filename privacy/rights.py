"""What does each right do when it is carried out? One function per right; adding one needs no other place."""

import secrets
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from . import agencies, consent, erasure, export, recipient_notices, restrictions
from .vocabulary import Decision, Purpose, Source

Verb = Callable[[Any, str, datetime], bool]


@dataclass(frozen=True)
class Entry:
    """A right: its law, its words, its verb, what it needs. The verb answers whether it is finished already.

    What hands data out, locks or deletes it needs a proof of a few minutes ago; a mailed link, which can be forwarded,
    is enough only for what switches uses off. `draft` proposes an answer, which a colleague reads before it leaves.
    """

    kind: str
    label: str | Promise
    article: str
    explanation: str | Promise
    verb: Verb
    needs_two_people: bool = False
    needs_answer: bool = False
    needs_recent_proof: bool = False
    link_is_enough: bool = False
    is_automatic: bool = False
    can_be_refused: bool = True
    has_outcome_letter: bool = False
    draft: Callable[[Any], str] | None = None

    @property
    def needs_search(self) -> bool:
        """Whether a copy goes out, for which somebody notes what was searched."""
        return self.kind in SEARCHED


REGISTER: dict[str, Entry] = {}
# Whoever answers these has searched, and notes where (UK: Data (Use and Access) Act 2025 s.78). In the order of names,
# because the database's own rule is made of it.
SEARCHED = ("access", "portability")


def right(
    kind: str, *, label: str | Promise, article: str, explanation: str | Promise, **needs: Any
) -> Callable[[Verb], Verb]:
    """Registers the function below it as what this right does."""

    def register(verb: Verb) -> Verb:
        REGISTER[kind] = Entry(kind, label, article, explanation, verb, **needs)
        return verb

    return register


def choices() -> list[tuple[str, str | Promise]]:
    """For the model's field; read at run time, so that a new right needs no migration."""
    return [(entry.kind, entry.label) for entry in REGISTER.values()]


def fresh_key() -> str:
    """For a case that nobody will send twice."""
    return secrets.token_hex(16)


def by_itself(actor: str) -> bool:
    """Whether no colleague stands behind this."""
    return actor.startswith("system")


@right(
    "access",
    label=_("Get a copy of my data"),
    article="Art. 15",
    explanation=_("We put together everything we hold about you, as a PDF to read and a file for computers."),
    is_automatic=True,
    needs_recent_proof=True,
)
def access(case: Any, actor: str, now: datetime) -> bool:
    """Queues the full export; the case is done when the copy lies ready."""
    export.start(case.data_subject, actor=actor, case=case, holds_back=by_itself(actor))
    return False


@right(
    "portability",
    label=_("Take my data elsewhere"),
    article="Art. 20",
    explanation=_("We put what you gave us into a file that another company's computers can read."),
    is_automatic=True,
    needs_recent_proof=True,
)
def portability(case: Any, actor: str, now: datetime) -> bool:
    """Queues the smaller export of what the person provided."""
    export.start(case.data_subject, actor=actor, case=case, only_provided=True, holds_back=by_itself(actor))
    return False


@right(
    "rectification",
    label=_("Correct my data"),
    article="Art. 16",
    explanation=_("Tell us what is wrong and what is right. Much of it you can correct yourself at once."),
    needs_answer=True,
)
def rectification(case: Any, actor: str, now: datetime) -> bool:
    """The record itself is corrected on the customer's page; the answer says what was done and who was told."""
    recipient_notices.adopt(case)
    return True


@right(
    "restriction",
    label=_("Keep my data but stop using it"),
    article="Art. 18",
    explanation=_("We keep your data locked away and do nothing with it until you and we agree to unlock it."),
    is_automatic=True,
    needs_recent_proof=True,
)
def restriction(case: Any, actor: str, now: datetime) -> bool:
    """Bars use from this moment."""
    restrictions.impose(
        case.data_subject,
        restrictions.Restriction.Kind.ARTICLE_18,
        f"{case.reference}: {case.text}".strip(": "),
        actor=actor,
        case=case,
    )
    return True


@right(
    "erasure",
    label=_("Delete my data"),
    article="Art. 17",
    explanation=_("We delete what we may. What the law makes us keep, we name, with the day on which it goes."),
    needs_two_people=True,
    needs_recent_proof=True,
)
def erase(case: Any, actor: str, now: datetime) -> bool:
    """Queues the erasure that two people agreed to."""
    erasure.start(case.data_subject, case=case, actor=actor, now=now)
    return False


@right(
    "objection",
    label=_("Object to advertising and profiling"),
    article="Art. 21",
    explanation=_("We stop all advertising and all profiling at once. Nobody can say no to this."),
    is_automatic=True,
    can_be_refused=False,
    link_is_enough=True,
)
def objection(case: Any, actor: str, now: datetime) -> bool:
    """Switches every marketing channel and profiling off, from the day it came; no refusal (Art. 21(2), (3))."""
    source = Source(case.source)
    same: dict[str, Any] = {
        "source": source, "actor": actor, "wording": case.text, "occurred_at": case.received_at,
    }  # fmt: skip
    with consent.one_breath():
        consent.withdraw_marketing(case.data_subject, **same)
        consent.decide(case.data_subject, Purpose.PROFILING, Decision.WITHDRAWN, **same)
    return True


@right(
    "complaint",
    label=_("Complain about how my data was handled"),
    article="DPA 2018 s.164A",
    explanation=_(
        "Tell us what went wrong. We write back within 30 days; you can also go to the regulator at any time."
    ),
    needs_answer=True,
    can_be_refused=False,
    has_outcome_letter=True,
)
def complaint(case: Any, actor: str, now: datetime) -> bool:
    """Answered in words by a person, with the letter that says where to go next."""
    return True


@right(
    "enquiry",
    label=_("Ask a question about my data"),
    article="Art. 12",
    explanation=_("Ask us anything about your data and how we handle it."),
    needs_answer=True,
)
def enquiry(case: Any, actor: str, now: datetime) -> bool:
    """Answered in words by a person."""
    return True


@right(
    "human_review",
    label=_("Have a person look at a decision again"),
    article="Art. 22",
    explanation=_(
        "A computer decided something about you, such as whether you may pay by invoice? One of us looks at it again."
    ),
    needs_answer=True,
)
def human_review(case: Any, actor: str, now: datetime) -> bool:
    """A colleague has looked at the decision; the answer says what she decided, and why."""
    return True


@right(
    "agency_details",
    label=_("Know which credit agencies you ask"),
    article="Art. 15(1)(c)",
    explanation=_("We tell you which credit agencies we work with, where they are, and how to reach them."),
    needs_answer=True,
    draft=agencies.in_words,
)
def agency_details(case: Any, actor: str, now: datetime) -> bool:
    """The list is made from the register of recipients; a colleague reads it before it leaves (LRD-17)."""
    return True
