"""Are complaints taken, confirmed, answered and, where we cannot agree, passed on as we promised?"""

from datetime import date, datetime, timedelta

from django.conf import settings
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ... import deadlines, letters
from ...cases import CaseQuerySet, State
from ...subject_requests import Complaint, DataSubjectRequest, complaints
from ...subject_requests.clocks import history
from ...subject_requests.complaint import Stage
from ...subject_requests.registers import REGISTERS
from ..control import control
from ..finding import Finding, broken, kept, none_wrong, not_shown

MEDIATION = timedelta(days=45)
SAMPLE = 1000
GONE = (State.WITHDRAWN, State.MERGED)
NO_COMPLAINT = gettext_lazy("Nobody has complained yet; the first complaint shows it.")


def _cases() -> CaseQuerySet:
    found: CaseQuerySet = DataSubjectRequest.objects.filter(kind="complaint")
    return found


@control("complaints-logged", gettext_lazy("Every complaint has a number, a day, a road and a subject"))
def complaints_are_logged(now: datetime) -> Finding:
    """Beside each case its complaint."""
    rows = _cases()
    wrong = rows.filter(Q(complaint=None) | Q(reference="") | Q(source="")).count()
    return none_wrong(
        wrong, rows.count(),
        good=_("Every complaint is on record with its number, day, road and subject."),
        bad=_("A complaint is on record without its number, road or subject."),
        none=str(NO_COMPLAINT),
    )  # fmt: skip


@control("complaints-confirmed", gettext_lazy("Complaints are confirmed within three working days"))
def complaints_are_confirmed(now: datetime) -> Finding:
    """SFB-02: each of the last year by the working days of its country, one that is still open too."""
    rows = _cases().filter(received_at__range=(now - timedelta(days=365), now))
    whole = list(rows.exclude(state__in=GONE).prefetch_related("events").order_by("-received_at")[:SAMPLE])
    today = timezone.localdate(now, settings.SHOP_TZ)
    return none_wrong(
        sum(_was_late(case, today) for case in whole), len(whole),
        good=_("Every complaint of the last year was confirmed in time."),
        bad=_("A complaint was not confirmed in time."),
        none=str(NO_COMPLAINT),
    )  # fmt: skip


def _was_late(case: DataSubjectRequest, today: date) -> bool:
    said = history(case)
    clocks = deadlines.clocks(
        case.jurisdiction, case.kind, case.received_at, said, packs=["SafeBuy"], time_zone=settings.SHOP_TZ
    )
    return any(clock.due_on < (clock.met_on or today) for clock in clocks if clock.period == deadlines.ACKNOWLEDGED)


@control("complaints-day", gettext_lazy("Every complaint has a last day, and none is open past it"))
def complaints_have_a_day(now: datetime) -> Finding:
    """The day that the confirmation named."""
    rows = _cases()
    return none_wrong(
        rows.late(timezone.localdate(now)).count(), rows.count(),
        good=_("Every complaint has its last day, and none is open past it or was answered after it."),
        bad=_("A complaint is open past its last day, or was answered after it."),
        none=str(NO_COMPLAINT),
    )  # fmt: skip


@control("complaints-not-silent", gettext_lazy("Whoever complained hears from us while it is open"))
def nobody_hears_nothing(now: datetime) -> Finding:
    """SFB-04."""
    return none_wrong(
        int(complaints.silent(now).order_by().count()), _cases().count(),
        good=_("Nobody who complained has heard nothing for too long."),
        bad=_("Somebody who complained has heard nothing for too long."),
        none=str(NO_COMPLAINT),
    )  # fmt: skip


@control("complaints-where-next", gettext_lazy("An outcome says where to go next: regulator, mediation, courts"))
def outcomes_say_where_next(now: datetime) -> Finding:
    """The letters in force, and that a letter without these blocks is refused."""
    blocks = {block.name for block in letters.KINDS["complaint_outcome"].blocks}
    rows = [row for row in letters.in_force() if row.kind == "complaint_outcome"]
    named = settings.SHOP["regulator"] and settings.SHOP["mediator"]
    wrong = sum(not row.blocks.get(name, "").strip() for row in rows for name in ("regulator", "mediation", "courts"))
    if wrong or not named or not rows or not {"regulator", "mediation", "courts"} <= blocks:
        return broken(_("An outcome could leave without saying where to go next."), wrong=wrong)
    return kept(_("No outcome of a complaint can leave without regulator, mediation and courts."), letters=len(rows))


@control("complaints-mediation", gettext_lazy("No mediation lasts longer than 45 days"))
def mediation_ends(now: datetime) -> Finding:
    """Those that are open, and of the last year those that went on or ended later: the case says when."""
    rows, since = Complaint.objects.exclude(mediation_opened_on=None), timezone.localdate(now) - MEDIATION
    open_too_long = Q(stage=Stage.MEDIATION, mediation_opened_on__lt=since)
    late = [one for one in rows.exclude(stage=Stage.MEDIATION).select_related("case") if _mediated_too_long(one, now)]
    return none_wrong(
        rows.filter(open_too_long).count() + len(late), rows.count(),
        good=_("No mediation has lasted longer than 45 days."),
        bad=_("A mediation has lasted longer than 45 days."),
        none=_("No complaint has gone to mediation yet; the first one shows it."),
    )  # fmt: skip


def _mediated_too_long(row: Complaint, now: datetime) -> bool:
    ends = row.case.events.filter(kind="mediation_closed", occurred_at__gt=now - timedelta(days=365))
    ended = ends.order_by("occurred_at").values_list("occurred_at", flat=True).last()
    until = row.mediation_until
    return ended is not None and until is not None and timezone.localdate(ended, settings.SHOP_TZ) > until


@control("complaints-transaction", gettext_lazy("Mediation needs the number and day of the order"))
def mediation_needs_the_order(now: datetime) -> Finding:
    """Rows, and the database's own rule."""
    rows = Complaint.objects.exclude(mediation_opened_on=None)
    bare = rows.filter(transaction_on=None).count()
    if bare or not any("mediat" in one.name or "transaction" in one.name for one in Complaint._meta.constraints):
        return broken(_("A complaint went to mediation without the day of the order."), wrong=bare)
    return kept(_("No complaint goes to mediation without the number and day of the order."), looked_at=rows.count())


@control("complaints-stages", gettext_lazy("A complaint goes from us to mediation, arbitration and its end"))
def stages_are_whole(now: datetime) -> Finding:
    """The stages there are, and that a closed one has its outcome."""
    if set(Stage.values) != {"complaint", "mediation", "arbitration", "closed"}:
        return broken(_("A stage of complaints is missing."))
    rows = Complaint.objects.filter(stage=Stage.CLOSED)
    return none_wrong(
        rows.filter(outcome="").count(), rows.count(),
        good=_("Every complaint that is closed has its outcome."),
        bad=_("A complaint is closed without an outcome."),
        none=_("No complaint is closed yet; the first one shows it."),
    )  # fmt: skip


@control("complaints-register", gettext_lazy("The register of complaints with outcomes can be taken out for a period"))
def register_can_be_taken_out(now: datetime) -> Finding:
    """It is made now, for the last year, and holds each complaint of it."""
    since, until = timezone.localdate(now - timedelta(days=365)), timezone.localdate(now)
    rows = _cases().filter(received_at__range=(now - timedelta(days=365), now))
    made = sum(1 for _line in REGISTERS["complaints"].rows(since, until)) - 1
    if not rows.exists():
        return not_shown(str(NO_COMPLAINT))
    if made < rows.count():
        return broken(_("The register of complaints lacks some."), made=made, looked_at=rows.count())
    return kept(_("The register of complaints was made just now, and is whole."), made=made)
