"""Who must hear of it? Asked behind the doors of the ledger and of the suppression list, whoever came through them."""

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

from django.conf import settings
from django.utils import timezone

from .. import consent, data_subjects, guardians, restrictions, suppression
from ..consent import ConsentEntry
from ..fields import correspondent_hash
from ..gate import Leave, leaves
from ..guardians import GuardianConsent
from ..recipients import Recipient
from ..restrictions import Restriction
from ..suppression import Suppression
from ..vocabulary import Channel, Purpose, Sender
from .call import write
from .line import ChoiceLine, copied
from .owners import SEARCHED, look_for, mailing_tools

ADVERTISING = (Purpose.MARKETING, Purpose.PARTNER_OFFERS)
Reason = Suppression.Reason


@consent.follows
def choices_made(entries: Sequence[ConsentEntry]) -> None:
    """One call to each recipient that must hear of any of these, in the transaction in which they are written."""
    for to in Recipient.objects.hearing():
        concerned = [entry for entry in entries if concerns(to, entry)]
        write(to, _once(_line_of(to, entry) for entry in concerned))


@restrictions.when_imposed
def may_rest_on_it(begun: Restriction) -> None:
    """Of a single record: a soft opt-in that rests on it is told as the no that it is meanwhile.

    Where everything is locked whoever got her data is told that by itself (Art. 19).
    """
    if begun.kind == Restriction.Kind.ARTICLE_18 and begun.scope:
        choices_made([entry for entry, leave in _hanging(begun.data_subject) if not leave.stands])


@restrictions.when_lifted
def may_be_told_again(ended: Restriction) -> None:
    """What stands of hers, to those who could not hear it while her data was not to be used (Art. 18)."""
    person = ended.data_subject
    if ended.kind != Restriction.Kind.ARTICLE_18 or restrictions.is_restricted(person):
        return
    choices_made(list(consent.choices(person).values()))
    for to in mailing_tools():
        write(to, (
            ChoiceLine(data_subject_id=person.pk, channel=channel, sender=whose, suppression_hash=one)
            for channel, one in _ways_to(person) for whose in Sender
        ))  # fmt: skip


def _ways_to(person: Any) -> list[tuple[str, str]]:
    """By what the list may know her: each channel with the hash of each address."""
    ways = suppression.ways_to([person], {person.pk: person.email_addresses()})[person.pk]
    return sorted({(channel, suppression.address_hash(address, channel)) for address, channel in ways})


@guardians.follows
def guardian_decided(row: GuardianConsent) -> None:
    """What a child said yes to begins or ends to count with the word of her parent or guardian (Art. 8).

    Told even while another one agrees: two who take it back at once do not see each other.
    """
    choices_made([entry for entry, _leave in _hanging(row.data_subject)])


def _hanging(person: Any) -> list[tuple[ConsentEntry, Leave]]:
    """What she has said yes to that counts only with something else."""
    chosen = consent.choices(person)
    found = leaves([person], {choice.purpose for choice in chosen}, timezone.now())
    return [(entry, found[person.pk, choice]) for choice, entry in chosen.items() if (person.pk, choice) in found]


def concerns(to: Recipient, entry: ConsentEntry) -> bool:
    """A choice about this very recipient, about everybody like it, or, for a mailing tool, about advertising."""
    if entry.recipient_id is not None:
        return entry.recipient_id == to.pk
    return (
        (entry.purpose in ADVERTISING and to.hears == Recipient.Hears.ADVERTISING)
        or (entry.purpose == Purpose.SHARING and not to.is_necessary)
        or (entry.purpose == Purpose.TRANSFER and not to.is_in_eea)
        or (entry.purpose == Purpose.FURTHER_USE and to.group == Recipient.Group.AFFILIATE)
    )


def _line_of(to: Recipient, entry: ConsentEntry) -> ChoiceLine:
    return ChoiceLine(
        data_subject_id=entry.data_subject_id, purpose=entry.purpose, channel=entry.channel, sender=entry.sender,
        names_recipient=entry.recipient_id is not None,
    )  # fmt: skip


@suppression.follows
def address_listed(rows: Sequence[Suppression], is_new: bool) -> None:
    """To every mailing tool, of addresses that came onto the list or left it.

    Not of an erasure: whoever got the person's data is told to delete it. Of the lists of preference services only what
    is an address of somebody whom we know: nobody is given strangers by us. Whose a number or a postal address is must
    be looked for, and a worker does that.
    """
    news = [row for row in rows if row.address and row.reason != Reason.ERASURE]
    tools = list(mailing_tools()) if news else []
    if not tools:
        return
    known = suppression.already_listed(news) if is_new else set()
    news = [row for row in news if row.key not in known]
    lines = _once(_lines_about([row for row in news if row.channel == Channel.EMAIL]))
    for to in tools:
        write(to, [copied(line) for line in lines])
    look_for([_waiting(row) for row in news if row.channel in SEARCHED])


def _lines_about(rows: Sequence[Suppression]) -> Iterator[ChoiceLine]:
    owners = data_subjects.owners_of({str(row.address) for row in rows})
    for row in rows:
        address = str(row.address)
        same = {"channel": row.channel, "sender": row.sender, "suppression_hash": row.hash}
        owned = sorted(owners.get(address, ()))
        for pk in owned:
            yield ChoiceLine(data_subject_id=pk, **same)
        is_ours_to_tell = not row.service and not address.endswith(f"@{settings.CANARY_MAIL_DOMAIN}")
        if not owned and is_ours_to_tell:
            yield ChoiceLine(address=address.encode(), to_hash=correspondent_hash(address), **same)


def _waiting(row: Suppression) -> ChoiceLine:
    """With the number itself where it is told even if it is nobody's; nobody is found by a stranger's post."""
    is_told_anyhow = not row.service and row.channel != Channel.POST
    return ChoiceLine(
        channel=row.channel, sender=row.sender, suppression_hash=row.hash, only_if_it_bars=bool(row.service),
        address=str(row.address).encode() if is_told_anyhow else b"",
    )  # fmt: skip


def _once(lines: Iterable[ChoiceLine]) -> list[ChoiceLine]:
    """Each choice and each address once, however often it was changed in one breath."""
    return list({_what(line): line for line in lines}.values())


def _what(line: ChoiceLine) -> tuple[object, ...]:
    return (
        line.data_subject_id, line.purpose, line.channel, line.sender, line.names_recipient, line.suppression_hash,
    )  # fmt: skip
