"""Who stands in the register of companies: bound, named, in a safe country, with a way to say no, and never a buyer?"""

from datetime import datetime, timedelta

from django.db.models import Exists, OuterRef, Q
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ... import link_checks
from ...gate import sharing
from ...personal_data import declarations
from ...recipients import ADEQUATE, FOR_MONEY, IN_THE_BROWSER, Disclosure, Recipient
from ...vocabulary import Category
from ..control import control
from ..finding import Finding, broken, kept, none_wrong, not_shown
from .invented import a_recipient, may_give

TWO_NIGHTS, YEAR = timedelta(hours=50), timedelta(days=365)
SAMPLE = 500
# "anonymizeIp()" is promised of this one.
SHORTENING = "google analytics"
# What a visit is described by; none of it names anybody.
OF_A_VISIT = {
    "browser", "cookie_id", "country", "device", "ip_shortened", "language", "referrer", "region", "visited_pages",
}  # fmt: skip


def _who_gets_data() -> list[Recipient]:
    """Every company that may get data, but those that get it by an order of the law."""
    return list(Recipient.objects.active().exclude(kind=Recipient.Kind.AUTHORITY).exclude(fields=[]))


@control("recipients-agreement", gettext_lazy("Every company that gets data is bound by an agreement in force"))
def everybody_is_bound(now: datetime) -> Finding:
    """MAD-13; authorities are bound by law."""
    rows, today = _who_gets_data(), timezone.localdate(now)
    wrong = sum(not one.has_agreement(today) for one in rows)
    return none_wrong(
        wrong, len(rows),
        good=_("Every company that may get data has agreed in writing to keep it to itself."),
        bad=_("Some company may get data without an agreement in force."),
        none=_("No company may get data at present."),
    )  # fmt: skip


@control("recipients-security", gettext_lazy("Whoever gets data was looked at for its security within a year"))
def companies_are_as_safe(now: datetime) -> Finding:
    """SFB-15: with day, result and what was looked at; how well it was looked at, the colleague answers for."""
    rows, today = _who_gets_data(), timezone.localdate(now)
    return none_wrong(
        sum(not one.is_as_safe(today) for one in rows), len(rows),
        good=_("Of every company that may get data it was noted within a year that it is as safe as we are."),
        bad=_("Some company may get data whose security nobody has looked at within a year, or which is less safe."),
        none=_("No company may get data at present."),
    )  # fmt: skip


@control("recipients-country", gettext_lazy("No company in a country without protection, unless a safeguard is named"))
def countries_are_safe(now: datetime) -> Finding:
    """By the gate, and by the register."""
    if may_give(now, a_recipient(is_necessary=True, country="US")):
        return broken(_("The gate would send data to a country without protection."))
    rows = Recipient.objects.active()
    wrong = rows.exclude(country__in=ADEQUATE).filter(safeguard="").count()
    return none_wrong(
        wrong, rows.count(),
        good=_("Every company is in a country that protects data, or its safeguard is named."),
        bad=_("A company in a country without protection is switched on without a safeguard."),
        none=_("No company is switched on at present."),
    )  # fmt: skip


@control("recipients-not-for-money", gettext_lazy("Data is neither sold nor rented out"))
def nothing_is_sold(now: datetime) -> Finding:
    """No company in the register gets data as a buyer, none can be entered, and the gate would give it nothing."""
    wrong = Recipient.objects.filter(kind__in=FOR_MONEY).count()
    buyers = [a_recipient(kind=kind, is_necessary=True) for kind in FOR_MONEY]
    if wrong:
        return broken(_("A company in the register gets data for money."), wrong=wrong)
    if not all(buyer.vetoes() for buyer in buyers) or any(may_give(now, buyer) for buyer in buyers):
        return broken(_("A company that gets data for money could be entered in the register."))
    return kept(_("No company gets data for money, and none can be entered."), looked_at=Recipient.objects.count())


@control("recipients-purpose", gettext_lazy("Every company has a purpose and nothing beyond it"))
def purposes_are_named(now: datetime) -> Finding:
    """What it does with the data, in words; to whom in writing."""
    rows = Recipient.objects.active()
    return none_wrong(
        rows.filter(purpose="").count(), rows.count(),
        good=_("For every company it is written down what it may do with the data, and nothing else."),
        bad=_("Some company has no purpose on record."),
        none=_("No company is switched on at present."),
    )  # fmt: skip


@control("recipients-described", gettext_lazy("Every company has its full name, address, country and group"))
def companies_are_described(now: datetime) -> Finding:
    """Those that get data at all."""
    rows = Recipient.objects.active()
    bare = Q(legal_name="") | Q(postal_address="") | Q(country="") | ~Q(group__in=Recipient.Group.values)
    return none_wrong(
        rows.filter(bare).count(), rows.count(),
        good=_("Every company stands in the register with its full name, address, country and group."),
        bad=_("Some company lacks its full name, address, country or group."),
        none=_("No company is switched on at present."),
    )  # fmt: skip


@control(
    "recipients-opt-out", gettext_lazy("Every service in the browser has a link to its policy and a way to say no")
)
def services_have_a_way_out(now: datetime) -> Finding:
    """CNX-23: its own link, or else the settings of one's browser, said aloud."""
    rows = Recipient.objects.active().filter(group__in=IN_THE_BROWSER)
    return none_wrong(
        rows.filter(Q(policy_url="") | Q(opt_out_url="", browser_settings_only=False)).count(), rows.count(),
        good=_("Every service that works in the browser has a link to its policy and says how to keep it out."),
        bad=_("Some services in the browser lack a link to their policy, or do not say how to keep them out."),
        none=_("No service works in the browser."),
    )  # fmt: skip


@control("recipients-both-links", gettext_lazy("Every service in the browser has both links, to read and to say no"))
def services_have_both_links(now: datetime) -> Finding:
    """LRD-21: the browser's settings are no link."""
    rows = Recipient.objects.active().filter(group__in=IN_THE_BROWSER)
    return none_wrong(
        rows.filter(Q(policy_url="") | Q(opt_out_url="")).count(), rows.count(),
        good=_("Every service that works in the browser has a link to its policy and one to say no."),
        bad=_("Some services that work in the browser have no link to say no, or none to their policy."),
        none=_("No service works in the browser."),
    )  # fmt: skip


@control("recipients-links", gettext_lazy("The links of the companies in the register lead somewhere"))
def links_lead_somewhere(now: datetime) -> Finding:
    """CNX-23: called each night; red after the second bad one."""
    links = link_checks.links()
    lately = link_checks.LinkCheck.objects.filter(checked_at__gte=now - TWO_NIGHTS)
    seen = set(lately.values_list("recipient_id", "which", "url"))
    if not links:
        return not_shown(_("No company in the register has a link."))
    if dead := link_checks.LinkCheck.objects.dead(now).count():
        return broken(_("Some links in the register lead nowhere."), wrong=dead, looked_at=len(links))
    if any((recipient.pk, which, url) not in seen for recipient, which, url in links):
        return not_shown(_("Not every link was called in the last two nights. This machine may have no way out."))
    return kept(_("Every link in the register answered in the last two nights."), looked_at=len(links))


@control("recipients-short-ip", gettext_lazy("Measurement services shorten IP addresses"))
def measurement_shortens(now: datetime) -> Finding:
    """CNX-26: those that get an address by their list, and the one of which the policy says it, whatever its list."""
    rows = [
        one for one in Recipient.objects.active()
        if SHORTENING in one.name.casefold() or any(name.startswith("ip") for name in one.fields)
    ]  # fmt: skip
    return none_wrong(
        sum(not one.shortens_ip for one in rows), len(rows),
        good=_("Every company that gets an internet address shortens it first."),
        bad=_("A company gets an internet address and does not shorten it."),
        none=_("No company gets an internet address."),
    )  # fmt: skip


@control("recipients-measurement", gettext_lazy("Who measures visits is in the register"))
def measurement_is_registered(now: datetime) -> Finding:
    """CLZ-14; with what it gets, which is about visits and names nobody."""
    rows = list(Recipient.objects.filter(group=Recipient.Group.MEASUREMENT))
    wrong = sum(bool(set(one.fields) - OF_A_VISIT) for one in rows)
    return none_wrong(
        wrong, len(rows),
        good=_("Who measures visits is in the register, and gets nothing that names anybody."),
        bad=_("Somebody who measures visits may get more than the visit itself."),
        none=_("Nobody who measures visits is in the register."),
    )  # fmt: skip


@control(
    "recipients-credit", gettext_lazy("Credit agencies are in the register, and every question to them is on record")
)
def credit_agencies_are_known(now: datetime) -> Finding:
    """LRD-16, CNX-15, CNX-16."""
    rows = Recipient.objects.filter(kind=Recipient.Kind.CREDIT_REFERENCE)
    if not rows.exists():
        return not_shown(_("No credit agency is in the register."))
    asked = Disclosure.objects.filter(recipient__in=rows)
    unknown, scores = 0, 0
    for said in declarations():
        columns = [one.name for one in said.model._meta.concrete_fields if one.related_model is Recipient]
        for name in columns if said.category == Category.CREDIT else ():
            told = asked.filter(data_subject=OuterRef(said.subject_lookup), recipient=OuterRef(name))
            scores += said.rows.count()
            unknown += said.rows.filter(~Exists(told)).count()
    return none_wrong(
        asked.filter(legal_basis="").count() + unknown, asked.count() + scores,
        good=_("Every question to a credit agency is on record with its legal basis, and none is missing to a score."),
        bad=_("A credit agency was asked without a legal basis on record, or for a score that is on record alone."),
        none=_("No credit agency has been asked yet."),
    )  # fmt: skip


@control("credit-in-advance", gettext_lazy("A credit agency is asked only about people who pay after delivery"))
def agencies_are_asked_for_debtors(now: datetime) -> Finding:
    """CNX-16: by the gate, and of each real question of a year whether there was such an order at that moment."""
    agency = a_recipient(kind=Recipient.Kind.CREDIT_REFERENCE, is_necessary=True)
    if may_give(now, agency) or not may_give(now, agency, pays_later=True):
        return broken(_("The gate lets a credit agency be asked about anybody, or about nobody."))
    rows = Disclosure.objects.filter(
        recipient__kind=agency.kind, occurred_at__range=(now - YEAR, now), data_subject__erased_at=None
    )
    asked = [
        sharing.Share(data_subject=row.data_subject, recipient=row.recipient, fields=row.fields, at=row.occurred_at)
        for row in rows.select_related("recipient", "data_subject").order_by("-pk")[:SAMPLE]
    ]
    known = sharing.known_of(asked) if asked else []
    wrong = sum(bool(sharing.only_for_an_order_in_advance(*one)) for one in zip(asked, known, strict=True))
    return none_wrong(
        wrong, len(asked),
        good=_("A credit agency was asked only about people who had ordered something to pay after delivery."),
        bad=_("A credit agency was asked about somebody who had ordered nothing to pay after delivery."),
        none=_("The gate lets no agency be asked without an order to pay later; none was asked within a year."),
    )  # fmt: skip
