"""The office: each file one desk. The site takes them in when it is made."""

from . import (
    calls,
    explaining,
    inbox,
    intake,
    kind_steps,
    ledger,
    letter_steps,
    letters,
    looks,
    mail,
    queue,
    recipient_notices,
    registers,
    restrictions,
    rules,
    seeing,
    site,
    start,
    work,
)

__all__ = [
    "calls", "explaining", "inbox", "intake", "kind_steps", "ledger", "letter_steps", "letters", "looks", "mail",
    "queue", "recipient_notices", "registers", "restrictions", "rules", "seeing", "site", "start", "work",
]  # fmt: skip
