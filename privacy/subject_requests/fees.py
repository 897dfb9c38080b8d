"""What is done about a fee (CNX-09): proposed with a lawful reason, agreed to by another, paid, or taken back."""

import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from ..cases import State
from ..letters import Letter, fill
from . import fee
from .case import DataSubjectRequest
from .denying import require_reason
from .fee import Fee
from .handling import as_it_is_now
from .letters import tell
from .refusing import NotAllowed, may_leave, require
from .timeline import note

CURRENCY = re.compile(r"[A-Z]{3}")
MOST = Decimal(9999)


def may_be_asked(case: DataSubjectRequest) -> bool:
    """Whether the law knows a fee for this at all (Art. 12(5): rights that may be refused), and none was asked yet."""
    is_a_right = case.right.can_be_refused and case.kind != "enquiry"
    is_early = case.state in (State.RECEIVED, State.VERIFYING, State.IN_PROGRESS)
    found = fee.of(case)
    return is_a_right and is_early and (found is None or found.state == Fee.State.WITHDRAWN)


def propose(
    case: DataSubjectRequest, *, actor: Any, reason: str, amount: Decimal, currency: str, letter: Letter
) -> Fee:
    """The first of two people wants a fee; the person hears of it only when a second has agreed."""
    require(0 < amount <= MOST and bool(CURRENCY.fullmatch(currency)), _("Give an amount, and a currency such as GBP."))
    with transaction.atomic():
        as_it_is_now(case)
        require(may_be_asked(case), _("No fee may be asked for this request, or one was asked for already."))
        denial = require_reason(case, reason)
        require(denial.needs_two_people, _("A fee needs a request that is unfounded or excessive (Art. 12(5))."))
        row = fee.of(case) or Fee(case=case)
        row.state, row.reason, row.amount, row.currency = Fee.State.PROPOSED, denial.code, amount, currency
        row.proposed_by, row.approved_by, row.words = actor, None, letter.words
        row.letter = may_leave(_with_the_amount(letter, row.sum)).text().encode()
        row.save()
        note(case, "fee_proposed", actor=actor, text=f"{row.sum}\n\n{row.text}", words=row.words, is_internal=True)
    return row


def _with_the_amount(letter: Letter, amount: str) -> Letter:
    """The form could not know how much it would be; the letter says it."""
    known = {"amount": amount}
    return replace(letter, blocks={name: fill(text, known) for name, text in letter.blocks.items()}, values=known)


def approve(case: DataSubjectRequest, *, actor: Any) -> None:
    """The second, different person agrees: the letter leaves, and the clock does what its law says."""
    with transaction.atomic():
        row = _locked(case, Fee.State.PROPOSED, _("No fee waits for a second person here."))
        require(row.proposed_by_id != actor.pk, _("A second, different person must approve."))
        row.state, row.approved_by = Fee.State.ASKED, actor
        row.save()
        tell("case_fee", case, note(case, "fee_asked", actor=actor, text=row.text, words=row.words))


def send_back(case: DataSubjectRequest, *, actor: Any, why: str) -> None:
    """The second person does not agree: nothing is asked for, and the person never hears of it."""
    require(bool(why.strip()), _("Say why not."))
    with transaction.atomic():
        row = _locked(case, Fee.State.PROPOSED, _("No fee waits for a second person here."))
        row.state = Fee.State.WITHDRAWN
        row.save()
        note(case, "fee_sent_back", actor=actor, text=why, is_internal=True)


def paid(case: DataSubjectRequest, *, actor: Any) -> None:
    """The money has come."""
    with transaction.atomic():
        row = _locked(case, Fee.State.ASKED, _("No fee is waited for."))
        row.state = Fee.State.PAID
        row.save()
        note(case, "fee_paid", actor=actor)


def take_back(case: DataSubjectRequest, *, actor: Any, why: str) -> None:
    """We do not want it after all: the clock runs as if we had never asked, and the person is told."""
    require(bool(why.strip()), _("Say why."))
    with transaction.atomic():
        row = _locked(case, Fee.State.ASKED, _("No fee is waited for."))
        row.state = Fee.State.WITHDRAWN
        row.save()
        tell("case_fee_withdrawn", case, note(case, "fee_withdrawn", actor=actor, text=why))


def _locked(case: DataSubjectRequest, state: str, otherwise: str) -> Fee:
    """The fee as it is now, alone until the transaction ends, if it stands there."""
    as_it_is_now(case)
    row = fee.of(case)
    if row is None or row.state != state or not case.is_open:
        raise NotAllowed(otherwise)
    row.case = case
    return row
