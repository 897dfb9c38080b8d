"""Do the links of the register lead anywhere? Each is called once a night (CNX-23)."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Self
from urllib.parse import urljoin

from django.db import models
from django.utils.translation import gettext_lazy as _

from . import outgoing_calls
from .jobs import CannotSucceed
from .personal_data import NoPersonalData
from .recipients import Recipient

AT_ONCE = 8
HOPS = 4
# A server that asks who we are, or not to come so often, is there.
IS_THERE = {401, 403, 405, 406, 429}
# One bad night is nobody's fault.
PATIENCE = timedelta(hours=36)
HEADERS = {"Accept": "text/html,*/*;q=0.5", "User-Agent": "privacy-office-link-check"}
Link = tuple[Recipient, str, str]


class LinkCheckQuerySet(models.QuerySet["LinkCheck"]):
    """Links by how they stand."""

    def dead(self, now: datetime) -> Self:
        """Those that have led nowhere for longer than a bad night."""
        return self.filter(failing_since__lte=now - PATIENCE)


class LinkCheck(models.Model):
    """What the last call to one link of one recipient found."""

    personal_data = NoPersonalData("Links of organisations.")

    class Which(models.TextChoices):
        POLICY = "policy_url", _("its policy")
        OPT_OUT = "opt_out_url", _("how to say no")

    class Outcome(models.TextChoices):
        WORKS = "works", _("answers")
        GONE = "gone", _("the page is not there")
        SILENT = "silent", _("nobody answers")
        REFUSED = "refused", _("not an address that we may call")

    recipient = models.ForeignKey(Recipient, models.CASCADE, related_name="link_checks")
    which = models.CharField(max_length=12, choices=Which)
    url = models.URLField(max_length=500)
    outcome = models.CharField(max_length=10, choices=Outcome)
    checked_at = models.DateTimeField()
    failing_since = models.DateTimeField(null=True)

    objects = LinkCheckQuerySet.as_manager()

    class Meta:
        ordering = ["recipient", "which"]
        constraints = [models.UniqueConstraint(fields=["recipient", "which"], name="link_check_once")]

    def __str__(self) -> str:
        return f"{self.recipient_id} {self.which}"


def links() -> list[Link]:
    """Every link of the recipients that are switched on."""
    return list(_links())


def _links() -> Iterator[Link]:
    for recipient in Recipient.objects.active():
        for which in LinkCheck.Which.values:
            if url := getattr(recipient, which):
                yield recipient, which, url


def check(now: datetime) -> int:
    """Calls every link; how many answered. Where none does, it is we who are cut off, and nothing is concluded."""
    found = links()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        outcomes = list(pool.map(outcome_of, [url for _recipient, _which, url in found]))
    if LinkCheck.Outcome.WORKS in outcomes:
        for link, outcome in zip(found, outcomes, strict=True):
            _note(link, outcome, now)
    there = {(recipient.pk, which) for recipient, which, _url in found}
    gone = [row.pk for row in LinkCheck.objects.all() if (row.recipient_id, row.which) not in there]
    LinkCheck.objects.filter(pk__in=gone).delete()
    return outcomes.count(LinkCheck.Outcome.WORKS)


def _note(link: Link, outcome: str, now: datetime) -> None:
    recipient, which, url = link
    before = LinkCheck.objects.filter(recipient=recipient, which=which, url=url).first()
    since = (before.failing_since if before else None) or now
    values = {"url": url, "outcome": outcome, "checked_at": now}
    values["failing_since"] = None if outcome == LinkCheck.Outcome.WORKS else since
    LinkCheck.objects.update_or_create(recipient=recipient, which=which, defaults=values)


def outcome_of(url: str) -> str:
    """What one link leads to; a page that sends us elsewhere is followed a few times, each address checked anew."""
    try:
        for _hop in range(HOPS):
            # Of the place on the page no server hears.
            parts = outgoing_calls.split(url.partition("#")[0], ("http", "https"))
            answer = outgoing_calls.call("GET", parts, headers=HEADERS)
            if not (300 <= answer.status < 400 and answer.location):
                return _outcome(answer.status)
            url = urljoin(url, answer.location)
    except outgoing_calls.NotReached:
        return LinkCheck.Outcome.SILENT
    except (CannotSucceed, ValueError):
        return LinkCheck.Outcome.REFUSED
    return LinkCheck.Outcome.GONE


def _outcome(status: int) -> str:
    if status < 400 or status in IS_THERE:
        return LinkCheck.Outcome.WORKS
    return LinkCheck.Outcome.GONE if status < 500 else LinkCheck.Outcome.SILENT
