"""Two records or two wishes become one while an export or an erasure runs (FAULTS B21).

Nothing here moves one customer's records to another. What can come together is a login and a guest of the same
address, when the address is proven, and two wishes of one person for the same.
"""

from datetime import timedelta

import pytest
from django.utils import timezone

from customers.models import Account, Customer
from customers.sign_in import attach_customer
from privacy import data_subjects, export, jobs, subject_requests
from privacy.cases import State
from privacy.erasure import job
from privacy.subject_requests import DataSubjectRequest, NotAllowed
from tests import make
from tests.test_erasure_and_export import PAUSES, STOPS, Turn, erase, everything_on_disk, export_of, in_a_row

pytestmark = pytest.mark.django_db
STEPS = (*PAUSES, (job, "carry_out_for"))


def guest_with_a_login_apart():
    """A guest, and somebody who has just proven the guest's address."""
    guest = make.customer()
    make.order_line(guest), make.enquiry(guest)
    return guest, make.account(guest.contact_email)


def joined_during_an_erasure(step, monkeypatch):
    guest, account = guest_with_a_login_apart()
    address = account.email
    with monkeypatch.context() as patched:
        turn = Turn(patched, STEPS, step, lambda: attach_customer(account))
        erase(guest)
    if turn.calls < step:
        attach_customer(account)
    guest, account = Customer.objects.get(pk=guest.pk), Account.objects.get(pk=account.pk)
    mine = Customer.objects.get(account=account)
    assert guest.erased_at and guest.contact_email == ""
    if mine == guest:
        assert account.email.endswith("@erased.invalid") and not account.is_active, "it went with her"
    else:
        assert (mine.erased_at, mine.contact_email, account.email) == (None, address, address), "a new person came"
        assert not mine.orders.exists()
    return turn.calls


def test_a_login_that_joins_a_guest_at_any_step_of_her_erasure_goes_with_her_or_is_a_new_persons(monkeypatch):
    assert in_a_row(joined_during_an_erasure, monkeypatch, 2) > 8


def test_a_login_never_joins_somebody_who_was_erased_since_she_was_found(monkeypatch):
    guest, account = guest_with_a_login_apart()
    stale = [data_subjects.by_email(account.email)]
    erase(guest)
    by_email = data_subjects.by_email
    monkeypatch.setattr(data_subjects, "by_email", lambda address: stale.pop() if stale else by_email(address))
    assert attach_customer(account).pk != guest.pk and not stale
    assert Customer.objects.get(pk=guest.pk).account is None


def joined_during_an_export(step, monkeypatch):
    guest, account = guest_with_a_login_apart()
    with monkeypatch.context() as patched:
        turn = Turn(patched, STOPS, step, lambda: attach_customer(account))
        row, done = export_of(guest)
    guest.refresh_from_db()
    row.refresh_from_db()
    assert done and row.data_subject == guest and everything_on_disk()
    assert (guest.account == account) == (turn.calls >= step)
    erase(guest)
    assert everything_on_disk() == []
    return turn.calls


def test_a_login_that_joins_a_guest_during_her_export_stops_nothing_and_an_erasure_takes_the_copy(monkeypatch):
    assert in_a_row(joined_during_an_export, monkeypatch, 25) > 25


def two_wishes(carried_out):
    """Of one person for a copy, the earlier first; a machine is at one of them."""
    mary, agent = make.customer(login=True), make.staff()
    asked = [
        subject_requests.open_case(
            mary, "access", source="email", actor=agent, details="All, please.",
            identity_confirmed=which == carried_out, received_at=timezone.now() - timedelta(days=3 - which),
        )
        for which in (0, 1)
    ]  # fmt: skip
    asked = [DataSubjectRequest.objects.get(pk=case.pk) for case in asked]
    assert asked[carried_out].state == State.EXECUTING and asked[carried_out].export
    return asked


def test_a_wish_that_is_being_carried_out_is_not_merged_away():
    early, late = two_wishes(1)
    for pair in ((early, late), (late, early)):
        with pytest.raises(NotAllowed, match="moved on"):
            subject_requests.merge(*pair, actor=make.staff())
    assert jobs.work("privacy.export", late.export.pk)


def test_a_later_wish_joins_one_that_is_being_carried_out_which_ends_once():
    early, late = two_wishes(0)
    subject_requests.merge(late, early, actor=make.staff())
    assert DataSubjectRequest.objects.get(pk=late.pk).merged_into == early
    assert jobs.work("privacy.export", early.export.pk)
    assert export.Export.objects.get().case == early
