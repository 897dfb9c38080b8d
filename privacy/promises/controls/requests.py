"""Are requests carried out on time, for the right person, by the right people, and at no charge?"""

from datetime import datetime, timedelta

from django.db.models import Exists, F, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ... import rights
from ...cases import State
from ...erasure import Erasure, ErasureCertificate
from ...export import Export
from ...personal_data import declarations
from ...restrictions import Restriction
from ...subject_requests import CallBack, CaseEvent, DataSubjectRequest, Fee, ReleaseCheck, Representative, clocks
from ...vocabulary import Source
from ..control import control
from ..finding import Finding, broken, kept, none_wrong, not_shown

MONTH, QUARTER, YEAR = timedelta(days=30), timedelta(days=90), timedelta(days=365)
DAY, SAMPLE = timedelta(hours=24), 500
THE_RIGHTS = (
    "access", "portability", "rectification", "restriction", "erasure", "objection", "complaint", "human_review",
)  # fmt: skip


def offers(kind: str) -> Finding:
    """Whether this right can be asked for, and what it does."""
    entry = rights.REGISTER.get(kind)
    if entry is None or kind not in dict(rights.choices()):
        return broken(_("A right is not offered: %(kind)s.") % {"kind": kind})
    count = DataSubjectRequest.objects.filter(kind=kind).count()
    return kept(
        _("It can be asked for: %(label)s (%(law)s).") % {"label": entry.label, "law": entry.article}, asked=count
    )


@control("rights-all", gettext_lazy("All rights are offered"))
def all_rights_are_offered(now: datetime) -> Finding:
    """Access, correction, restriction, deletion, taking away, objection, complaint, human review."""
    missing = [kind for kind in THE_RIGHTS if kind not in dict(rights.choices())]
    if missing:
        return broken(_("A right is not offered: %(kind)s.") % {"kind": ", ".join(missing)}, missing=len(missing))
    return kept(_("Every right can be asked for, and has its function."), rights=len(THE_RIGHTS))


def _offer(kind: str, label: object) -> None:
    @control(f"right-{kind.replace('_', '-')}", gettext_lazy("It can be asked for") + f": {label}")
    def look(now: datetime) -> Finding:
        return offers(kind)


for one in rights.REGISTER.values():
    _offer(one.kind, one.label)


@control("requests-in-time", gettext_lazy("No request is open past its last day, or was answered after it"))
def no_request_is_late(now: datetime) -> Finding:
    """By the clock of the law; of those that are answered for a year."""
    late = DataSubjectRequest.objects.late(timezone.localdate(now)).count()
    return none_wrong(
        late, DataSubjectRequest.objects.count(),
        good=_("No request is open past the last day that the law gives us, and none was answered after it."),
        bad=_("Requests are open past the last day that the law gives us, or were answered after it."),
        none=_("Nobody has asked for anything yet."),
    )  # fmt: skip


@control("requests-acknowledged", gettext_lazy("Requests are confirmed within 24 hours, with a number of their own"))
def requests_are_acknowledged(now: datetime) -> Finding:
    """Those of the last 30 days that are older than a day."""
    told = CaseEvent.objects.filter(
        case=OuterRef("pk"), kind="acknowledged", occurred_at__lte=OuterRef("received_at") + DAY
    )
    rows = DataSubjectRequest.objects.filter(received_at__range=(now - MONTH, now - DAY))
    return none_wrong(
        rows.filter(~Exists(told)).count(), rows.count(),
        good=_("Every request of the last 30 days was confirmed within 24 hours."),
        bad=_("Some request of the last 30 days was not confirmed within 24 hours."),
        none=_("No request has come in the last 30 days; the next one shows it."),
    )  # fmt: skip


@control("requests-own-mistakes", gettext_lazy("Our own mistakes are put right within ten working days"))
def own_mistakes_in_time(now: datetime) -> Finding:
    """The shorter promises on open corrections, and on those of the last year that are done."""
    rows = DataSubjectRequest.objects.filter(kind="rectification")
    done = rows.filter(state=State.COMPLETED, closed_at__range=(now - YEAR, now)).prefetch_related("events")
    missed = rows.promise_missed(timezone.localdate(now)).count() + sum(map(_met_late, done.order_by("-pk")[:SAMPLE]))
    return none_wrong(
        missed, rows.count(),
        good=_("No correction has passed a day that we promised."),
        bad=_("A correction has passed a day that we promised."),
        none=_("Nobody has asked for a correction yet."),
    )  # fmt: skip


def _met_late(case: DataSubjectRequest) -> bool:
    return any(clock.met_on is not None and clock.met_on > clock.due_on for clock in clocks(case))


@control("requests-identity", gettext_lazy("Nothing is handed out or deleted before we know who asks"))
def identity_comes_first(now: datetime) -> Finding:
    """Copies and deletions that are done."""
    rows = DataSubjectRequest.objects.filter(kind__in=("access", "portability", "erasure"), state=State.COMPLETED)
    return none_wrong(
        rows.filter(identity_confirmed_at=None).count(), rows.count(),
        good=_("Nothing was handed out or deleted before we knew who asked."),
        bad=_("Something was handed out or deleted although nobody had confirmed who asked."),
        none=_("No copy or deletion has been carried out yet."),
    )  # fmt: skip


@control("requests-call-back", gettext_lazy("A failed check of identity leads to a call back, which somebody makes"))
def call_backs_are_made(now: datetime) -> Finding:
    """None waits past its day."""
    rows, today = CallBack.objects.all(), timezone.localdate(now)
    waiting = rows.filter(closed_at=None, next_try_on__lt=today - timedelta(days=7)).count()
    return none_wrong(
        waiting, rows.count(),
        good=_("Whoever could not be recognised was called back, or is about to be."),
        bad=_("Somebody who could not be recognised has waited for a call for more than a week."),
        none=_("Everybody could be recognised so far; the first failed check shows it."),
    )  # fmt: skip


@control("requests-suspicion", gettext_lazy("A suspicion of misuse stops a request until a second person has looked"))
def suspicion_stops(now: datetime) -> Finding:
    """No request with an open suspicion was carried out."""
    events = CaseEvent.objects.filter(kind="fraud_suspected")
    settled = CaseEvent.objects.filter(
        case=OuterRef("case"), kind="doubt_settled", occurred_at__gte=OuterRef("occurred_at")
    )
    wrong = events.filter(~Exists(settled), case__state__in=(State.COMPLETED, State.EXECUTING)).count()
    return none_wrong(
        wrong, events.count(),
        good=_("No request under suspicion was carried out before somebody had looked."),
        bad=_("A request was carried out although a suspicion was open."),
        none=_("No misuse has been suspected so far; the first suspicion shows it."),
    )  # fmt: skip


@control("requests-free", gettext_lazy("Requests cost nothing, but for a recorded reason that two people agreed to"))
def requests_are_free(now: datetime) -> Finding:
    """Every fee that was asked for."""
    rows = Fee.objects.filter(state__in=(Fee.State.ASKED, Fee.State.PAID))
    wrong = rows.filter(Q(reason="") | Q(approved_by=None) | Q(approved_by=F("proposed_by"))).count()
    wrong += not any("two_people" in one.name for one in Fee._meta.constraints)
    return none_wrong(
        wrong, DataSubjectRequest.objects.count(),
        good=_("Nobody had to pay, but where two people agreed to a reason that the law knows."),
        bad=_("A fee was asked for without a reason or without a second person."),
        none=_("Nobody has asked for anything yet."),
    )  # fmt: skip


@control("requests-any-road", gettext_lazy("Requests by letter, phone and email are taken like those on the site"))
def any_road_counts(now: datetime) -> Finding:
    """Of the last year, each with the day on which it came."""
    rows = DataSubjectRequest.objects.filter(received_at__range=(now - YEAR, now))
    used = set(rows.order_by().values_list("source", flat=True).distinct())
    wanted = {Source.LETTER, Source.PHONE, Source.EMAIL}
    late = rows.filter(source__in=wanted).late(timezone.localdate(now)).count()
    if late:
        return broken(
            _("A request by letter, phone or email is past its last day, or was answered after it."), late=late
        )
    if missing := wanted - used:
        return not_shown(_("No request has come within a year by: %(roads)s.") % {"roads": ", ".join(sorted(missing))})
    return kept(_("Requests by letter, phone and email have the same clock as those on the site."), roads=len(used))


@control("requests-enquiries", gettext_lazy("A question can become a request, from the day on which it came"))
def enquiries_can_become_requests(now: datetime) -> Finding:
    """And none is open past its day."""
    if "enquiry" not in dict(rights.choices()):
        return broken(_("Nobody can ask a question."))
    rows = DataSubjectRequest.objects.filter(kind="enquiry")
    late = rows.late(timezone.localdate(now)).count()
    return none_wrong(
        late, rows.count(),
        good=_("No question is open past its last day, and none was answered after it."),
        bad=_("Questions are open past their last day, or were answered after it."),
        none=_("Nobody has asked a question yet."),
    )  # fmt: skip


@control("erasure-two-people", gettext_lazy("Nobody is deleted by one colleague alone"))
def erasure_needs_two(now: datetime) -> Finding:
    """Every deletion that was begun, and the rule in the database itself."""
    rows = Erasure.objects.all()
    alone = Q(case__approved_by=None) | Q(case__approved_by=F("case__proposed_by"))
    wrong = rows.filter(alone).count()
    rule = any("approve" in one.name or "two" in one.name for one in DataSubjectRequest._meta.constraints)
    if wrong or not rule:
        return broken(_("Somebody was deleted by one colleague alone, or the database would allow it."), wrong=wrong)
    count = rows.count()
    if not count:
        return not_shown(_("Nobody has been deleted yet; the first deletion shows it."))
    return kept(_("Two different people agreed to every deletion."), looked_at=count)


@control("erasure-proven", gettext_lazy("Every deletion ends with a certificate, or somebody is told what is left"))
def erasures_are_proven(now: datetime) -> Finding:
    """Those that are finished."""
    done = Erasure.objects.filter(job_state=Erasure.State.DONE, finished_at__lt=now)
    proven = ErasureCertificate.objects.filter(erasure=OuterRef("pk"))
    return none_wrong(
        done.filter(~Exists(proven)).count(), done.count(),
        good=_("Every deletion has its certificate of what went, what stays and why."),
        bad=_("A deletion has no certificate."),
        none=_("Nobody has been deleted yet; the first deletion shows it."),
    )  # fmt: skip


@control("export-fingerprint", gettext_lazy("Every copy has its fingerprint, which is checked when it is fetched"))
def copies_have_fingerprints(now: datetime) -> Finding:
    """SHA-256 of each file, noted when it was made."""
    rows = list(Export.objects.filter(job_state=Export.State.DONE).exclude(files={}).order_by("-pk")[:200])
    wrong = sum(not _has_fingerprints(row.files) for row in rows)
    return none_wrong(
        wrong, len(rows),
        good=_("Every copy has a fingerprint for each of its files."),
        bad=_("A copy has no fingerprint, so that nobody could see a change."),
        none=_("No copy has been made yet."),
    )  # fmt: skip


def _has_fingerprints(files: dict[str, dict[str, str]]) -> bool:
    return all(len(about.get("sha256", "")) == 64 for about in files.values())


@control(
    "export-checks", gettext_lazy("Three checks before a copy leaves: who asks, what speaks of others, where it goes")
)
def copies_are_checked(now: datetime) -> Finding:
    """Copies that went out on a request."""
    rows = Export.objects.exclude(released_at=None).exclude(case=None)
    kinds = [
        ~Exists(ReleaseCheck.objects.filter(case=OuterRef("case"), kind=kind)) for kind in ReleaseCheck.Kind.values
    ]
    unchecked = kinds[0] | kinds[1] | kinds[2]
    return none_wrong(
        rows.filter(unchecked).count(), rows.count(),
        good=_("Before every copy left, all three checks were made."),
        bad=_("A copy left without all three checks."),
        none=_("No copy has left yet; the first one shows it."),
    )  # fmt: skip


@control("export-others", gettext_lazy("What speaks of others is named, and looked through before a copy leaves"))
def others_are_declared(now: datetime) -> Finding:
    """Which columns may speak of others is declared; the check is asked for."""
    named = sum(bool(said.third_party) for said in declarations())
    if not named or "others" not in ReleaseCheck.Kind.values:
        return broken(_("Nobody looks through what speaks of others."))
    return kept(_("What may speak of others is named, and looked through before a copy leaves."), kinds=named)


@control("representatives", gettext_lazy("Whoever acts for somebody shows an authority, which a colleague looks at"))
def authorities_are_seen(now: datetime) -> Finding:
    """Requests that were carried out for somebody's representative."""
    rows = Representative.objects.all()
    wrong = rows.filter(authority_seen_at=None, case__state=State.COMPLETED).count()
    return none_wrong(
        wrong, rows.count(),
        good=_("No request was carried out for a representative whose authority nobody had seen."),
        bad=_("A request was carried out for a representative whose authority nobody had seen."),
        none=_("Nobody has acted for somebody else yet; the first one shows it."),
    )  # fmt: skip


@control("restrictions-reviewed", gettext_lazy("Every restriction and hold is looked at again in time"))
def holds_are_reviewed(now: datetime) -> Finding:
    """None is past its day."""
    due = Restriction.objects.review_due(timezone.localdate(now)).count()
    return none_wrong(
        due, Restriction.objects.count(),
        good=_("Every restriction and hold has its day to be looked at again, and none is past it."),
        bad=_("A restriction or hold is past the day on which it was to be looked at again."),
        none=_("Nothing is restricted or held; the first one shows it."),
    )  # fmt: skip
