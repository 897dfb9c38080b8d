"""Who may look at people's data: few, trained, bound to silence, by role, and every look on record?"""

from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group
from django.db.models import Count
from django.db.models.functions import TruncHour
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ... import audit, roles, training
from ...confidentiality import has_promised
from ...roles import ROLES, Act
from ...sight import Opening, ViewingAlarm
from ..control import control
from ..finding import Finding, broken, kept, none_wrong, not_shown

A_HANDFUL = 10
MONTH, QUARTER = timedelta(days=30), timedelta(days=90)
DECISIONS = (Act.APPROVE, Act.REFUSE, Act.HOLD)


def colleagues() -> list[Any]:
    """Active staff accounts that have a role."""
    rows = get_user_model()._default_manager.filter(is_staff=True, is_active=True, groups__isnull=False)
    return list(rows.distinct())


@control("staff-trained", gettext_lazy("Every colleague with a role was trained, and it still counts"))
def staff_are_trained(now: datetime) -> Finding:
    """SFB-40; without it the queue does not open."""
    people, today = colleagues(), timezone.localdate(now)
    return none_wrong(
        sum(not training.is_current(one, today) for one in people), len(people),
        good=_("Every colleague with a role has a training that still counts."),
        bad=_("A colleague with a role has no training that counts; the queue stays closed to her."),
        none=_("Nobody has a role yet."),
    )  # fmt: skip


@control("staff-promised", gettext_lazy("Every colleague with a role has promised confidentiality within the year"))
def staff_have_promised(now: datetime) -> Finding:
    """MAD-18; without it the queue does not open."""
    people = colleagues()
    return none_wrong(
        sum(not has_promised(one, now) for one in people), len(people),
        good=_("Every colleague with a role has promised to keep what she sees to herself."),
        bad=_("A colleague with a role has not promised yet; the queue stays closed to her."),
        none=_("Nobody has a role yet."),
    )  # fmt: skip


@control("staff-few", gettext_lazy("Only a handful of people may see personal details"))
def few_may_look(now: datetime) -> Finding:
    """MAD-17."""
    count = roles.holders(Act.SEE_PERSON)
    if count > A_HANDFUL:
        return broken(_("More than a handful of people may see personal details."), people=count)
    return kept(_("Only a handful of people may see personal details."), people=count)


@control("staff-roles", gettext_lazy("Each role may do exactly what it should, and only senior staff decide"))
def roles_are_as_written(now: datetime) -> Finding:
    """The rights of each group, as the database has them now."""
    wrong = 0
    for name, acts in ROLES.items():
        group = Group.objects.filter(name=name).first()
        have = set(group.permissions.values_list("codename", flat=True)) if group else set()
        wrong += have != {str(act) for act in acts}
    deciding = [name for name, acts in ROLES.items() if acts & set(DECISIONS)]
    alone = get_user_model()._default_manager.filter(user_permissions__content_type__app_label="privacy").count()
    if wrong or deciding != [roles.OFFICER] or alone:
        return broken(_("Somebody may do more, or less, than the role says."), roles=wrong, accounts=alone)
    return kept(_("Each role has exactly its rights, and only privacy officers decide."), roles=len(ROLES))


@control("staff-in-use", gettext_lazy("No staff account stands unused for three months"))
def accounts_are_used(now: datetime) -> Finding:
    """Somebody who does not need access should not have it."""
    people = colleagues()
    unused = sum((one.last_login or one.date_joined) < now - QUARTER for one in people)
    return none_wrong(
        unused, len(people),
        good=_("Every staff account was used within three months."),
        bad=_("A staff account has not been used for three months; take its rights back."),
        none=_("Nobody has a role yet."),
    )  # fmt: skip


@control("staff-second-factor", gettext_lazy("Colleagues sign in with a second proof"))
def second_factor_is_asked(now: datetime) -> Finding:
    """Of the setting in force."""
    if settings.STAFF_NEEDS_SECOND_FACTOR:
        return kept(_("Nobody comes into the office without a second proof."))
    if settings.DEBUG:
        return not_shown(_("This is a machine for development, where no second proof is asked for."))
    return broken(_("Colleagues can sign in with a password alone."))


@control("looks-on-record", gettext_lazy("Every look at a person's details is on record with its reason"))
def looks_are_on_record(now: datetime) -> Finding:
    """Those of the last 30 days."""
    rows = Opening.objects.filter(opened_at__range=(now - MONTH, now))
    return none_wrong(
        rows.filter(reason=b"").count() + rows.filter(ground="").count(), rows.count(),
        good=_("Every look at a person's details is on record with its reason; the person can read of it."),
        bad=_("A look at a person's details is on record without a reason."),
        none=_("Nobody has looked at anybody's details in the last 30 days."),
    )  # fmt: skip


@control("looks-mass-alarm", gettext_lazy("A colleague who opens many people raises an alarm"))
def mass_viewing_raises_an_alarm(now: datetime) -> Finding:
    """Counted anew over the looks of the last 30 days, by full hours."""
    rows = Opening.objects.filter(opened_at__range=(now - MONTH, now)).exclude(data_subject=None)
    hours = rows.annotate(hour=TruncHour("opened_at")).values("colleague", "hour").order_by()
    counted = hours.annotate(people=Count("data_subject", distinct=True))
    many = [one for one in counted if one["people"] > settings.MASS_VIEWING_PEOPLE]
    raised = set(ViewingAlarm.objects.filter(raised_at__gte=now - MONTH).values_list("colleague", "hour"))
    missed = sum((one["colleague"], one["hour"]) not in raised for one in many)
    return none_wrong(
        missed, rows.count(),
        good=_("Nobody opened many people within an hour without an alarm."),
        bad=_("Somebody opened many people within an hour, and no alarm was raised."),
        none=_("Nobody has looked at anybody's details in the last 30 days."),
    )  # fmt: skip


@control("audit-intact", gettext_lazy("The record of what was done is whole"))
def audit_is_intact(now: datetime) -> Finding:
    """The whole chain, recomputed."""
    found = audit.verify()
    if not found.is_intact:
        return broken(_("The record of what was done was changed or cut off."), entries=found.count)
    return kept(_("The record of what was done was recomputed and is whole."), entries=found.count)
