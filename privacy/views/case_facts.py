"""What both frames of a request's page show of it: number, state, days and their reasons, progress."""

from typing import Any

from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.utils.translation import gettext as _

from .. import recipient_notices, subject_requests
from ..cases import State
from ..deadlines import Clock, in_words
from ..export import Export, why_over
from ..subject_requests import DataSubjectRequest
from .words import STATES


def mine(customer: Any, reference: str) -> DataSubjectRequest:
    """404 for somebody else's number, as for one that does not exist."""
    found: DataSubjectRequest = get_object_or_404(DataSubjectRequest, data_subject=customer, reference=reference)
    return found


def shown(case: DataSubjectRequest) -> dict[str, Any]:
    """The state in words and colour, and how near the last day is."""
    label, colour = STATES[State(case.state)]
    return {"case": case, "state": label, "colour": colour, "due": in_words(case.due_on, timezone.localdate())}


def facts_of(case: DataSubjectRequest, *, is_guest: bool) -> dict[str, Any]:
    """Everything about it that is no event; a copy of the data is fetched in the account alone."""
    job = job_of(case)
    copy = job if isinstance(job, Export) and not is_guest else None
    return {
        **shown(case),
        "progress": progress(case, job),
        "export": copy,
        "over": why_over(copy, timezone.now()) if copy and copy.released_at else "",
        "goes_on_as": case.merged_into,
        "promises": _promises(case),
        "told": recipient_notices.progress(case, timezone.localdate()),
        "facts": subject_requests.facts(case, for_staff=False),
        "denied": _denied(case),
    }


def _promises(case: DataSubjectRequest) -> list[Clock]:
    """What the shop has promised for an earlier day than the law asks, while it is not answered."""
    running = subject_requests.clocks(case) if case.is_open else ()
    return [clock for clock in running if clock.due_on < case.due_on]


def _denied(case: DataSubjectRequest) -> Any:
    """Why we said no, in a sentence; nothing while a second person still looks at it."""
    denial = subject_requests.denial_of(case) if case.state == State.REFUSED else None
    return denial.to_person if denial else ""


def job_of(case: DataSubjectRequest) -> Any:
    """The export or erasure that carries the request out, once there is one."""
    return getattr(case, "export", None) or getattr(case, "erasure", None)


def progress(case: DataSubjectRequest, job: Any) -> dict[str, Any]:
    """How far the work is, for the bar."""
    percent = getattr(job, "progress", None) if job else None
    done = not case.is_open
    words = str(STATES[State(case.state)][0])
    if isinstance(job, Export):
        done = done or job.released_at is not None
        words = _copy_in_words(job, done)
    return {"percent": 100 if done else percent, "words": words, "finished": done}


def _copy_in_words(job: Export, is_finished: bool) -> str:
    """Where a copy is, for the person who waits for it."""
    if is_finished:
        return _("It is no longer here.") if why_over(job, timezone.now()) else _("It is ready.")
    if job.job_state == Export.State.DONE:
        return _("Your copy is made. One of us looks it through before you get it.")
    if job.job_state == Export.State.NEEDS_ATTENTION:
        return _("Your copy is still being prepared. Our computer could not finish it, so one of us takes care of it.")
    if job.failures:
        return _("Your copy is being prepared. Something went wrong on our side; we try again by ourselves.")
    if job.job_state == Export.State.NEW and not job.claims:
        return _("Your copy is waiting for its turn.")
    return _("We are putting your copy together: %(percent)d %% done.") % {"percent": job.progress or 0}
