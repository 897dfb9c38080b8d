"""`erase`: deletes one customer's data, by the same case, two people and job as the office; JSON per model."""

import json
import time
from typing import Any

from django.contrib.auth import get_user_model
from django.core.management.base import CommandError, CommandParser
from django.db import IntegrityError
from django.utils import timezone

from privacy import data_subjects, erasure, jobs, subject_requests
from privacy.cases import InvalidTransition, State
from privacy.erasure_ledger import CommandWhileOpen
from privacy.roles import Act, may
from privacy.subject_requests import DataSubjectRequest, NotAllowed
from privacy.vocabulary import Source

PATIENCE_SECONDS = 120


class Command(CommandWhileOpen):
    """Says what an erasure would do, or carries it out once two colleagues are named."""

    help = "Deletes or anonymises what is held about one customer; prints what went and what is kept, why, until when."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--customer", required=True, metavar="NUMBER")
        parser.add_argument("--dry-run", action="store_true", help="only say what would happen")
        parser.add_argument("--approved-by", action="append", default=[], metavar="EMAIL", help="twice: two colleagues")

    def handle(self, *args: Any, **options: Any) -> None:
        person = data_subjects.by_number(options["customer"])
        if person is None:
            raise CommandError(f"No customer has the number {options['customer']}.")
        if options["dry_run"]:
            lines = [line.as_json() for line in erasure.preview(person, timezone.localdate())]
        else:
            lines = carry_out(person, *two_colleagues(options["approved_by"]))
        self.stdout.write(json.dumps({line["model"]: printed(line) for line in lines}))


def printed(line: dict[str, Any]) -> dict[str, Any]:
    """The line without its model; where no last day is known yet, how long after the end of the matter it stays."""
    said = {name: value for name, value in line.items() if name not in ("model", "silent")}
    no_date_yet = line["kept"] and not line["until"]
    return said | ({"period": f"{erasure.Line(**line).period} from a day that has not come"} if no_date_yet else {})


def two_colleagues(addresses: list[str]) -> tuple[Any, Any]:
    """Who proposes and who approves; refused unless they are two and may."""
    if len(addresses) != 2:
        raise CommandError("Two colleagues must agree: --approved-by EMAIL --approved-by EMAIL.")
    found = [get_user_model()._default_manager.filter(email__iexact=address).first() for address in addresses]
    for first, second in (found, found[::-1]):
        if first and second and first != second and may(first, Act.PROPOSE) and may(second, Act.APPROVE):
            return first, second
    raise CommandError("These are not two different colleagues of whom one may propose and the other approve.")


def carry_out(person: Any, first: Any, second: Any) -> list[dict[str, Any]]:
    """Takes the customer's open case, or a new one, through its steps and waits for its job."""
    try:
        case = DataSubjectRequest.objects.open().filter(data_subject=person, kind="erasure").first()
        case = agreed(case or opened(person, first), first, second)
    except (NotAllowed, InvalidTransition, IntegrityError) as refusal:
        raise CommandError(str(refusal)) from refusal
    return report_of(case.erasure)


def opened(person: Any, first: Any) -> DataSubjectRequest:
    """A wish that came on paper or by telephone; there is no page on which to change one's mind, so no time for it."""
    case = subject_requests.open_case(person, "erasure", source=Source.LETTER, actor=first)
    case.execute_after = None
    case.save(update_fields=["execute_after"])
    return case


def agreed(case: DataSubjectRequest, first: Any, second: Any) -> DataSubjectRequest:
    """The steps of the office, from wherever the case stands."""
    if case.state in (State.RECEIVED, State.VERIFYING):
        subject_requests.start(case, actor=first)
    if case.state == State.IN_PROGRESS:
        if case.identity_confirmed_at is None:
            subject_requests.confirm_identity(case, actor=first, how="By the two who agree to it on the command line.")
        subject_requests.propose(case, actor=first)
    if case.state == State.AWAITING_APPROVAL:
        subject_requests.approve(case, actor=first if case.proposed_by_id == second.pk else second)
    return case


def report_of(job: erasure.Erasure) -> list[dict[str, Any]]:
    """Does the job here, unless a worker has it already, and gives its report."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not jobs.work(job._meta.label_lower, job.pk):
        job.refresh_from_db()
        if job.job_state == job.State.DONE:
            break
        if job.last_error or time.monotonic() > deadline:
            raise CommandError(f"Not finished ({job.last_error or 'a worker has it'}); it is tried again by itself.")
        time.sleep(0.2)
    job.refresh_from_db()
    return list(job.report)
