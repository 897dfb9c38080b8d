"""The office: each file one desk. The site takes them in when it is made."""

from . import (
    alarms,
    calls,
    explaining,
    figures_file,
    file_steps,
    identity,
    inbox,
    intake,
    kind_steps,
    ledger,
    letter_steps,
    letters,
    looks,
    mail,
    on_behalf,
    purges,
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
    "alarms", "calls", "explaining", "figures_file", "file_steps", "identity", "inbox", "intake", "kind_steps",
    "ledger", "letter_steps", "letters", "looks", "mail", "on_behalf", "purges", "queue", "recipient_notices",
    "registers", "restrictions", "rules", "seeing", "site", "start", "work",
]  # fmt: skip
