"""A step that is not lawful now is refused with one clear line."""


class NotAllowed(Exception):
    """The step is not lawful now; its text is one clear line for whoever tried."""


def require(condition: bool, otherwise: str) -> None:
    """NotAllowed with this line unless the condition holds."""
    if not condition:
        raise NotAllowed(otherwise)
