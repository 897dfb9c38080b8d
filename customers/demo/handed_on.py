"""Who had got data of those who asked for a lock or a correction, and what did each answer when it was told?"""

from datetime import timedelta
from typing import Any

from django.utils import timezone

from customers.models import Order, OrderLine
from privacy import recipient_notices
from privacy.recipient_notices import Change, RecipientNotice, State
from privacy.recipients import Disclosure, Recipient
from privacy.subject_requests import DataSubjectRequest

# What each had got, why, and what it answered; nothing where it has not answered yet.
TALE: tuple[tuple[str, str, State | None, str], ...] = (
    ("Swiftgull Parcels", "needed for your order", State.DONE, ""),
    ("Larch Pay", "needed for your order", State.DONE, ""),
    ("Tannery Brothers", "needed for your order", State.NOT_HELD, ""),
    ("Northlight Home", "you said yes", None, ""),
    ("Moorland Outdoor Magazine", "you said yes", State.REFUSED, "The address is printed on the next issue already."),
    ("Creditreform Boniversum", "order on account, legitimate interest", None, ""),
)
# So many days before the request was the last of them.
BEFORE = 40
OF_KINDS = ("restriction", "rectification")


def hand_over(case: DataSubjectRequest) -> None:
    """The hand-overs before the request, each of the fields that the recipient may get."""
    if case.kind not in OF_KINDS or not case.closed_at:
        return
    _asked_to_pay_later(case)
    known = {one.name: one for one in Recipient.objects.filter(name__in=[name for name, *_ in TALE])}
    Disclosure.objects.bulk_create(
        Disclosure(
            data_subject=case.data_subject, recipient=known[name], fields=known[name].fields, legal_basis=basis,
            occurred_at=case.received_at - timedelta(days=BEFORE + place),
            reference=f"NL-{case.data_subject.pk}-{place}",
        )
        for place, (name, basis, *_) in enumerate(TALE)
    )  # fmt: skip


def _asked_to_pay_later(case: DataSubjectRequest) -> None:
    """An agency is asked about no other order (CNX-16)."""
    placed_on = timezone.localdate(case.received_at) - timedelta(days=BEFORE + len(TALE))
    order = Order.objects.create(
        customer_id=case.data_subject.pk, number=f"NL-{case.data_subject.pk}-later", placed_on=placed_on,
        state=Order.State.COMPLETED, total="44.50", on_account=True,
    )  # fmt: skip
    OrderLine.objects.create(order=order, article="Canvas shoes Dune", price="44.50")


def correct(case: DataSubjectRequest, officer: Any) -> None:
    """A correction of long ago: what was told is on record, the values are forgotten or about to be."""
    person, at = case.data_subject, case.closed_at or case.received_at
    recipient_notices.tell(
        person, Change.RECTIFICATION, occasion=f"demo:{case.reference}", actor=officer, now=at, case=case,
        corrected={"name": (person.display_name.lower(), person.display_name)},
    )  # fmt: skip


def answer(case: DataSubjectRequest, officer: Any) -> None:
    """What came back."""
    said, at = {name: (state, note) for name, _basis, state, note in TALE}, case.closed_at or case.received_at
    for notice in RecipientNotice.objects.filter(case=case).select_related("recipient"):
        state, note = said.get(notice.recipient.name, (None, ""))
        if notice.state == State.TO_BE_SENT:
            notice.deliveries.all().delete()
            recipient_notices.told_by_hand(notice, actor=officer, now=at)
        if state:
            recipient_notices.answer(notice, state, actor=notice.recipient, note=note)
