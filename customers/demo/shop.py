"""How is the demo shop filled? In batches, each with one audit entry that remembers how far it got."""

from collections.abc import Callable, Iterator
from datetime import datetime
from functools import partial
from itertools import chain
from typing import Any

from django.apps import apps
from django.db import models, reset_queries, transaction
from django.utils import timezone

from customers.models import Customer
from customers.numbers import new_number
from privacy import audit, figures
from privacy.policies import PolicyVersion
from privacy.recipients import Recipient
from privacy.subject_requests import promises

from . import cases, choices, mail, orders, register, staff
from .people import PLAIN_LIVES, WITH_LOGINS, Person

BATCH = 2000
EVENT = "demo.filled"
Say = Callable[[str], None]
Count = Callable[[int, int], int]
# Parents before children; what is not named here comes after, in any order.
ORDER = ("customers.Account", "customers.Customer", "customers.Order")


def fill(customers: int, requests: int, *, now: datetime, say: Say) -> dict[str, int]:
    """Adds what is missing up to these numbers; what was there before, or was erased since, is not made again."""
    hashed = staff.hashed_password()
    with transaction.atomic():
        register.plant(timezone.localdate(now))
        team = staff.hire(hashed)
    there = {kind: made(kind) for kind in ("customers", "requests", "mails")}
    _in_batches("customers", customers, partial(_people, hashed=hashed, now=now), say)
    people = made("customers")
    _in_batches("requests", requests if people else 0, partial(cases.tell, customers=people, team=team, now=now), say)
    if people > 2 * PLAIN_LIVES and not made("mails"):
        _hand_in_the_mail(now)
    promises.rebuild()
    figures.count(now)
    return {kind: made(kind) - before for kind, before in there.items()}


def _hand_in_the_mail(now: datetime) -> None:
    """Outside any transaction, as the mailbox demands; it knows a letter that it has seen."""
    count = mail.deliver(now)
    audit.record(EVENT, actor=choices.ACTOR, target="mails", until=count, count=count)


def made(kind: str) -> int:
    """How many of this kind were made so far, as the audit log remembers."""
    entries = audit.AuditEntry.objects.filter(event=EVENT, target=kind).order_by("-pk")
    details = entries.values_list("details", flat=True).first()
    return int(details["until"]) if details else 0


def _in_batches(kind: str, wanted: int, make: Count, say: Say) -> None:
    first = made(kind)
    while first < wanted:
        until = min(first + BATCH, wanted)
        with transaction.atomic():
            count = make(first, until - first)
            audit.record(EVENT, actor=choices.ACTOR, target=kind, until=until, count=count)
        first = until
        reset_queries()  # which Django collects while DEBUG is on
        if wanted > BATCH:
            say(f"{kind}: {first} of {wanted}")


def _people(first: int, count: int, *, hashed: str, now: datetime) -> int:
    """A batch of people with everything the shop knows of them, one statement per table and thousand rows."""
    today = timezone.localdate(now)
    recipients = {one.name: one for one in Recipient.objects.all()}
    policies = list(PolicyVersion.objects.published(today))
    rows: dict[str, list[models.Model]] = {}
    for index in range(first, first + count):
        for row in _of_one(Person(index, today), hashed, recipients, policies):
            rows.setdefault(row._meta.label, []).append(row)
    _give_way(rows["customers.Customer"])
    for label in sorted(rows, key=lambda label: (ORDER.index(label) if label in ORDER else len(ORDER), label)):
        apps.get_model(label)._base_manager.bulk_create(rows[label], batch_size=1000)
    return count


def _give_way(customers: list[Any]) -> None:
    """Somebody who is no part of the demo may have one of its numbers already; then another is drawn."""
    taken = Customer.objects.filter(number__in=[one.number for one in customers])
    numbers_taken = set(taken.values_list("number", flat=True))
    for customer in customers:
        if customer.number in numbers_taken:
            customer.number = new_number()


def _of_one(
    person: Person, hashed: str, recipients: dict[str, Recipient], policies: list[PolicyVersion]
) -> Iterator[models.Model]:
    mine = list(person.rows(hashed))
    customer = next(row for row in mine if isinstance(row, Customer))
    known = choices.rows(person, customer, recipients, policies)
    return chain(mine, orders.rows(person, customer, recipients), known)


def numbers(customers: int, now: datetime) -> list[str]:
    """The numbers of those who were given a login."""
    today = timezone.localdate(now)
    people = (Person(index, today) for index in range(min(customers, WITH_LOGINS)))
    return [person.number for person in people if person.has_login]
