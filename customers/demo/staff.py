"""Who works in Northlight's office, and with which password may a visitor of the demo sign in?"""

import json
import os
from typing import Any

from allauth.account.models import EmailAddress as LoginAddress
from django.conf import settings
from django.contrib.auth.hashers import make_password
from django.contrib.auth.models import Group
from django.utils import timezone

from customers.models import Account, Customer
from privacy import confidentiality, roles, training
from privacy.encryption import keyed_hash

PEOPLE = (
    ("Bram Achterberg", "bram.achterberg", roles.AGENT),
    ("Ines Okafor", "ines.okafor", roles.OFFICER),
    ("Tomasz Lind", "tomasz.lind", roles.OFFICER),
    ("Yuki Harrow", "yuki.harrow", roles.AUDITOR),
    ("Salma Reyes", "salma.reyes", roles.MANAGER),
)
COURSE = "Data protection in the shop"


def password() -> str:
    """Easy to type while developing; elsewhere one that only the holder of the data key can work out."""
    return "northlight-demo" if settings.DEBUG else keyed_hash("password", use="demo")[:20]


def hashed_password() -> str:
    """Hashed once for all demo accounts: hashing is slow on purpose."""
    return make_password(password())


def hire(hashed: str) -> dict[str, list[Account]]:
    """Makes the colleagues who are missing; by role."""
    team: dict[str, list[Account]] = {}
    for name, local, role in PEOPLE:
        email = f"{local}@{settings.MAIL_DOMAIN}"
        values = {"password": hashed, "staff_name": name, "is_staff": True}
        account, is_new = Account.objects.get_or_create(email=email, defaults=values)
        if is_new:
            LoginAddress.objects.create(user=account, email=account.email, verified=True, primary=True)
            account.groups.add(Group.objects.get_or_create(name=role)[0])
            confidentiality.promise(account)
        team.setdefault(role, []).append(account)
    _train(team)
    return team


def _train(team: dict[str, list[Account]]) -> None:
    """Everybody was trained today; the account manager records it, and a privacy officer hers."""
    today = timezone.localdate()
    [manager], officer = team[roles.MANAGER], team[roles.OFFICER][0]
    for account in (account for members in team.values() for account in members):
        if not training.is_current(account, today):
            training.record(account, COURSE, today, actor=officer if account == manager else manager)
            training.acknowledge(account)


def logins(numbers: list[str]) -> dict[str, list[dict[str, str]]]:
    """Who may sign in: those of these customers who still have a login, and the colleagues."""
    found = Customer.objects.filter(number__in=numbers, account__is_active=True).select_related("account")
    order = {number: place for place, number in enumerate(numbers)}
    customers = [
        {"email": one.account.email, "number": one.number, "password": password()}
        for one in sorted(found, key=lambda one: order[one.number])
        if one.account
    ]
    staff = [
        {"email": f"{local}@{settings.MAIL_DOMAIN}", "password": password(), "role": role} for _, local, role in PEOPLE
    ]
    return {"customers": customers, "staff": staff}


def write_down(found: dict[str, Any]) -> None:
    """Keeps the logins where `up` prints them, readable by their owner alone."""
    path = settings.VAR / "demo-logins.json"
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        json.dump(found, file, indent=2, ensure_ascii=False)
