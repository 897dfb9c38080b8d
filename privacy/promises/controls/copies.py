"""Do both sides of a dispute get everything that belongs to the case? The file is made now, and who took it is read."""

from datetime import date, datetime, time, timedelta

from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ... import case_bundle
from ...audit import AuditEntry, reference
from ...subject_requests import CasePaper, Complaint, DataSubjectRequest, papers
from ...subject_requests.complaint import Stage
from ..control import control
from ..finding import Finding, broken, kept, not_shown

YEAR, SAMPLE = timedelta(days=365), 500


class _Bare:
    """Words for a file that nobody reads."""

    def event(self, kind: str) -> str:
        """As it is called."""
        return kind

    def names(self, actors: list[str]) -> dict[str, str]:
        """By reference."""
        return {actor: actor for actor in actors}


@control("complaints-copies", gettext_lazy("Both sides of a mediation get everything that belongs to the case"))
def both_sides_get_everything(now: datetime) -> Finding:
    """SFB-09: the file for both is whole when made now, and was taken out of the office in each mediation of a year."""
    newest = DataSubjectRequest.objects.filter(kind="complaint", data_subject__erased_at=None).order_by("-pk").first()
    if newest is not None and not _is_whole(newest, now):
        return broken(_("The file for both sides lacks something of the case, or holds an inner note."))
    rows = Complaint.objects.filter(mediation_opened_on__gte=(now - YEAR).date()).order_by("-mediation_opened_on")
    mediated = list(rows.select_related("case")[:SAMPLE])
    if not mediated:
        return not_shown(_("No complaint has gone to mediation within a year; the first one shows it."))
    without, today = [row for row in mediated if not _was_taken(row)], timezone.localdate(now, settings.SHOP_TZ)
    late = sum(row.stage != Stage.MEDIATION or (row.mediation_until or today) < today for row in without)
    if late:
        return broken(_("A mediation ended, and nobody had taken the file for both sides."), wrong=late)
    if without:
        return not_shown(
            _("A mediation is open, and nobody has taken the file for both sides yet."), waiting=len(without)
        )
    return kept(
        _(
            "In each mediation of the last year the file with all documents for both sides was taken. That it was sent "
            "to both, the colleague answers for who took it."
        ),
        looked_at=len(mediated),
    )


def _was_taken(row: Complaint) -> bool:
    """Since it was opened: a file from before lacks what came with the mediation."""
    since = datetime.combine(row.mediation_opened_on or date.max, time.min, tzinfo=settings.SHOP_TZ)
    taken = AuditEntry.objects.filter(target=reference(row.case), event="case.bundle_taken", at__gte=since)
    return any(entry.details.get("kind") == "both" for entry in taken)


def _is_whole(case: DataSubjectRequest, now: datetime) -> bool:
    """Every paper but proofs of identity, every letter and every mail; no word for colleagues; a paper to print."""
    both, ours = (case_bundle.collect(case, for_both=one, now=now, speaker=_Bare()) for one in (True, False))
    wanted = set(papers.of(case).exclude(kind=CasePaper.Kind.IDENTITY).values_list("pk", flat=True))
    told = [line.at for line in ours.lines if not line.is_internal]
    return (
        {paper.number for paper in both.papers} == wanted
        and [letter.pk for letter in both.letters] == [letter.pk for letter in ours.letters]
        and [mail.pk for mail in both.mails] == [mail.pk for mail in ours.mails]
        and [line.at for line in both.lines] == told
        and case_bundle.pdf_of(both).startswith(b"%PDF-")
    )
