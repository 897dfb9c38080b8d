"""Does the policy say what it must, was everybody told, and do record and settings name who is responsible?"""

import re
from datetime import datetime, time, timedelta

from django.conf import settings
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ... import data_subjects, policy_news, processing_record
from ...policies import PolicyVersion
from ...recipients import Recipient, controllers
from ..control import control
from ..finding import Finding, broken, kept, none_wrong, not_shown
from .browser import visit

# Whoever comes in this very moment is noted in the next.
JUST_NOW = timedelta(minutes=1)
Kind = PolicyVersion.Kind
# What the policy must speak of (SafeBuy 7.2): each thing by words of which one must be in it.
MUST_SAY = {
    "see your data": ("see your data", "access", "get a copy"),
    "what it is used for": ("use it for", "used for", "purposes"),
    "who else gets it": ("who else", "recipients", "third part(?:y|ies)"),
    "how long": ("how long", "retention", "kept for"),
    "how to complain": ("complain", "complaints?", "not satisfied"),
}


@control("policy-news", gettext_lazy("Whoever asked to hear of a new policy was told of it"))
def news_were_told(now: datetime) -> Finding:
    """MAD-10: by the morning after it came into force."""
    if not any(policy_news.subscribers()):
        return not_shown(_("Nobody has asked to be told of a new policy."))
    if policy_news.untold(timezone.localdate(now) - timedelta(days=1)):
        return broken(_("A new policy is in force, and those who asked to hear of it were not told."))
    return kept(_("Those who asked to hear of a new policy were told of the latest, or will be of the next."))


@control(
    "policy-says", gettext_lazy("The policy says how to see one's data, what it is for, who gets it, how to complain")
)
def policy_says_what_it_must(now: datetime) -> Finding:
    """SafeBuy 7.2, read off the text in force."""
    version = PolicyVersion.objects.in_force(timezone.localdate(now))
    if version is None:
        return broken(_("There is no policy in force."))
    text = version.body.casefold()
    missing = [what for what, words in MUST_SAY.items() if not re.search(rf"\b({'|'.join(words)})\b", text)]
    if missing:
        return broken(
            _("The policy says nothing about: %(what)s.") % {"what": ", ".join(missing)}, missing=len(missing)
        )
    return kept(_("The policy says everything that it must."), looked_at=len(MUST_SAY))


@control("security-policy", gettext_lazy("The internal security policy is in force and was looked at in time"))
def security_policy_is_current(now: datetime) -> Finding:
    """CLG-26: red when overdue."""
    today = timezone.localdate(now)
    version = PolicyVersion.objects.in_force(today, Kind.INTERNAL_SECURITY)
    if version is None:
        return broken(_("There is no internal security policy in force."))
    if version.review_on is None or version.review_on < today:
        return broken(_("The internal security policy is past the day on which it was to be looked at again."))
    return kept(_("The internal security policy is in force and was looked at in time."))


@control("policy-shown-is-no-yes", gettext_lazy("Who was shown which policy is on record, and counts as nothing more"))
def notices_are_noted(now: datetime) -> Finding:
    """CLZ-18: of everybody who has signed in since the policy came into force; that it is no yes shows the gate."""
    policy = PolicyVersion.objects.in_force(timezone.localdate(now))
    if policy is None:
        return not_shown(_("There is no policy yet that anybody could have been shown."))
    since = datetime.combine(policy.effective_on, time.min, tzinfo=settings.SHOP_TZ)
    came = data_subjects.people().filter(account__last_login__range=(since, now - JUST_NOW), erased_at=None)
    return none_wrong(
        came.exclude(notices_shown__policy=policy).count(), came.count(),
        good=_("Of everybody who has signed in since it is noted which policy was shown."),
        bad=_("Somebody signed in, and it is not noted which policy was shown."),
        none=_("Nobody has signed in since the policy came into force; the first one who does shows it."),
    )  # fmt: skip


@control("processing-record", gettext_lazy("The record of processing is whole: each purpose, basis, period, recipient"))
def record_is_whole(now: datetime) -> Finding:
    """Art. 30, made now from the declarations."""
    said = processing_record.record()
    wrong = sum(not row["lawful_basis_in_words"] for row in said["activities"])
    if wrong or not said["activities"] or not said["controller"]["legal_name"]:
        return broken(_("The record of processing lacks something that it must say."), wrong=wrong)
    return kept(
        _("The record of processing was made just now from what is declared."), activities=len(said["activities"])
    )


@control("controllers-named", gettext_lazy("The companies that are responsible are named, in the record and in copies"))
def responsible_companies_are_named(now: datetime) -> Finding:
    """CLZ-19: the shop, whoever decides together with it (Art. 26), and the companies of its group."""
    said = processing_record.record()
    ours = Recipient.objects.active().filter(Q(kind=Recipient.Kind.JOINT) | Q(group=Recipient.Group.AFFILIATE))
    in_record = {row["name"] for row in said["recipients"]}
    wrong = sum(not (one.legal_name and one.postal_address) or one.name not in in_record for one in ours)
    copied = controllers()
    missing = [one for one in ours if one.kind == Recipient.Kind.JOINT and one.legal_name not in copied]
    if wrong or missing or said["controller"]["legal_name"] not in copied or not copied[0]:
        return broken(_("A company that is responsible is not named with its address."), wrong=wrong + len(missing))
    return kept(_("The record and every copy name each company that is responsible."), companies=1 + len(ours))


def named(name: str, good: str, bad: str) -> Finding:
    """Whether a setting names somebody, with a way to reach her, and a page shows her name."""
    who = settings.SHOP[name].strip()
    if not who:
        return broken(bad)
    shown = any(who in visit(reverse(f"privacy:{page}")).text for page in ("home", "policy"))
    return kept(good) if shown else broken(bad)


@control("security-officer-named", gettext_lazy("Somebody is named who answers for security"))
def security_officer_is_named(now: datetime) -> Finding:
    """SFB-16: red if empty."""
    return named(
        "security_officer",
        _("Somebody is named who answers for security."),
        _("Nobody is named who answers for security."),
    )


@control("shop-law", gettext_lazy("It is set which country's law holds"))
def law_is_set(now: datetime) -> Finding:
    """CNX-33: it picks the clock and the holidays."""
    if not settings.SHOP["jurisdiction"]:
        return broken(_("It is not set which country's law holds."))
    return kept(_("It is set which country's law holds, and the clock follows it."), law=settings.SHOP["jurisdiction"])
