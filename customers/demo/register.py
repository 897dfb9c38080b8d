"""What does Northlight say about itself? Recipients, cookies, and policies whose lists come from the declarations."""

import tomllib
from collections.abc import Iterator
from datetime import date, timedelta
from itertools import groupby
from pathlib import Path
from typing import Any

from django.conf import settings

from privacy.personal_data import PersonalData, declarations, resolve
from privacy.policies import PolicyVersion
from privacy.purposes import Purpose
from privacy.recipients import Cookie, Recipient
from privacy.vocabulary import Category, LawfulBasis
from privacy.vocabulary import Purpose as Words

HERE = Path(__file__).parent
REGISTER: dict[str, list[dict[str, Any]]] = tomllib.loads((HERE / "register.toml").read_text())
POLICIES = (
    (PolicyVersion.Kind.PRIVACY, "2024-1", "Privacy policy", "policy.txt", date(2024, 4, 2)),
    (PolicyVersion.Kind.PRIVACY, "2026-1", "Privacy policy", "policy.txt", date(2026, 6, 19)),
    (PolicyVersion.Kind.TERMS, "2025-1", "Terms and conditions", "terms.txt", date(2025, 1, 2)),
    (PolicyVersion.Kind.INTERNAL_SECURITY, "2026-1", "Internal security policy", "security.txt", date(2026, 2, 5)),
)

BY_LETTER = "By letter to the postal address above; they name no address for this."


def plant(today: date) -> None:
    """Adds what is missing; what staff changed stays."""
    for entry in REGISTER["recipient"]:
        _recipient(entry, today)
    for entry in REGISTER["cookie"]:
        _cookie(entry, None)
    texts = parts()
    for kind, version, title, file, effective_on in POLICIES:
        values = {"title": title, "body": _body(file, version, texts), "effective_on": effective_on}
        values["review_on"] = today + timedelta(days=200)
        PolicyVersion.objects.get_or_create(kind=kind, version=version, defaults=values)


def _recipient(entry: dict[str, Any], today: date) -> None:
    values = {name: value for name, value in entry.items() if name not in ("name", "cookies")}
    values.setdefault("is_active", True)
    if "notice_email" not in values:
        values.setdefault("told_by_hand", BY_LETTER)
    is_bound = values.pop("agreement_until", None) is None
    values["agreement_until"] = date(today.year + 1, 12, 31) if is_bound else None
    if is_bound and values.get("fields"):
        values |= {"security_reviewed_on": today - timedelta(days=100), "security_result": Recipient.Security.SOUND}
        values["security_note"] = "Their answers to our questions of this year."
    recipient, _ = Recipient.objects.get_or_create(name=entry["name"], defaults=values)
    for cookie in entry.get("cookies", ()):
        _cookie(cookie, recipient)


def _cookie(entry: dict[str, Any], recipient: Recipient | None) -> None:
    values = {
        "purpose": entry["purpose"], "lifetime_days": entry.get("days"), "is_essential": entry.get("essential", False),
    }  # fmt: skip
    Cookie.objects.get_or_create(name=entry["name"], recipient=recipient, defaults=values)


def parts() -> dict[str, str]:
    """The lists of a policy, read off the registers."""
    shop = {**settings.SHOP, "shop": settings.SHOP["name"], "mail_domain": settings.MAIL_DOMAIN}
    lists = {"holdings": holdings(), "purposes": purposes(), "recipients": recipients(), "cookies": cookies()}
    return shop | {name: "\n\n".join(lines) for name, lines in lists.items()}


def _body(file: str, version: str, texts: dict[str, str]) -> str:
    """The text with its lists; the first version did not yet speak of children."""
    body = (HERE / file).read_text().format_map(texts)
    if version != "2024-1":
        return body
    before, _, after = body.partition("# Children")
    return before + after[after.index("# Your rights") :]


def holdings() -> Iterator[str]:
    """One paragraph for each kind of data: what, why, on which ground, how long."""
    about_people = [said for said in declarations() if said.data_subject is not None]
    order = list(Category)
    about_people.sort(key=lambda said: (order.index(Category(said.category)), said.label))
    for category, group in groupby(about_people, key=lambda said: Category(said.category)):
        sentences = " ".join(_sentence(said) for said in group)
        yield f"{category.label}: {sentences}"


def _sentence(said: PersonalData) -> str:
    """Such as "orders (number, total): to process your orders (needed for your order), kept for 6 years after ..."."""
    thing = said.model._meta.verbose_name_plural
    names = ", ".join(str(column.verbose_name) for column in said.shown_fields())
    why = f"{Words(said.purpose).label} ({LawfulBasis(said.lawful_basis).label})"
    return f"{thing} ({names}). {why}. {_how_long(said)}"


def _how_long(said: PersonalData) -> str:
    if said.retention is None:
        return "Not kept."
    if said.retention.immediately:
        return "Deleted at once."
    start = resolve(said.model, said.retention.since).verbose_name
    law = f" The law: {said.retention.required_by}." if said.retention.required_by else ""
    return f"Kept for {said.kept_for()}, counted from the day under “{start}”.{law}"


def purposes() -> Iterator[str]:
    """One paragraph for each purpose, with its ground and whether it may be refused."""
    for purpose in Purpose.objects.order_by("label"):
        refusal = (
            "You may say no." if purpose.can_be_refused else "This cannot be switched off while you are a customer."
        )
        yield f"{purpose.label}: {purpose.get_lawful_basis_display()}. {refusal}"


def recipients() -> Iterator[str]:
    """One paragraph for each company in use."""
    for one in Recipient.objects.active():
        need = "needed for your order" if one.is_necessary else "only if you say yes"
        safeguard = f", protected by {one.safeguard}" if one.safeguard else ""
        given = ", ".join(name.replace("_", " ") for name in one.fields)
        yield f"{one.legal_name or one.name} ({one.country}{safeguard}): {one.purpose} It gets: {given}; {need}."


def cookies() -> Iterator[str]:
    """One paragraph for each cookie."""
    for cookie in Cookie.objects.select_related("recipient"):
        whose = f" of {cookie.recipient.name}" if cookie.recipient else ""
        lives = f"{cookie.lifetime_days} days" if cookie.lifetime_days else "until you close the browser"
        need = "needed" if cookie.is_essential else "only if you allow it"
        yield f"{cookie.name}{whose}: {cookie.purpose} Kept {lives}; {need}."
