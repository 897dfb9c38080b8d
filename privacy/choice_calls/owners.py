"""Whose is a number or postal address that came onto the list? Looked for among everybody, because people type freely.

Nothing that could be asked by index holds a number as lists know it, so one walk looks for all that wait at once.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import Any

from django.conf import settings
from django.db import models, transaction
from django.utils import timezone

from .. import data_subjects, suppression
from ..gate import Contact, answers
from ..jobs import LONG, Job, dispatch
from ..personal_data import NoPersonalData
from ..recipients import Recipient
from ..statements import Among
from ..suppression import Suppression
from ..vocabulary import Channel
from .call import KEPT_FOR, write
from .line import ChoiceLine, copied

BATCH = 2000
# Found by index where they stand, so nobody need look for them.
SEARCHED = (*suppression.BY_PHONE, Channel.POST)
# Whoever says no to these was not to be called or written to before.
NEVER_WAS = {"yes_to_channel_and_sender", "yes_to_content_of_others"}
HASH = ChoiceLine._meta.get_field("suppression_hash")


class OwnerSearch(Job):
    """One walk over the people; it takes whatever waits when it begins."""

    personal_data = NoPersonalData("That somebody was looked for; of whom say the lines, which go.")
    queue, most_seconds = LONG, 2 * 60 * 60

    looked_at = models.PositiveIntegerField(default=0, editable=False, help_text="People so far.")

    class Meta:
        verbose_name = "search for whose an address is"
        verbose_name_plural = "searches for whose addresses are"

    def __str__(self) -> str:
        return f"search {self.pk}"

    def perform(self) -> None:
        """Tells of those whose an address is; of an address that is nobody's those who may get such addresses."""
        ChoiceLine.objects.filter(call=None, search=None).update(search=self)
        tools, looked_at = list(mailing_tools()), 0
        if tools and ChoiceLine.objects.filter(search=self).exists():
            for people in _everybody():
                with transaction.atomic():
                    self._told(people, tools)
                looked_at += len(people)
                self.go_on(looked_at=looked_at)
        with self.settling() as result:
            result["looked_at"] = looked_at
            _tell(tools, list(ChoiceLine.objects.filter(search=self).exclude(address=b"")))
            ChoiceLine.objects.filter(search=self).delete()
        old = OwnerSearch.objects.filter(job_state=Job.State.DONE, finished_at__lt=timezone.now() - KEPT_FOR)
        old.delete()

    def _told(self, people: Sequence[Any], tools: Iterable[Recipient]) -> None:
        """Lines about these people; what is somebody's is not told as a stranger's any more."""
        ways = by_hash(people)
        waiting = ChoiceLine.objects.filter(search=self, suppression_hash__in=Among(set(ways), HASH))
        found = [(line, person, way) for line in waiting for person, way in ways[line.suppression_hash]]
        news = [one for one in found if not one[0].only_if_it_bars]
        news += list(_barring([one for one in found if one[0].only_if_it_bars]))
        _tell(tools, [copied(line, data_subject_id=person.pk, address=b"") for line, person, _way in news])
        ChoiceLine.objects.filter(pk__in={line.pk for line, _person, _way in found}).update(address=b"")


def mailing_tools() -> Iterable[Recipient]:
    """Whoever hears of every choice about advertising."""
    return Recipient.objects.hearing().filter(hears=Recipient.Hears.ADVERTISING)


def look_for(lines: Collection[ChoiceLine]) -> None:
    """Lets a worker find out whose these are; they wait in the transaction of the change."""
    if lines:
        ChoiceLine.objects.bulk_create(lines)
        dispatch(OwnerSearch.objects.create())


def by_hash(people: Sequence[Any]) -> dict[str, list[tuple[Any, str]]]:
    """By what the list knows these people by phone and post, each with the way itself."""
    ways = suppression.ways_to(people, {})
    found: dict[str, list[tuple[Any, str]]] = defaultdict(list)
    for person in people:
        for way, channel in ways[person.pk]:
            found[suppression.address_hash(way, channel)].append((person, way))
    return found


def _everybody() -> Iterator[list[Any]]:
    """In the order of their keys; whoever comes meanwhile may be left out, and asks the list herself."""
    rows = data_subjects.people().filter(erased_at=None).order_by("pk")
    rows = rows.exclude(number__startswith=settings.CANARY_NUMBERS_BEGIN)
    batch = list(data_subjects.glimpses(rows[:BATCH]))
    while batch:
        yield batch
        batch = list(data_subjects.glimpses(rows.filter(pk__gt=batch[-1].pk)[:BATCH]))


def _barring(found: list[tuple[ChoiceLine, Any, str]]) -> Iterator[tuple[ChoiceLine, Any, str]]:
    """Of a service's listings those by which somebody may not be called or written to who otherwise may be.

    Asked of the moment from which the listing counts, which may be still to come.
    """
    now, since = timezone.now(), _since({line.suppression_hash for line, _person, _way in found})
    questions = [
        Contact(
            data_subject=person, channel=line.channel, sender=line.sender, content=line.sender, addresses=[way],
            at=max(now, since.get((line.suppression_hash, line.channel, line.sender), now)),
        )
        for line, person, way in found
    ]  # fmt: skip
    for one, answer in zip(found, answers(questions), strict=True):
        if "not_suppressed" in answer.refused_by and not NEVER_WAS & set(answer.refused_by):
            yield one


def _since(hashes: set[str]) -> dict[tuple[str, str, str], Any]:
    rows = Suppression.objects.filter(hash__in=hashes).order_by("since")
    return {(row.hash, row.channel, row.sender): row.since for row in rows}


def _tell(tools: Iterable[Recipient], lines: list[ChoiceLine]) -> None:
    for to in tools:
        write(to, [copied(line) for line in lines])
