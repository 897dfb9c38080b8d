"""What did a look at the running system find? A state, one sentence without values of anybody, and the figures."""

from dataclasses import dataclass, field

from django.db.models import TextChoices
from django.utils.translation import gettext_lazy as _

Figures = dict[str, int | str]


class State(TextChoices):
    """How a promise stands; the words are those of the contract."""

    KEPT = "kept", _("kept")
    BROKEN = "broken", _("broken")
    NO_EVIDENCE = "no_evidence", _("not yet shown")
    CONFLICT = "conflict", _("two promises contradict each other")
    MANUAL = "manual", _("we look at this ourselves")


@dataclass(frozen=True)
class Finding:
    """What a control saw."""

    state: State
    evidence: str
    figures: Figures = field(default_factory=dict)


def kept(evidence: str, **figures: int | str) -> Finding:
    """It is kept, and this shows it."""
    return Finding(State.KEPT, evidence, figures)


def broken(evidence: str, **figures: int | str) -> Finding:
    """It is not kept, and this shows it."""
    return Finding(State.BROKEN, evidence, figures)


def not_shown(evidence: str, **figures: int | str) -> Finding:
    """Nothing has happened yet that could show it; the sentence says what would."""
    return Finding(State.NO_EVIDENCE, evidence, figures)


def none_wrong(wrong: int, of: int, *, good: str, bad: str, none: str = "") -> Finding:
    """Rows looked at: broken with one wrong, not shown where there are none and `none` says so, else kept."""
    if wrong:
        return broken(bad, wrong=wrong, looked_at=of)
    return not_shown(none, looked_at=0) if none and not of else kept(good, looked_at=of)


# The worst first: one promise may rest on several controls, and stands as the worst of them.
WORST = (State.BROKEN, State.NO_EVIDENCE, State.KEPT)


def together(findings: list[Finding]) -> Finding:
    """Several looks at one promise as one: the worst state, all sentences that say so."""
    state = next(one for one in WORST if any(found.state == one for found in findings))
    lines = [found.evidence for found in findings if found.state == state]
    figures = {name: value for found in findings for name, value in found.figures.items()}
    return Finding(state, " ".join(dict.fromkeys(lines)), figures)
