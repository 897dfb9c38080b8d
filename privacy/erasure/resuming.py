"""A hold has ended: what waited for that goes on at once, as the job that it was; the night finds what was missed."""

from django.utils import timezone

from .. import jobs, restrictions
from .job import Erasure
from .plan import has_work


@restrictions.when_lifted
def go_on_at_once(ended: restrictions.Restriction) -> None:
    """The person's erasure becomes a job again, where something may go now (FAULTS E48, LRD-20)."""
    data_subject = ended.data_subject
    for job in Erasure.objects.filter(data_subject=data_subject, waits_for_release=True, job_state=Erasure.State.DONE):
        if has_work(data_subject, timezone.localdate()):
            jobs.again(job, now=timezone.now(), state=Erasure.State.DONE)
