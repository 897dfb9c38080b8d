"""Is it somebody we have, or somebody who wants no more of us? Whoever is neither is stored."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from customers.models import Address, Customer, EmailAddress
from customers.numbers import new_number
from privacy import audit, erased
from privacy.consent import ConsentEntry
from privacy.suppression import Suppression, address_hash, postal
from privacy.vocabulary import Channel, Sender

from .reading import Counts, Person, Report


def strangers(people: list[Person], counts: Counts, report: Report) -> Iterator[Person]:
    """Only those whom we do not have yet: nobody's record is changed by a file."""
    numbers = _draw_free_numbers([person for person in people if not person.brings_number])
    numbers |= _taken(person.customer.number for person in people if person.brings_number)
    addresses = [person.email for person in people if person.email]
    taken = set(EmailAddress.objects.filter(address__in=addresses).values_list("address", flat=True))
    for person in people:
        is_known = person.brings_number and person.customer.number in numbers
        if is_known or person.email in taken:
            counts.refused += 1
            what = "number" if is_known else "email"
            report(person.line, f"{what}: we already have a customer with this {what}")
            continue
        numbers.add(person.customer.number)
        taken |= {person.email} - {""}
        yield person


def _taken(numbers: Iterable[str]) -> set[str]:
    return set(Customer.objects.filter(number__in=set(numbers)).values_list("number", flat=True))


def _draw_free_numbers(people: list[Person]) -> set[str]:
    """Draws again where a new number is in use: among a million customers that happens to one in a hundred."""
    free: set[str] = set()
    left = people
    while left:
        taken = _taken(person.customer.number for person in left)
        again = []
        for person in left:
            if person.customer.number in taken | free:
                person.customer.number = new_number()
                again.append(person)
            else:
                free.add(person.customer.number)
        left = again
    return free


def unsuppressed(people: list[Person], counts: Counts, report: Report, *, supplier: str) -> Iterator[Person]:
    """Whoever was erased does not come back; whoever said no is not written to, whatever the file says.

    A list of another company, its `supplier`, brings nobody in who may not be written to by email (MAD-06).
    """
    rows = Suppression.objects.filter(hash__in={one for person in people for one in _hashes(person).values()})
    # What a preference service lists is weighed by the gate against the day of the yes.
    listed = set(rows.filter(sender=Sender.OWN, service="").values_list("hash", flat=True))
    gone = set(rows.filter(reason=Suppression.Reason.ERASURE).values_list("hash", flat=True))
    gone |= erased.known(one for person in people for one in _identifiers(person))
    for person in people:
        hashes = _hashes(person)
        hers = {one for channel, one in hashes.items() if channel != Channel.POST}
        if gone & (hers | _identifiers(person)):
            counts.dropped += 1
            report(person.line, "was deleted at the person's wish and stays out")
            continue
        kept = [entry for entry in person.consents if hashes.get(entry.channel) not in listed]
        if len(kept) < len(person.consents):
            counts.consents_dropped += len(person.consents) - len(kept)
            if supplier and not any(entry.channel == Channel.EMAIL for entry in kept):
                counts.dropped += 1
                report(person.line, "is on the list of suppressed addresses and stays out")
                continue
            report(person.line, "comes in without a yes that the list of suppressed addresses contradicts")
            person.consents = kept
        yield person


def _identifiers(person: Person) -> set[str]:
    """What the list of the erased is asked by; a number that we just drew ourselves is nobody's."""
    by = [(erased.EMAIL, person.email), (erased.PHONE, person.customer.phone)]
    by += [(erased.NUMBER, person.customer.number)] if person.brings_number else []
    return {erased.identifier_hash(kind, value) for kind, value in by if value}


def _hashes(person: Person) -> dict[str, str]:
    """By channel, what the list of suppressed addresses is asked by."""
    phone = person.customer.phone
    reader = next((postal(person.customer.display_name, a.postcode) for a in person.addresses), "")
    found = {Channel.EMAIL: person.email, Channel.SMS: phone, Channel.PHONE: phone, Channel.POST: reader}
    return {channel: address_hash(address, channel) for channel, address in found.items() if address}


def store(people: list[Person], counts: Counts, report: Report, *, actor: Any, now: datetime) -> None:
    """All at once; if somebody else stored one of them in the meantime, one by one."""
    try:
        _store_together(people, actor=actor, now=now)
    except IntegrityError:
        if len(people) == 1:
            counts.refused += 1
            report(people[0].line, "we already have this customer")
            return
        for person in people:
            store([person], counts, report, actor=actor, now=now)
        return
    counts.imported += len(people)
    counts.consents += sum(len(person.consents) for person in people)


def _store_together(people: list[Person], *, actor: Any, now: datetime) -> None:
    """A statement per table, and one audit entry for all of them in the same transaction."""
    if not people:
        return
    belongings = [row for person in people for row in person.belongings]
    consents = [entry for person in people for entry in person.consents]
    for entry in consents:
        entry.actor = audit.reference(actor)
    with transaction.atomic():
        Customer.objects.bulk_create([person.customer for person in people])
        EmailAddress.objects.bulk_create([row for row in belongings if isinstance(row, EmailAddress)])
        Address.objects.bulk_create([row for row in belongings if isinstance(row, Address)])
        ConsentEntry.objects.bulk_create(consents)
        audit.record("customers.imported", actor=actor, now=now, customers=len(people), consents=len(consents))
