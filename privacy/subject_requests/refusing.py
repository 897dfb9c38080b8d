"""A step that is not lawful now is refused with one clear line."""

from ..letters import Letter


class NotAllowed(Exception):
    """The step is not lawful now; its text is one clear line for whoever tried."""


def require(condition: bool, otherwise: str) -> None:
    """NotAllowed with this line unless the condition holds."""
    if not condition:
        raise NotAllowed(otherwise)


def may_leave(letter: Letter) -> Letter:
    """The letter, if nothing is missing in it that a letter of its kind must hold; NotAllowed otherwise."""
    require(not letter.lacks(), letter.lacks())
    return letter
