"""Is the lamp green, red or grey? Green is a whole run of late; grey that none could run yet; all else is red."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from django.db import connection
from django.db.migrations.recorder import MigrationRecorder
from django.utils.translation import gettext as _

from .run import LONGEST, CanaryRun, CanaryStep

# A night and the two hours by which two nights may differ.
A_NIGHT = timedelta(hours=26)


class Colour(StrEnum):
    """What the lamp shows."""

    GREEN = "green"
    RED = "red"
    GREY = "grey"


@dataclass(frozen=True)
class Lamp:
    """The colour, why in one line, which steps failed, and the last run in which nothing did."""

    colour: Colour
    line: str
    broken: list[CanaryStep] = field(default_factory=list)
    last_kept: CanaryRun | None = None

    @property
    def is_red(self) -> bool:
        """Whether somebody must look."""
        return self.colour == Colour.RED

    @property
    def period(self) -> str:
        """Names the time since the last green, so that one time of red is one alarm."""
        return str(self.last_kept.pk if self.last_kept else 0)


def lamp(now: datetime) -> Lamp:
    """From at most four short reads."""
    runs = CanaryRun.objects.real()
    latest, kept = runs.order_by("-pk").first(), runs.kept().first()
    if latest is None:
        return _none_yet(now)
    if latest.created_at < now - A_NIGHT:
        return Lamp(Colour.RED, _("No self-test has run for more than a night."), last_kept=kept)
    if latest.is_stuck(now):
        return Lamp(Colour.RED, _("The last self-test has not come to its end."), last_kept=kept)
    ended = runs.ended().first()
    if ended is None:
        return Lamp(Colour.GREY, _("The first self-test is running."))
    return _of(ended, kept)


def _of(ended: CanaryRun, kept: CanaryRun | None) -> Lamp:
    if ended.outcome == CanaryRun.Outcome.KEPT:
        return Lamp(Colour.GREEN, _("Every promise was kept."), last_kept=kept)
    broken = list(ended.steps.filter(outcome=CanaryStep.Outcome.BROKEN))
    took_too_long = _("The last self-test took longer than %(hours)d hours.") % {"hours": LONGEST.seconds // 3600}
    return Lamp(Colour.RED, _("A promise was broken.") if broken else took_too_long, broken, kept)


def _none_yet(now: datetime) -> Lamp:
    if has_grace(now):
        return Lamp(Colour.GREY, _("No self-test has run yet. The first one comes by itself within some minutes."))
    return Lamp(Colour.RED, _("No self-test has run since this version was set up."))


def has_grace(now: datetime) -> bool:
    """Whether this version was set up less than a night ago, so that what runs at night cannot have run."""
    rows = MigrationRecorder(connection).migration_qs.filter(app="privacy").order_by("-applied")
    since = rows.values_list("applied", flat=True).first()
    return since is None or since >= now - A_NIGHT
