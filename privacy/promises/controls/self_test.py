"""What did the nightly self-test show, on a customer who is nobody? One control for each of its steps."""

from datetime import datetime
from functools import partial

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ...canary import STEPS, CanaryRun, CanaryStep
from ...canary.lamp import A_NIGHT
from ..control import control
from ..finding import Finding, broken, kept, not_shown


def step_was_kept(name: str, now: datetime) -> Finding:
    """The newest run that came to its end: was this step of it done?"""
    run = CanaryRun.objects.ended().first()
    if run is None:
        return not_shown(_("No self-test has come to its end yet; the first one shows it by itself."))
    if run.created_at < now - A_NIGHT:
        return not_shown(_("The last self-test is older than a night; the next one shows it."), run=run.pk)
    row = run.steps.filter(name=name).first()
    words = {"step": STEPS[name].title}
    if row is None or row.outcome != CanaryStep.Outcome.DONE:
        return broken(_("The self-test of last night did not show it: %(step)s.") % words, run=run.pk)
    return kept(_("Shown by the self-test of last night: %(step)s.") % words, run=run.pk)


for one in STEPS.values():
    control(f"self-test-{one.name.replace('_', '-')}", gettext_lazy("Nightly self-test") + f": {one.title}")(
        partial(step_was_kept, one.name)
    )
