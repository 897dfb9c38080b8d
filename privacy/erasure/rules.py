"""Which rules were applied? The declarations in one line each, and one hash by which they are known again."""

import hashlib
import json
from typing import Any

from ..personal_data import Anonymise, Keep, PersonalData, declarations


def said_of(declaration: PersonalData) -> dict[str, Any]:
    """What decides over a row's end, as plain values: whose it is, how long it stays, how it goes."""
    retention = declaration.retention
    return {
        "kind": declaration.label,
        "person": declaration.data_subject,
        "basis": str(declaration.lawful_basis),
        "fields": list(declaration.fields),
        "since": retention.since if retention else "",
        "period": retention.in_words() if retention else "",
        "law": retention.required_by if retention else "",
        "reason": declaration.erase.reason if isinstance(declaration.erase, Keep) else "",
        "end": blanked_by(declaration) or "deleted",
    }


def blanked_by(declaration: PersonalData) -> list[str]:
    """The columns that are emptied where the row itself stays; none where it is deleted."""
    final = declaration.final()
    return list(final.fields) if isinstance(final, Anonymise) else []


def canonical(content: Any) -> str:
    """The one way in which this content is written, so that its hash is the same on every machine."""
    return json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=False)


def sha256(text: str) -> str:
    """Of this text in UTF-8, in hexadecimal."""
    return hashlib.sha256(text.encode()).hexdigest()


def in_force() -> dict[str, Any]:
    """How many declarations there are today, and the hash of what they say."""
    said = sorted((said_of(declaration) for declaration in declarations()), key=lambda one: str(one["kind"]))
    return {"declarations": len(said), "sha256": sha256(canonical(said))}
