"""What is a step? One promise, kept before our eyes or not; its function says in one line what it saw."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils.functional import Promise

MINUTES = timedelta(minutes=1)


class Broken(Exception):
    """The promise was not kept; the text is one clear line without values."""


class NotYet(Exception):
    """The effect is still awaited; the text says what for, and becomes the failure when patience ends."""


@dataclass(frozen=True)
class Step:
    """One promise; `needs` are steps without which it would show nothing, `events` what the audit log must then hold.

    A step `at_once` is done, and noted as done, in one transaction.
    """

    name: str
    title: str | Promise
    verb: Callable[[Any], str]
    needs: tuple[str, ...] = ()
    events: tuple[str, ...] = ()
    patience: timedelta = timedelta(0)
    at_once: bool = False


STEPS: dict[str, Step] = {}


def step(name: str, title: str | Promise, **more: Any) -> Callable[[Callable[[Any], str]], Callable[[Any], str]]:
    """Registers the function below it as the next step of every run."""

    def register(verb: Callable[[Any], str]) -> Callable[[Any], str]:
        STEPS[name] = Step(name, title, verb, **more)
        return verb

    return register


def require(holds: object, otherwise: str) -> None:
    """Broken where it does not hold."""
    if not holds:
        raise Broken(otherwise)


def wait_for(holds: object, what: str) -> None:
    """NotYet where it does not hold."""
    if not holds:
        raise NotYet(what)
