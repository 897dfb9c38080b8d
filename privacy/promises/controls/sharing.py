"""Who else gets data: only whom we may give it, only what is on the list, only with leave, and never for money?"""

from datetime import datetime, timedelta

from django.db.models import F, Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ...choice_calls import ChoiceCall
from ...gate.facts import RESTRICTED, Bar
from ...gate.sharing import Share, share_answers
from ...personal_data import declarations
from ...preferences import sharing as offered_choices
from ...recipients import NEVER_NEEDED, Disclosure, Recipient
from ...vocabulary import Category, Decision, Purpose, Source
from ..control import control
from ..finding import Finding, broken, kept, none_wrong, not_shown
from . import invented
from .invented import a_recipient, may_give

MONTH = timedelta(days=30)
ANYTHING_NEW = "anything-new"
REVIEWERS, FOR_A_REVIEW = "trustpilot", {"name", "email", "order_number"}
# What must be told of a decision that a score made (Art. 22).
DECIDED_BY = {"decision", "score", "logic", "recipient"}
A_DAY, A_MINUTE = timedelta(days=1), timedelta(minutes=1)
SAMPLE = 500
YES, NO = Decision.GRANTED, Decision.WITHDRAWN


def refuses(would_give: bool, good: str, bad: str) -> Finding:
    """The gate must say no to an invented hand-over."""
    return broken(bad) if would_give else kept(good)


@control("sharing-default-no", gettext_lazy("Nothing goes to anybody who is not needed for an order, without a yes"))
def default_is_no(now: datetime) -> Finding:
    """Neither without a word, nor by accepting a policy."""
    to = a_recipient()
    accepted = invented.answered(now, YES, Purpose.SHARING, recipient=-1, source=Source.POLICY_ACCEPTANCE)
    return refuses(
        may_give(now, to) or may_give(now, to, said=[accepted]),
        _("Asked now, the gate gives nothing to a company that is not needed for an order, without a yes to it."),
        _("The gate would give data to a company without the person's yes."),
    )


@control("sharing-no-counts", gettext_lazy("A no to one company, or to all, ends sharing"))
def no_counts(now: datetime) -> Finding:
    """The later word counts; a no to all counts for every one that is not needed."""
    yes = invented.answered(now - MONTH, YES, Purpose.SHARING, recipient=-1)
    to_one, to_all = (invented.answered(now, NO, Purpose.SHARING, recipient=which) for which in (-1, None))
    if not may_give(now, a_recipient(), said=[yes]):
        return broken(_("A yes to a company does not count."))
    return refuses(
        any(may_give(now, a_recipient(), said=[no, yes]) for no in (to_one, to_all)),
        _("Asked now, a no to one company or to all of them ends sharing at once."),
        _("The gate would go on sharing after a no."),
    )


@control("sharing-necessary-or-chosen", gettext_lazy("Without a yes only whoever is needed for an order gets data"))
def necessary_or_chosen(now: datetime) -> Finding:
    """By the gate, and by the register: nobody without whom an order goes out as well counts as needed."""
    needed, chosen = a_recipient(is_necessary=True), a_recipient()
    wrong = Recipient.objects.active().filter(is_necessary=True, group__in=NEVER_NEEDED).count()
    if wrong or may_give(now, chosen) or not may_give(now, needed):
        return broken(_("Somebody who is not needed for an order counts as needed."), wrong=wrong)
    return kept(_("Without a yes only whoever is needed for an order gets data."))


@control("sharing-fields", gettext_lazy("No company gets a field that is not on its list"))
def only_listed_fields(now: datetime) -> Finding:
    """By the gate, and in what was really handed over."""
    if may_give(now, a_recipient(is_necessary=True), "name", "date_of_birth"):
        return broken(_("The gate would give a field that is not on the company's list."))
    rows = list(Disclosure.objects.filter(occurred_at__lte=now).select_related("recipient").order_by("-pk")[:SAMPLE])
    outside = [row for row in rows if row.recipient.kind != Recipient.Kind.AUTHORITY]
    wrong = sum(bool(set(row.fields) - set(row.recipient.fields)) for row in outside)
    return none_wrong(
        wrong, len(outside),
        good=_("Nothing was handed over that is not on the company's list."),
        bad=_("Something was handed over that is not on the company's list."),
    )  # fmt: skip


@control("sharing-review-service", gettext_lazy("The review service gets name, email address and order number alone"))
def reviewers_get_three_details(now: datetime) -> Finding:
    """CNX-29: by its list, and in what it really got."""
    rows = Recipient.objects.active().filter(name__icontains=REVIEWERS)
    given = Disclosure.objects.filter(recipient__name__icontains=REVIEWERS).values_list("fields", flat=True)
    lists = [*rows.values_list("fields", flat=True), *given]
    return none_wrong(
        sum(bool(set(fields) - FOR_A_REVIEW) for fields in lists), len(lists),
        good=_("The review service may get name, email address and order number, and got nothing else."),
        bad=_("The review service may get, or got, more than name, email address and order number."),
        none=_("No review service is in the register."),
    )  # fmt: skip


@control("sharing-real", gettext_lazy("What was handed over in the last 30 days had leave at that moment"))
def real_ones_had_leave(now: datetime) -> Finding:
    """The gate asked about each, as of its moment."""
    rows = Disclosure.objects.filter(occurred_at__range=(now - MONTH, now)).exclude(
        recipient__kind=Recipient.Kind.AUTHORITY
    )
    asked = [
        Share(data_subject=row.data_subject, recipient=row.recipient, fields=row.fields, at=row.occurred_at)
        for row in rows.select_related("recipient", "data_subject").order_by("-pk")[:SAMPLE]
        if row.data_subject.erased_at is None
    ]
    wrong = sum(not answer.allowed for answer in share_answers(asked))
    return none_wrong(
        wrong, len(asked),
        good=_("Everything that was handed over in the last 30 days had leave at that moment."),
        bad=_("Something was handed over for which the gate says no."),
        none=_("Nothing was handed over in the last 30 days; the next hand-over shows it."),
    )  # fmt: skip


@control("sharing-restricted", gettext_lazy("Nothing is shared of data that may be kept but not used"))
def restricted_is_no(now: datetime) -> Finding:
    """Art. 18."""
    bar = Bar("0", RESTRICTED, "", now - MONTH, None)
    return refuses(
        may_give(now, a_recipient(is_necessary=True), bars=[bar]),
        _("Asked now, the gate gives nothing of somebody whose data may be kept but not used."),
        _("The gate would share data that may be kept but not used."),
    )


@control("sharing-outside-eea", gettext_lazy("A no to transfers outside the European Economic Area counts"))
def transfers_can_be_refused(now: datetime) -> Finding:
    """Even for whoever is needed and well protected."""
    no = invented.answered(now, NO, Purpose.TRANSFER)
    to = a_recipient(is_necessary=True, country="NZ")
    return refuses(
        may_give(now, to, said=[no]),
        _("Asked now, a no to transfers outside the European Economic Area counts."),
        _("The gate would send data outside the European Economic Area in spite of a no."),
    )


@control("sharing-group-use", gettext_lazy("A no to further use within the group counts"))
def group_use_can_be_refused(now: datetime) -> Finding:
    """SFB-20."""
    no = invented.answered(now, NO, Purpose.FURTHER_USE)
    return refuses(
        may_give(now, a_recipient(is_necessary=True, group=Recipient.Group.AFFILIATE), said=[no]),
        _("Asked now, a no to further use within our group counts."),
        _("The gate would let the group use data in spite of a no."),
    )


@control("use-no-counts", gettext_lazy("A no to profiling, or to any use that may be refused, counts"))
def use_can_be_refused(now: datetime) -> Finding:
    """CLZ-09, CLG-18 (Art. 21): after a yes, so that it is the no that counts."""
    yes = invented.answered(now - MONTH, YES, Purpose.PROFILING)
    if not invented.may_serve(now, Purpose.PROFILING, said=[yes]):
        return broken(_("A yes to profiling does not count."))
    no = invented.answered(now, NO, Purpose.PROFILING)
    return refuses(
        invented.may_serve(now, Purpose.PROFILING, said=[no, yes]),
        _("Asked now, a no to profiling ends it at once."),
        _("The gate would let data be used in spite of a no."),
    )


@control("use-needs-a-yes", gettext_lazy("Nothing is used for a new purpose before a yes to it"))
def new_use_needs_a_yes(now: datetime) -> Finding:
    """CLZ-12: without a word, and by accepting a policy."""
    accepted = invented.answered(now, YES, ANYTHING_NEW, source=Source.POLICY_ACCEPTANCE)
    yes = invented.answered(now, YES, ANYTHING_NEW)
    if not invented.may_serve(now, ANYTHING_NEW, said=[yes]):
        return broken(_("A yes to a new purpose does not count."))
    return refuses(
        any(invented.may_serve(now, ANYTHING_NEW, said=said) for said in ([], [accepted])),
        _("Asked now, the gate lets nothing be used for a new purpose without a yes to it."),
        _("The gate would let data be used for a new purpose without a yes."),
    )


@control("sharing-authorities", gettext_lazy("Police and offices get data only by a recorded order"))
def authorities_need_an_order(now: datetime) -> Finding:
    """By the gate, and each hand-over with its legal basis and reference."""
    if may_give(now, a_recipient(kind=Recipient.Kind.AUTHORITY, is_necessary=True)):
        return broken(_("The gate would give data to an authority without a recorded order."))
    rows = Disclosure.objects.filter(recipient__kind=Recipient.Kind.AUTHORITY)
    wrong = rows.filter(order=None).count()
    return none_wrong(
        wrong, rows.count(),
        good=_("Nothing went to an authority without an order on record to which two of us had agreed."),
        bad=_("Data went to an authority without an order on record to which two of us had agreed."),
    )  # fmt: skip


@control("sharing-choices", gettext_lazy("Every company that is not needed is a choice of its own"))
def every_company_is_a_choice(now: datetime) -> Finding:
    """On the page of sharing choices."""
    wanted = set(Recipient.objects.optional().values_list("pk", flat=True))
    offered = {option.recipient.pk for option in offered_choices() if option.recipient}
    return none_wrong(
        len(wanted - offered), len(wanted),
        good=_("Every company that is not needed for an order is a choice of its own."),
        bad=_("Some company that is not needed for an order cannot be switched off by itself."),
        none=_("Every company in the register is needed for an order."),
    )  # fmt: skip


@control("disclosures-are-told", gettext_lazy("People read to whom we gave their data"))
def disclosures_name_fields(now: datetime) -> Finding:
    """Each hand-over with company, day and fields, which is what the page shows."""
    rows = Disclosure.objects.all()
    return none_wrong(
        rows.filter(fields=[]).count(), rows.count(),
        good=_("Every hand-over is on record with company, day and fields, and the person reads it."),
        bad=_("A hand-over is on record without what was handed over."),
        none=_("Nothing has been handed over yet."),
    )  # fmt: skip


@control("contest-sponsors", gettext_lazy("Whoever took part in a contest reads who sponsored it"))
def sponsors_are_told(now: datetime) -> Finding:
    """CLZ-13: the company stands among what she reads, and what it got of her is told with company, day and fields."""
    looked, hidden = 0, 0
    for said in declarations():
        for column in said.model._meta.concrete_fields if said.category == Category.PARTICIPATION else ():
            if column.related_model is not Recipient:
                continue
            rows = said.rows.exclude(**{column.name: None})
            looked += rows.count()
            hidden += rows.count() if column.name not in said.fields or column.name in said.secret else 0
            given = Disclosure.objects.filter(recipient__in=rows.values(column.name), fields=[])
            hidden += given.filter(data_subject__in=rows.values(said.subject_lookup)).count()
    return none_wrong(
        hidden, looked,
        good=_("Whoever took part in a contest with a sponsor reads who that was, and what it got."),
        bad=_("Somebody who took part in a contest does not read who sponsored it, or what that company got."),
        none=_("Nobody has taken part in a contest with a sponsor yet."),
    )  # fmt: skip


@control("credit-decisions", gettext_lazy("Of every credit decision it is noted how it came about, and by whose score"))
def credit_decisions_are_explained(now: datetime) -> Finding:
    """CNX-15, Art. 22: she reads score, logic and agency, and no decision is without the last two."""
    looked, wrong = 0, 0
    for said in declarations():
        names = {column.name for column in said.model._meta.concrete_fields}
        if said.category != Category.CREDIT or "decision" not in names:
            continue
        if hidden := DECIDED_BY - set(said.fields):
            wrong += len(hidden)
            continue
        rows = said.rows.exclude(decision="")
        looked += rows.count()
        wrong += rows.filter(Q(logic="") | ~Q(recipient__kind=Recipient.Kind.CREDIT_REFERENCE)).count()
    return none_wrong(
        wrong, looked,
        good=_("Of every credit decision she reads how it came about and by whose score."),
        bad=_("Of a credit decision it is not noted how it came about, or by whose score."),
        none=_("Nothing has been decided by a score yet."),
    )  # fmt: skip


@control("choices-told", gettext_lazy("Companies' machines that must follow a choice are told within a minute"))
def choices_are_told(now: datetime) -> Finding:
    """What waits longer, and what left later than that on the last day."""
    rows = ChoiceCall.objects.filter(created_at__range=(now - MONTH, now))
    if not rows.exists() and not Recipient.objects.hearing().exists():
        return kept(_("No company's machine follows choices here: whoever writes for us asks us before."), looked_at=0)
    if not rows.exists():
        return not_shown(_("No company's machine had to be told of a choice in the last 30 days."), looked_at=0)
    done = rows.filter(job_state=ChoiceCall.State.DONE)
    waiting = ChoiceCall.objects.exclude(job_state=ChoiceCall.State.DONE).filter(created_at__lt=now - A_MINUTE).count()
    late = done.filter(created_at__gte=now - A_DAY, finished_at__gt=F("created_at") + A_MINUTE).count()
    if waiting or late:
        return broken(_("A company has not been told of somebody's choice in time."), waiting=waiting, late=late)
    return kept(_("Companies that must follow choices were told of each within a minute."), looked_at=rows.count())
