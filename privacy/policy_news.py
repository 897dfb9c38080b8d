"""Who has asked to hear of a new privacy policy, and has each been told? Once, on the day of its coming (MAD-10)."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import Any

from django.conf import settings
from django.urls import reverse

from . import data_subjects, notices
from .consent import ConsentEntry
from .policies import PolicyVersion
from .restrictions import Restriction
from .vocabulary import Decision, Purpose, Source

LETTER = "policy_news"
# What is entered long after its day is no news any more.
NEWS_FOR = timedelta(days=30)
A_YEAR = timedelta(days=365)
BATCH = 500


def subscribers() -> Iterator[Any]:
    """Everybody whose last word on it is a yes and who may be written to: neither erased nor under a restriction."""
    pks: list[Any] = []
    for pk, is_yes in _last_words():
        if is_yes:
            pks.append(pk)
        if len(pks) == BATCH:
            yield from _people(pks)
            pks = []
    yield from _people(pks)


def _last_words() -> Iterator[tuple[Any, bool]]:
    said = ConsentEntry.objects.filter(purpose=Purpose.POLICY_NEWS)
    in_order = said.order_by("data_subject", "-occurred_at", "-decision", "-pk")
    last = None
    for pk, decision, source in in_order.values_list("data_subject", "decision", "source").iterator(BATCH):
        if pk != last:
            yield pk, decision == Decision.GRANTED and source != Source.POLICY_ACCEPTANCE
        last = pk


def _people(pks: list[Any]) -> Iterator[Any]:
    locked = Restriction.objects.of_use().filter(scope="").values("data_subject")
    yield from data_subjects.people().filter(pk__in=pks, erased_at=None).exclude(pk__in=locked)


def waiting(today: date) -> list[PolicyVersion]:
    """Versions that came into force and of which nobody was told yet; the very first is no news."""
    versions = list(PolicyVersion.objects.published(today))[:-1]
    return [version for version in versions if version.told_at is None and version.effective_on > today - NEWS_FOR]


def untold(today: date) -> bool:
    """Whether subscribers were told nothing of what is in force since less than a year, however late it was entered."""
    newest, *before = PolicyVersion.objects.published(today)[:2] or [None]
    return bool(newest and before and newest.told_at is None and newest.effective_on > today - A_YEAR)


def tell(today: date, now: datetime) -> int:
    """Writes to each subscriber of each new version; how many letters. Cut off, the next night goes on."""
    count = 0
    for version in reversed(waiting(today)):
        for person in subscribers():
            count += _write(version, person, now)
        PolicyVersion.objects.filter(pk=version.pk).update(told_at=now)
    return count


def _write(version: PolicyVersion, person: Any, now: datetime) -> bool:
    key = f"policy-news-{version.pk}-{person.pk}"
    if not person.contact_email or notices.is_written(key):
        return False
    link = reverse("privacy:policy_version", args=[version.version])
    context = {
        "policy": version, "changes": f"{settings.SITE_URL}{link}?compare=1",
        "choices": f"{settings.SITE_URL}{reverse('privacy:preferences')}",
    }  # fmt: skip
    notices.send(LETTER, person.contact_email, key=key, data_subject=person, context=context, now=now)
    return True
