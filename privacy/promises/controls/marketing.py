"""Do we advertise only to people who said yes, to exactly what they said yes to, and never after a no?"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import F
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ...alarms import DeadlineAlarm, Kind
from ...consent import ConsentEntry
from ...gate import Contact, answers
from ...gate.facts import RESTRICTED, Bar
from ...suppression import Suppression
from ...vocabulary import Channel, Decision, LawfulBasis, Occasion, Purpose, Sender, Source
from ..control import control
from ..finding import Finding, broken, kept, none_wrong, not_shown
from . import invented

MONTH = timedelta(days=30)
TWO_DAYS = timedelta(hours=48)
SAMPLE = 300
YES, NO = Decision.GRANTED, Decision.WITHDRAWN


def refused_all(let_through: Sequence[str], asked: int, what: str) -> Finding:
    """Of questions to which the gate must say no: which did it let through?"""
    if let_through:
        words = {"what": what, "places": ", ".join(let_through)}
        return broken(
            _("The gate let advertising through: %(what)s (%(places)s).") % words, let_through=len(let_through)
        )
    return kept(_("Asked now, the gate says no: %(what)s.") % {"what": what}, asked=asked)


@control("marketing-default-no", gettext_lazy("No advertising to somebody who has said nothing"))
def default_is_no(now: datetime) -> Finding:
    """Every channel, sender and content."""
    asked = [(channel, sender, content) for channel in Channel for sender in Sender for content in Sender]
    through = [" ".join(one) for one in asked if invented.may_write(now, *one)]
    return refused_all(through, len(asked), _("nothing goes to somebody who has said nothing"))


@control("marketing-yes-counts", gettext_lazy("A yes opens what it says"))
def yes_counts(now: datetime) -> Finding:
    """A gate that always says no would keep no promise."""
    shut = [
        channel for channel in Channel
        if not invented.may_write(now, channel, said=[_marketing(now, YES, channel, Sender.OWN)])
    ]  # fmt: skip
    if shut:
        return broken(_("A yes does not count: %(channels)s.") % {"channels": ", ".join(shut)}, shut=len(shut))
    return kept(_("Asked now, a yes to a channel opens this channel."), asked=len(Channel))


def _marketing(now: datetime, decision: Decision, channel: str, sender: str, **more: Any) -> invented.Said:
    return invented.answered(now, decision, channel=channel, sender=sender, **more)


@control("marketing-channels-apart", gettext_lazy("Each channel is a choice of its own"))
def channels_are_apart(now: datetime) -> Finding:
    """A yes to one channel opens no other."""
    pairs = [(one, other) for one in Channel for other in Channel if one != other]
    through = [
        f"{one} {other}" for one, other in pairs
        if invented.may_write(now, other, said=[_marketing(now, YES, one, Sender.OWN)])
    ]  # fmt: skip
    return refused_all(through, len(pairs), _("a yes to one channel opens no other"))


@control("marketing-senders-apart", gettext_lazy("Our advertising and that of others are two choices"))
def senders_are_apart(now: datetime) -> Finding:
    """A yes to ours is none to theirs, and the other way round; offers of others in our mail need their own."""
    asked = [
        (Sender.OWN, Sender.THIRD_PARTY, Sender.THIRD_PARTY),
        (Sender.THIRD_PARTY, Sender.OWN, Sender.OWN),
        (Sender.OWN, Sender.OWN, Sender.THIRD_PARTY),
    ]
    through = [
        f"{channel} {said} {sender} {content}"
        for channel in Channel
        for said, sender, content in asked
        if invented.may_write(now, channel, sender, content, said=[_marketing(now, YES, channel, said)])
    ]
    return refused_all(through, 12, _("a yes to us is none to other companies"))


@control("marketing-no-counts", gettext_lazy("A no ends advertising at once"))
def no_counts(now: datetime) -> Finding:
    """A no after a yes, in the same instant even."""
    through = [
        f"{channel} {sender}"
        for channel in Channel
        for sender in Sender
        if invented.may_write(
            now, channel, sender, sender,
            said=[_marketing(now, NO, channel, sender), _marketing(now - MONTH, YES, channel, sender)],
        )
    ]  # fmt: skip
    return refused_all(through, 8, _("nothing goes out after a no"))


@control("marketing-policy-is-no-yes", gettext_lazy("Accepting a policy is no yes to advertising"))
def policy_is_no_yes(now: datetime) -> Finding:
    """Taken from the acceptance of a policy, or from going on to use the site."""
    through = [
        channel for channel in Channel
        if invented.may_write(
            now, channel, said=[_marketing(now, YES, channel, Sender.OWN, source=Source.POLICY_ACCEPTANCE)]
        )
    ]  # fmt: skip
    return refused_all(through, len(Channel), _("accepting a policy or going on to use the site is no yes"))


@control("marketing-soft-opt-in", gettext_lazy("Details from a sale: only our own offers, by email or text message"))
def soft_opt_in_is_narrow(now: datetime) -> Finding:
    """PECR reg. 22(3): not by phone or post, not for others, and not without the sale."""
    basis = LawfulBasis.LEGITIMATE_INTERESTS
    asked = [
        (Channel.PHONE, Sender.OWN, Occasion.SALE), (Channel.POST, Sender.OWN, Occasion.SALE),
        (Channel.EMAIL, Sender.THIRD_PARTY, Occasion.SALE), (Channel.SMS, Sender.OWN, None),
        (Channel.SMS, Sender.OWN, Occasion.CONTEST),
    ]  # fmt: skip
    through = [
        f"{channel} {content} {occasion or '-'}"
        for channel, content, occasion in asked
        if invented.may_write(
            now, channel, Sender.OWN, content,
            said=[_marketing(now, YES, channel, Sender.OWN, lawful_basis=basis, occasion=occasion)],
        )
    ]  # fmt: skip
    return refused_all(through, len(asked), _("an address from a sale is used for our own similar offers alone"))


@control("marketing-yes-and-sale", gettext_lazy("Advertising by email needs a yes and a sale"))
def yes_and_sale_are_needed(now: datetime) -> Finding:
    """SafeBuy 7.5: neither is enough alone, and both are."""
    sale_alone = _marketing(now, YES, Channel.EMAIL, Sender.OWN, lawful_basis=LawfulBasis.LEGITIMATE_INTERESTS)
    yes = _marketing(now, YES, Channel.EMAIL, Sender.OWN)
    through = ["yes"] * invented.may_write(now, Channel.EMAIL, said=[yes], has_bought=False)
    through += ["sale"] * invented.may_write(now, Channel.EMAIL, said=[sale_alone])
    return refused_all(through, 2, _("by email neither a yes alone nor a sale alone is enough"))


@control("marketing-restricted", gettext_lazy("No advertising while data may be kept but not used"))
def restricted_is_no(now: datetime) -> Finding:
    """Art. 18."""
    bar = Bar("0", RESTRICTED, "", now - MONTH, None)
    through = [
        channel for channel in Channel
        if invented.may_write(now, channel, said=[_marketing(now, YES, channel, Sender.OWN)], bars=[bar])
    ]  # fmt: skip
    return refused_all(through, len(Channel), _("nothing goes to somebody whose data may be kept but not used"))


@control("marketing-suppressed", gettext_lazy("No advertising to an address that is never to be written to"))
def suppressed_is_no(now: datetime) -> Finding:
    """Our own list outweighs even a later yes."""
    through = [
        channel for channel in Channel
        if invented.may_write(
            now, channel, said=[_marketing(now, YES, channel, Sender.OWN)],
            bars=[Bar("", Suppression.Reason.OBJECTION, Sender.OWN, now - MONTH, None)],
        )
    ]  # fmt: skip
    return refused_all(through, len(Channel), _("an address on the list of those we never write to stays unwritten to"))


@control("marketing-real-withdrawals", gettext_lazy("The newest people who said no: does the gate say no?"))
def real_withdrawals_hold(now: datetime) -> Finding:
    """Real rows, whose last word about this channel and sender is a no."""
    rows = ConsentEntry.objects.filter(purpose=Purpose.MARKETING).exclude(channel="").order_by("-occurred_at", "-pk")
    newest = list(rows.filter(decision=NO, occurred_at__lte=now).select_related("data_subject")[:SAMPLE])
    yes = set(
        rows.filter(data_subject__in={row.data_subject_id for row in newest}, decision=YES).values_list(
            "data_subject", "channel", "sender", "occurred_at"
        )
    )
    still = [row for row in newest if not _later_yes(row, yes)]
    asked = [
        Contact(data_subject=row.data_subject, channel=row.channel, sender=row.sender, content=row.sender, at=now)
        for row in still
    ]
    wrong = sum(answer.allowed for answer in answers(asked))
    return none_wrong(
        wrong, len(asked),
        good=_("Of the newest people who said no, the gate lets none be written to."),
        bad=_("The gate lets people be written to who said no."),
        none=_("Nobody has said no yet; the first no shows it."),
    )  # fmt: skip


def _later_yes(row: ConsentEntry, yes: set[tuple[int, str, str, datetime]]) -> bool:
    mine = (row.data_subject_id, row.channel, row.sender)
    return any(one[:3] == mine and one[3] > row.occurred_at for one in yes)


@control("marketing-in-time", gettext_lazy("Every no of the last 30 days took effect within 48 hours"))
def took_effect_in_time(now: datetime) -> Finding:
    """By the moments in the ledger; and no alarm about one that waits."""
    rows = ConsentEntry.objects.filter(decision=NO, recorded_at__gte=now - MONTH)
    count, slow = rows.count(), rows.filter(recorded_at__gt=F("occurred_at") + TWO_DAYS).count()
    waiting = DeadlineAlarm.objects.open().filter(kind__in=(Kind.SLOW, Kind.WAITING)).count()
    return none_wrong(
        slow + waiting, count,
        good=_("Every no of the last 30 days took effect within 48 hours."),
        bad=_("A no took longer than 48 hours, or something that may be one has waited so long."),
        none=_("Nobody has said no in the last 30 days; the next no shows it."),
    )  # fmt: skip


def _by_mail(now: datetime) -> tuple[int, int]:
    rows = ConsentEntry.objects.filter(decision=NO, source=Source.EMAIL, recorded_at__gte=now - MONTH)
    return rows.count(), rows.exclude(actor__startswith="system").count()


@control("marketing-by-mail-automatic", gettext_lazy("Withdrawals by mail are carried out without a colleague"))
def by_mail_without_a_colleague(now: datetime) -> Finding:
    """Who is noted as having done it: a machine, for all but what it could not be sure of; never for most of them."""
    count, by_hand = _by_mail(now)
    if not count:
        return not_shown(_("No withdrawal has come by mail in the last 30 days; the next one shows it."))
    if 2 * by_hand > count:
        return broken(_("Most withdrawals by mail needed a colleague."), by_hand=by_hand, looked_at=count)
    return kept(_("Withdrawals by mail were carried out by the machine."), by_hand=by_hand, looked_at=count)


@control("consent-has-proof", gettext_lazy("Every yes has its wording, its road, its page and its moment"))
def every_yes_has_proof(now: datetime) -> Finding:
    """GDPR Art. 7(1); a yes from another list or a call need not have a page."""
    rows = ConsentEntry.objects.filter(decision=YES)
    bare = rows.filter(wording="").count() + rows.filter(source=Source.WEB, page="").count()
    return none_wrong(
        bare, rows.count(),
        good=_("Every yes is noted with the words that the person read."),
        bad=_("Some yes is noted without the words that the person read, or without its page."),
        none=_("Nobody has said yes yet; the first yes shows it."),
    )  # fmt: skip


@control("consent-has-basis", gettext_lazy("Every choice names its lawful basis"))
def every_choice_has_a_basis(now: datetime) -> Finding:
    """Consent, or the sale."""
    rows = ConsentEntry.objects.all()
    return none_wrong(
        rows.exclude(lawful_basis__in=LawfulBasis.values).count(), rows.count(),
        good=_("Every choice names the basis that it rests on."),
        bad=_("Some choice does not say on which basis it rests."),
        none=_("Nobody has chosen anything yet; the first choice shows it."),
    )  # fmt: skip


@control(
    "consent-by-any-road",
    gettext_lazy("Withdrawals by letter, phone and email are written down like those on the site"),
)
def any_road_counts(now: datetime) -> Finding:
    """Of the last year; a road that nobody has taken cannot show anything."""
    year = now - timedelta(days=365)
    rows = ConsentEntry.objects.filter(decision=NO, recorded_at__gte=year)
    used = set(rows.order_by().values_list("source", flat=True).distinct())
    without_a_word = rows.filter(source__in=(Source.LETTER, Source.PHONE, Source.FAX), actor="").count()
    if without_a_word:
        return broken(_("Nobody is noted as having written some withdrawal down."), wrong=without_a_word)
    if not used & {Source.LETTER, Source.PHONE, Source.FAX}:
        return not_shown(_("No withdrawal has come by letter, phone or fax within a year."), roads=len(used))
    return kept(_("Withdrawals by letter, phone or fax were written down like those on the site."), roads=len(used))


@control("preference-services", gettext_lazy("Lists of preference services are taken in"))
def preference_services_are_read(now: datetime) -> Finding:
    """And such a listing counts."""
    bar = Bar(
        "", Suppression.Reason.PREFERENCE_SERVICE, Sender.OWN, now - MONTH, None, Suppression.Service.TPS, now.date()
    )
    if invented.may_write(
        now, Channel.PHONE, said=[_marketing(now - 2 * MONTH, YES, Channel.PHONE, Sender.OWN)], bars=[bar]
    ):
        return broken(_("A listing with a preference service does not count."))
    count = Suppression.objects.exclude(service="").count()
    if not count:
        return not_shown(_("No list of a preference service has been taken in yet."))
    return kept(_("Lists of preference services are taken in, and count."), listed=count)
