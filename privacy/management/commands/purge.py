"""`purge`: removes what is due by the declarations, as JSON on standard output; its brakes and its switch."""

import json
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import CommandError, CommandParser
from django.utils import timezone

from privacy import roles
from privacy.erasure_ledger import CommandWhileOpen
from privacy.purge import NotAgreed, PurgeRefused, PurgeRun, agreeing, brakes, coming, night, stopping
from privacy.roles import Act


class Command(CommandWhileOpen):
    """Runs the nightly purge by hand; what a brake refused passes when two different people say so."""

    help = "Deletes or anonymises everything whose retention is over, and prints per declaration what it did."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--today", type=date.fromisoformat, help="as if it were this day, such as 2026-11-30")
        one = parser.add_mutually_exclusive_group()
        one.add_argument("--dry-run", action="store_true", help="only say what would go")
        one.add_argument("--calendar", action="store_true", help="what passes its date on each of the next 30 nights")
        one.add_argument("--propose", action="store_true", help="let today's refused purge pass: the first of two")
        one.add_argument("--agree", action="store_true", help="the second, different person agrees, and it runs")
        one.add_argument("--stop", action="store_true", help="stop a running purge and every further one")
        one.add_argument("--resume", action="store_true", help="let purges run again; two different people say so")
        parser.add_argument("--actor", metavar="EMAIL", help="the staff account that acts")
        parser.add_argument("--json", action="store_true", help="the calendar as JSON")
        parser.add_argument("--reason", default="", help="why, in words without personal details")

    def handle(self, *args: Any, **options: Any) -> None:
        today = options["today"] or timezone.localdate()
        if options["calendar"]:
            self.stdout.write(calendar(today, options["json"]))
            return
        deeds = [name for name in DEEDS if options[name]]
        try:
            for name in deeds:
                act, deed = DEEDS[name]
                self.stderr.write(deed(acting(options["actor"], act), options["reason"], timezone.now()))
        except NotAgreed as refusal:
            raise CommandError(str(refusal)) from refusal
        if not deeds or options["agree"]:
            self.purge(today, options["dry_run"])

    def purge(self, today: date, dry_run: bool) -> None:
        """Runs it, or says what it would do."""
        try:
            lines = night.purge(today=today, dry_run=dry_run)
        except PurgeRefused as refusal:
            raise CommandError(str(refusal)) from refusal
        self.stdout.write(json.dumps({line.model: line.as_json() for line in lines}))
        if dry_run and (found := brakes.brakes(today)):
            self.stderr.write(f"It would be refused: {found}.")
        if failed := [line.model for line in lines if line.error]:
            raise CommandError(f"Not everything was purged: {', '.join(failed)}; the others were.")


def calendar(today: date, in_json: bool) -> str:
    """The nights to come: a line for each night and kind of record, or one JSON object."""
    found = coming.coming(today)
    if in_json:
        return json.dumps(coming.as_json(today, found))
    lines = sorted((day, kind.declaration.label, count) for kind in found for day, count in kind.by_day.items())
    return "\n".join(f"{day} {label} {count}" for day, label, count in lines) or "Nothing on the next 30 nights."


def acting(email: str | None, act: Act) -> Any:
    """The account that acts; CommandError when it is none, or may not do this in the office either."""
    if not email:
        raise CommandError("Say who you are: --actor EMAIL, a staff account.")
    account = get_user_model()._default_manager.filter(email=email, is_staff=True, is_active=True).first()
    if account is None:
        raise CommandError(f"{email} is no active staff account.")
    if not roles.may(account, act):
        raise CommandError(f"{email} may not do this: {act.label}.")
    return account


def _refused() -> PurgeRun:
    run = PurgeRun.objects.filter(today=timezone.localdate(), outcome=PurgeRun.Outcome.REFUSED).first()
    if run is None:
        raise NotAgreed("No purge was refused today.")
    return run


def _propose(actor: Any, reason: str, now: datetime) -> str:
    run = _refused()
    agreeing.propose(run, actor=actor, reason=reason, now=now)
    return f"Proposed to let pass: {run.message}. A second, different person: --agree --actor EMAIL."


def _agree(actor: Any, reason: str, now: datetime) -> str:
    run = _refused()
    agreeing.agree(run, actor=actor, now=now)
    return f"Agreed: {run.message}."


def _stop(actor: Any, reason: str, now: datetime) -> str:
    stopping.stop(actor=actor, reason=reason, now=now)
    return "Stopped. Nothing is purged until two people have said --resume."


def _resume(actor: Any, reason: str, now: datetime) -> str:
    stop = stopping.current_stop()
    if stop is None or not stop.lift_proposed_by:
        stopping.propose_resuming(actor=actor, now=now)
        return "Proposed. A second, different person: --resume --actor EMAIL."
    stopping.resume_purges(actor=actor, now=now)
    return "Purges may run again."


Deed = Callable[[Any, str, datetime], str]
DEEDS: dict[str, tuple[Act, Deed]] = {
    "propose": (Act.WRITE_RULES, _propose),
    "agree": (Act.SECOND_RULES, _agree),
    "stop": (Act.SECOND_RULES, _stop),
    "resume": (Act.SECOND_RULES, _resume),
}
