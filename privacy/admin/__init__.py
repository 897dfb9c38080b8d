"""The office: each file one desk. The site takes them in when it is made."""

from . import (
    alarms,
    calls,
    canary,
    explaining,
    figures_file,
    file_steps,
    holding,
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
    processing_record,
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
    "alarms", "calls", "canary", "explaining", "figures_file", "file_steps", "holding", "identity", "inbox", "intake",
    "kind_steps", "ledger", "letter_steps", "letters", "looks", "mail", "on_behalf", "processing_record", "purges",
    "queue", "recipient_notices", "registers", "restrictions", "rules", "seeing", "site", "start", "work",
]  # fmt: skip
