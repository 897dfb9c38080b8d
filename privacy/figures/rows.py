"""The kept numbers: how often, in which month, of which kind, with which value; never whose."""

from datetime import date

from dateutil.relativedelta import relativedelta
from django.db import models

from ..personal_data import NoPersonalData

# A year, and the month of a year ago beside it.
SHOWN = 13


class Measure(models.TextChoices):
    """What is counted. The value of an answer is its calendar days, that of an effect its seconds, of others 0."""

    RECEIVED = "received", "received"
    ANSWERED = "answered", "answered or refused"
    ENDED = "ended", "taken back or merged"
    OVERDUE = "overdue", "open past its last day when the month ended"
    EFFECT = "effect", "withdrawals, from their receipt to the ledger"


class MonthFigure(models.Model):
    """So many times, in this month, under this name (a kind of request, or a road), this value."""

    personal_data = NoPersonalData("Numbers of requests and withdrawals by month; nobody is in them.")

    month = models.DateField(help_text="Its first day.")
    measure = models.CharField(max_length=10, choices=Measure)
    name = models.CharField(max_length=20)
    value = models.PositiveIntegerField(default=0)
    count = models.PositiveIntegerField()
    counted_at = models.DateTimeField()

    class Meta:
        ordering = ["month", "measure", "name", "value"]
        constraints = [models.UniqueConstraint(fields=["month", "measure", "name", "value"], name="month_figure_once")]

    def __str__(self) -> str:
        return f"{self.month:%Y-%m} {self.measure} {self.name} {self.value}: {self.count}"


def month_of(day: date) -> date:
    """The first day of its month."""
    return day.replace(day=1)


def months_before(month: date, count: int) -> date:
    """The first day of the month so many months earlier; later where negative."""
    return month_of(month) - relativedelta(months=count)
