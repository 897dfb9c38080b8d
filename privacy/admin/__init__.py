"""The office: each file one desk. The site takes them in when it is made."""

from . import (
    calls,
    explaining,
    identity,
    inbox,
    intake,
    kind_steps,
    ledger,
    looks,
    mail,
    on_behalf,
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
    "calls", "explaining", "identity", "inbox", "intake", "kind_steps", "ledger", "looks", "mail", "on_behalf",
    "queue", "recipient_notices", "registers", "restrictions", "rules", "seeing", "site", "start", "work",
]  # fmt: skip
