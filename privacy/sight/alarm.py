"""When must the officer hear of it at once? When one colleague opens many people, or somebody breaks the glass."""

import re
from datetime import datetime
from typing import Any

from django.conf import settings
from django.db import models

from .. import audit, notices
from ..personal_data import Delete, PersonalData, Retention
from ..vocabulary import Category, LawfulBasis, Purpose

ADDRESS = re.compile(r"[^\s,;<>]+@[^\s,;<>]+")


class ViewingAlarm(models.Model):
    """One alarm about one colleague; of each kind one an hour at most."""

    personal_data = PersonalData(
        data_subject=None,
        category=Category.SECURITY,
        purpose=Purpose.SECURITY,
        lawful_basis=LawfulBasis.LEGAL_OBLIGATION,
        retention=Retention(since="raised_at", years=3),
        erase=Delete(),
        fields=("colleague", "people"),
        not_personal=("kind", "hour", "raised_at"),
    )

    class Kind(models.TextChoices):
        MANY = "many", "many people within an hour"
        BREAK_GLASS = "break_glass", "opened with the emergency account"

    colleague = models.ForeignKey(settings.AUTH_USER_MODEL, models.PROTECT, related_name="viewing_alarms")
    kind = models.CharField(max_length=12, choices=Kind)
    hour = models.DateTimeField(help_text="The full hour in which it was raised.")
    raised_at = models.DateTimeField()
    people = models.PositiveIntegerField(help_text="How many different people in the sixty minutes before.")

    class Meta:
        ordering = ["-raised_at"]
        constraints = [models.UniqueConstraint(fields=["colleague", "kind", "hour"], name="viewing_alarm_once_an_hour")]

    def __str__(self) -> str:
        return f"alarm {self.pk}"


def look_out(colleague: Any, people: int, *, now: datetime) -> None:
    """After each opening: raises what is to be raised, in the transaction of the opening (SFB-14, F68)."""
    if colleague.is_superuser:
        _raise(colleague, ViewingAlarm.Kind.BREAK_GLASS, people, now)
    if people > settings.MASS_VIEWING_PEOPLE:
        _raise(colleague, ViewingAlarm.Kind.MANY, people, now)


def _raise(colleague: Any, kind: ViewingAlarm.Kind, people: int, now: datetime) -> None:
    hour = now.replace(minute=0, second=0, microsecond=0)
    values = {"raised_at": now, "people": people}
    alarm, is_new = ViewingAlarm.objects.get_or_create(colleague=colleague, kind=kind, hour=hour, defaults=values)
    if not is_new:
        return
    audit.record("sight.alarm", actor="system:sight", target=colleague, now=now, kind=str(kind), people=people)
    context = {"colleague": colleague, "alarm": alarm, "most": settings.MASS_VIEWING_PEOPLE}
    notices.send("looks_alarm", officer_address(), key=f"looks-alarm-{alarm.pk}", context=context, now=now)


def officer_address() -> str:
    """Where the privacy officer reads mail; customer service's address where the setting names none."""
    found = ADDRESS.findall(settings.SHOP["data_protection_officer"])
    return found[-1] if found else settings.SHOP["email"]
