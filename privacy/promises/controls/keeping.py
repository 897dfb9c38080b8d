"""Is nothing kept that nobody declared, nothing longer than declared, and nothing that we said we never keep?"""

from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ... import purposes
from ...personal_data import all_models, declaration_of, declarations
from ...purge import A_NIGHT, PurgeRun, stopping
from ...purge.runs import last_run
from ...purposes import Purpose
from ...restrictions import Restriction
from ...vocabulary import Category, LawfulBasis
from ...vocabulary import Purpose as BuiltIn
from ..control import control
from ..finding import Finding, broken, kept, none_wrong, not_shown


@control("registry-whole", gettext_lazy("Every record about people is declared: why, on which basis, for how long"))
def everything_is_declared(now: datetime) -> Finding:
    """No silent table, no declaration without purpose, basis or a basis that the law knows."""
    silent = [model for model in all_models() if declaration_of(model) is None]
    known = set(Purpose.objects.values_list("slug", flat=True))
    bad = [said for said in declarations() if said.purpose not in known or said.lawful_basis not in LawfulBasis.values]
    return none_wrong(
        len(silent) + len(bad), len(all_models()),
        good=_("Every kind of record about people is declared with its purpose and its basis in law."),
        bad=_("Some kind of record is not declared, or lacks its purpose or basis in law."),
    )  # fmt: skip


@control("registry-periods", gettext_lazy("Every kind of record has its period"))
def everything_has_a_period(now: datetime) -> Finding:
    """Kept as long as the account, or a period of its own."""
    without = [said for said in declarations() if said.retention is None]
    return none_wrong(
        len(without), len(declarations()),
        good=_("Every kind of record has its period after which it goes."),
        bad=_("Some kind of record has no period after which it goes."),
    )  # fmt: skip


@control("purge-ran", gettext_lazy("The nightly purge ran, to its end, and left nothing that should be gone"))
def purge_ran(now: datetime) -> Finding:
    """The last one."""
    run = PurgeRun.objects.first()
    if stopping.current_stop():
        return broken(_("Purges are stopped by hand."))
    if run is None:
        return not_shown(_("No purge has run yet; the first night shows it."))
    left = sum(run.leftovers.values()) if run.leftovers else 0
    if run.started_at < now - A_NIGHT:
        return broken(_("No purge has run for more than a night."))
    if run.outcome not in (PurgeRun.Outcome.DONE, PurgeRun.Outcome.RUNNING) or left:
        return broken(_("The last purge was refused, failed in part, or left something."), left=left)
    return kept(_("The last purge ran to its end and left nothing that should be gone."), removed=run.removed)


def goes_by_age(category: Category, now: datetime) -> Finding:
    """Records of this category: each kind has a period, and the last purge looked at each without an error."""
    kinds = [said for said in declarations() if said.category == category]
    if not kinds:
        return not_shown(_("No such records are kept."))
    if any(said.retention is None for said in kinds):
        return broken(_("Some record of this kind has no period."), kinds=len(kinds))
    run = last_run()
    if run is None:
        return not_shown(_("No purge has run yet; the first night shows it."), kinds=len(kinds))
    lines = {line.model: line for line in run.lines.all()}
    wrong = sum(said.label not in lines or bool(lines[said.label].error) for said in kinds)
    return none_wrong(
        wrong, len(kinds),
        good=_("Each kind of record has its period, and the last purge looked at each."),
        bad=_("The last purge did not look at each kind of record."),
    )  # fmt: skip


def _by_age(category: Category) -> None:
    @control(f"goes-by-age-{category}", gettext_lazy("Goes when its period ends") + f": {category.label}")
    def look(now: datetime) -> Finding:
        return goes_by_age(category, now)


for one in set(Category) - {Category.SPECIAL}:
    _by_age(one)


@control("payment-goes-at-once", gettext_lazy("Payment details go as soon as the order is done"))
def payment_goes_at_once(now: datetime) -> Finding:
    """What is declared, and that nothing stands longer than two nights past it."""
    kinds = [said for said in declarations() if said.category == Category.PAYMENT]
    if not kinds or not all(said.retention and said.retention.immediately for said in kinds):
        return broken(_("Some payment detail is kept beyond the order."))
    held = Restriction.objects.active().exists()
    old = (now - timedelta(days=2)).date()
    left = sum(said.expired(old).count() for said in kinds)
    if left and not held:
        return broken(_("Payment details of finished orders are still there after two nights."), left=left)
    return kept(_("Payment details go in the first night after the order is done."), left=left)


@control("purposes-with-basis", gettext_lazy("Every purpose has its basis, and says whether one can say no"))
def purposes_have_a_basis(now: datetime) -> Finding:
    """The built-in ones are all there; what rests on a yes can be refused."""
    rows = list(Purpose.objects.all())
    missing = {slug.value for slug in BuiltIn} - {row.slug for row in rows}
    refusable = (LawfulBasis.CONSENT, LawfulBasis.LEGITIMATE_INTERESTS)
    wrong = sum(row.lawful_basis not in LawfulBasis.values for row in rows)
    wrong += sum(row.lawful_basis == LawfulBasis.CONSENT and not row.can_be_refused for row in rows)
    unlike = sum(
        purposes.BASES.get(BuiltIn(row.slug)) in refusable and not row.can_be_refused
        for row in rows
        if row.slug in BuiltIn.values
    )
    return none_wrong(
        len(missing) + wrong + unlike, len(rows),
        good=_("Every purpose has its basis in law, and says whether a person can say no."),
        bad=_("A purpose is missing, has no basis in law, or cannot be refused although it rests on a yes."),
    )  # fmt: skip
