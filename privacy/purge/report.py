"""What did one purge do, beside the one before? For the page of a night and for the letter of the morning."""

from dataclasses import dataclass
from typing import Any

from ..personal_data import declarations
from .runs import PurgeLine, PurgeRun

WHOLE = (PurgeRun.Outcome.DONE, PurgeRun.Outcome.FAILED, PurgeRun.Outcome.STOPPED)


@dataclass(frozen=True)
class Row:
    """One kind of record of a night; `before` is what went of it the night before."""

    line: PurgeLine
    title: str
    before: int

    @property
    def went(self) -> int:
        """Deleted or made anonymous."""
        return self.line.deleted + self.line.anonymised

    @property
    def says_something(self) -> bool:
        """Whether there is anything to read in it."""
        line = self.line
        return bool(self.went or self.before or line.held or line.waiting or line.undated or line.error)


@dataclass(frozen=True)
class Report:
    """One night."""

    run: PurgeRun
    before: PurgeRun | None
    rows: list[Row]

    @property
    def went(self) -> int:
        """How many records of all kinds."""
        return sum(row.went for row in self.rows)

    @property
    def went_before(self) -> int:
        """The night before."""
        return sum(row.before for row in self.rows)

    def total(self, name: str) -> int:
        """One column, added up."""
        return sum(getattr(row.line, name) for row in self.rows)

    @property
    def held(self) -> int:
        """Kept by a restriction or hold."""
        return self.total("held")

    @property
    def waiting(self) -> int:
        """Kept because something rests on them, is open, or somebody was not warned yet."""
        return self.total("waiting")

    @property
    def undated(self) -> int:
        """Without the date from which their period counts."""
        return self.total("undated")

    @property
    def errors(self) -> list[str]:
        """The kinds of record at which it failed."""
        return [row.title for row in self.rows if row.line.error]


def of(run: PurgeRun) -> Report:
    """The report of one purge."""
    earlier = PurgeRun.every.filter(what=run.what, outcome__in=WHOLE, pk__lt=run.pk)
    before = earlier.first()
    went: dict[str, int] = {}
    for line in before.lines.all() if before else ():
        went[line.model] = line.deleted + line.anonymised
    titles = {d.label: str(d.model._meta.verbose_name_plural) for d in declarations()}
    rows = [Row(line, titles.get(line.model, line.model), went.get(line.model, 0)) for line in run.lines.all()]
    return Report(run, before, [row for row in rows if row.says_something])


def of_leftovers(run: PurgeRun) -> list[dict[str, Any]]:
    """What should be gone and is not, a line each."""
    titles = {d.label: str(d.model._meta.verbose_name_plural) for d in declarations()}
    return [
        {"title": titles.get(label, label), "what": what, "count": count}
        for label, counts in sorted(run.leftovers.items())
        for what, count in sorted(counts.items())
    ]
