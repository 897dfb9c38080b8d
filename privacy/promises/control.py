"""Which controls are there? A control is one function that looks at the running system; adding one is that function."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.utils.functional import Promise as Lazy

from .finding import Finding

Look = Callable[[datetime], Finding]


@dataclass(frozen=True)
class Control:
    """One look: by which name rows ask for it, what it looks at in words for the list, and the function."""

    slug: str
    label: str | Lazy
    look: Look


CONTROLS: dict[str, Control] = {}


def control(slug: str, label: str | Lazy) -> Callable[[Look], Look]:
    """Registers the function below it; it takes the present moment and never raises for what it finds."""

    def register(look: Look) -> Look:
        if slug in CONTROLS:
            raise ValueError(f"two controls are called {slug}")
        CONTROLS[slug] = Control(slug, label, look)
        return look

    return register


def labels() -> list[tuple[str, str]]:
    """For a list to choose from, by name."""
    return sorted((one.slug, str(one.label)) for one in CONTROLS.values())
