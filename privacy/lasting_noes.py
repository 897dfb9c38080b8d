"""Which no outlives what we know of a person? When an address of hers goes, it goes on the list if she said no there.

As a keyed hash, so that a list that somebody sells us tomorrow does not bring her advertising again (CLG-09, PECR reg.
22: suppress, do not delete). What somebody else still has is left alone: her housemate may have said yes.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from typing import Any

from . import corrections, data_subjects, suppression
from .consent import ConsentEntry
from .fields import NormalisedEmailField, PostcodeField
from .suppression import Suppression
from .vocabulary import Channel, Decision, Purpose

Way = tuple[str, Channel]


@corrections.follows
def stay_off_what_was_hers(data_subject: Any, row: Any, before: dict[str, Any]) -> None:
    """After a correction: what the record no longer says, in the transaction of the correction."""
    ways = [way for name, old in before.items() if old for way in _ways_of(data_subject, row, name, str(old))]
    _stay_off({data_subject.pk: ways})


def stay_off(people: Collection[Any]) -> None:
    """Before these people are forgotten: every address and number of theirs."""
    _stay_off(suppression.ways_to(people, data_subjects.emails_of({person.pk for person in people})))


def _ways_of(data_subject: Any, row: Any, name: str, old: str) -> Iterator[Way]:
    column = row._meta.get_field(name)
    if isinstance(column, NormalisedEmailField):
        yield old, Channel.EMAIL
    elif isinstance(column, PostcodeField) and (reader := suppression.postal(data_subject.display_name, old)):
        yield reader, Channel.POST
    elif name == "phone" and isinstance(row, data_subjects.model()):
        yield from ((old, channel) for channel in suppression.BY_PHONE)


def _stay_off(ways: dict[Any, list[Way]]) -> None:
    noes = _noes(pk for pk, hers in ways.items() if hers)
    emails = {to for pk in noes for to, channel in ways[pk] if channel == Channel.EMAIL}
    owners = data_subjects.owners_of(emails) if emails else {}
    Suppression.objects.bulk_create(
        [
            suppression.listed(
                to, hash=suppression.address_hash(to, channel), channel=channel, sender=sender,
                reason=Suppression.Reason.OBJECTION, source=no.source, since=no.occurred_at,
            )
            for pk, hers in noes.items()
            for to, channel in ways[pk]
            for sender, no in hers.get(channel, {}).items()
            if not owners.get(to, set()) - {pk}
        ],
        ignore_conflicts=True,
    )  # fmt: skip


def _noes(people: Iterable[Any]) -> dict[Any, dict[str, dict[str, ConsentEntry]]]:
    """By person, channel and sender: what stands, where it is a no."""
    found: dict[Any, dict[str, dict[str, ConsentEntry]]] = defaultdict(lambda: defaultdict(dict))
    rows = ConsentEntry.objects.filter(data_subject__in=data_subjects.among(set(people)), purpose=Purpose.MARKETING)
    for entry in rows.order_by("occurred_at", "decision", "pk"):
        mine = found[entry.data_subject_id][entry.channel]
        mine[entry.sender] = entry
    return {
        pk: {
            channel: {sender: no for sender, no in mine.items() if no.decision == Decision.WITHDRAWN}
            for channel, mine in channels.items()
        }
        for pk, channels in found.items()
    }
