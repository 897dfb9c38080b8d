"""Who may do what in the office? Roles and their acts, as data; the database's groups are made to match."""

from typing import Any

from django.apps import apps
from django.contrib.auth import get_user_model
from django.contrib.auth.models import Group, Permission
from django.contrib.contenttypes.models import ContentType
from django.db.models import Q, TextChoices
from django.utils.translation import gettext_lazy as _


class Act(TextChoices):
    """One thing that somebody may or may not do in the office."""

    SEE_QUEUE = "see_queue", _("See the queue and where each request stands")
    SEE_PERSON = "see_person", _("See one person's details")
    HANDLE = "handle", _("Take requests in hand, ask, note, assign; record what came by letter or phone")
    SWITCH_OFF = "switch_off", _("Switch marketing and sharing off for a person")
    PROPOSE_CORRECTION = "propose_correction", _("Propose a correction")
    APPROVE_CORRECTION = "approve_correction", _("Approve and carry out a correction")
    START_EXPORT = "start_export", _("Start an export that goes to the person alone")
    PROPOSE = "propose", _("Propose what needs two people")
    APPROVE = "approve", _("Approve what needs two people, as the second and different one")
    REFUSE = "refuse", _("Refuse a request with reasons; settle doubts about who is asking")
    SEE_HOLDS = "see_holds", _("See restrictions and legal holds")
    HOLD = "hold", _("Set restrictions and legal holds; agree to lift them")
    SEE_RULES = "see_rules", _("See recipients, cookies, purposes, policies and purge runs")
    WRITE_RULES = "write_rules", _("Change recipients, cookies, purposes and policies; propose a purge")
    SECOND_RULES = "second_rules", _("Be the second eye on a purge")
    READ_AUDIT = "read_audit", _("Read the audit log and check that it is intact")
    SEE_REASONS = "see_reasons", _("Read in a colleague's words why she opened somebody's details")
    WRITE_LETTERS = "write_letters", _("Write the words of our letters")
    MANAGE_ACCOUNTS = "manage_accounts", _("Make staff accounts and give them roles, below one's own level")
    RECORD_TRAINING = "record_training", _("Record which colleague was trained, and until when that holds")


AGENT, OFFICER, AUDITOR, MANAGER = "care agent", "privacy officer", "auditor", "account manager"
# Not a role that somebody is given: the break-glass account below, as reports name it.
EMERGENCY = "emergency account"

ROLES: dict[str, frozenset[Act]] = {
    AGENT: frozenset({
        Act.SEE_QUEUE, Act.SEE_PERSON, Act.HANDLE, Act.SWITCH_OFF, Act.PROPOSE_CORRECTION, Act.START_EXPORT,
        Act.PROPOSE,
    }),
    OFFICER: frozenset(Act) - {Act.MANAGE_ACCOUNTS},
    AUDITOR: frozenset({Act.SEE_QUEUE, Act.SEE_HOLDS, Act.SEE_RULES, Act.READ_AUDIT}),
    MANAGER: frozenset({Act.MANAGE_ACCOUNTS, Act.RECORD_TRAINING}),
}  # fmt: skip

# The break-glass account: to look and to mend, never to decide about a person's data by itself.
BREAK_GLASS = frozenset({
    Act.SEE_QUEUE, Act.SEE_PERSON, Act.SWITCH_OFF, Act.SEE_RULES, Act.SECOND_RULES, Act.READ_AUDIT, Act.MANAGE_ACCOUNTS,
    Act.RECORD_TRAINING,
})  # fmt: skip

# Which roles an account manager may give and take; the others, and superusers, only a superuser.
BELOW_A_MANAGER = frozenset({AGENT, AUDITOR})


def acts_of(account: Any) -> frozenset[str]:
    """Everything this account may do; a superuser's blanket permission counts for the break-glass acts alone."""
    if not (account.is_active and account.is_staff):
        return frozenset()
    if not hasattr(account, "_acts"):
        account._acts = _of_superuser(account) if account.is_superuser else _of_staff(account)
    acts: frozenset[str] = account._acts
    return acts


def may(account: Any, act: Act) -> bool:
    """Whether this account may do this; asked anew with every request."""
    return act in acts_of(account)


def _of_staff(account: Any) -> frozenset[str]:
    return frozenset(act for act in Act if account.has_perm(f"privacy.{act}"))


def _of_superuser(account: Any) -> frozenset[str]:
    in_groups = Permission.objects.filter(group__user=account, content_type__app_label="privacy")
    return BREAK_GLASS | frozenset(in_groups.values_list("codename", flat=True))


def names_of(account: Any) -> set[str]:
    """The roles that somebody has."""
    return set(account.groups.values_list("name", flat=True))


def grantable(manager: Any) -> frozenset[str]:
    """The roles that this account may give to others (not above its own)."""
    if not may(manager, Act.MANAGE_ACCOUNTS):
        return frozenset()
    return frozenset(ROLES) if manager.is_superuser else BELOW_A_MANAGER


def may_manage(manager: Any, account: Any) -> bool:
    """Whether this account may change that one: never itself, no superuser, nobody of its own level or above."""
    if not may(manager, Act.MANAGE_ACCOUNTS) or manager.pk == account.pk or not account.is_staff:
        return False
    return manager.is_superuser or not (account.is_superuser or names_of(account) - BELOW_A_MANAGER)


def seed() -> None:
    """Makes the groups that are missing and gives each exactly its permissions."""
    permissions = _permissions()
    for name, acts in ROLES.items():
        group, _is_new = Group.objects.get_or_create(name=name)
        group.permissions.set([permissions[act] for act in acts])


def _permissions() -> dict[str, Permission]:
    place = ContentType.objects.get_for_model(apps.get_model("privacy", "DataSubjectRequest"))
    for act in Act:
        Permission.objects.update_or_create(codename=act.value, content_type=place, defaults={"name": str(act.label)})
    return {permission.codename: permission for permission in Permission.objects.filter(content_type=place)}


def holders(act: Act) -> int:
    """How many active accounts may do this; superusers count where breaking the glass lets them (MAD-17)."""
    granted = Q(groups__permissions__codename=act) | Q(user_permissions__codename=act)
    if act in BREAK_GLASS:
        granted |= Q(is_superuser=True)
    accounts = get_user_model()._default_manager.filter(granted, is_staff=True, is_active=True)
    return accounts.distinct().count()
