"""Is somebody away, so that her mail program answers? By subject, or by several signs; in doubt she wrote it."""

import re

from . import words

TEXT_LIMIT = 700
ENOUGH = 3
TABLE = words.of("absence_notes")
ABOUT_US = re.compile(words.any_of(words.of("matters_of_customers")["about_us"]), re.IGNORECASE)
ANSWERS_ITSELF = re.compile(words.any_of(TABLE["answers_itself"]), re.IGNORECASE)
AWAY = re.compile(words.any_of(TABLE["away"]), re.IGNORECASE)
SIGNS = {name: re.compile(words.any_of(phrases), re.IGNORECASE) for name, phrases in TABLE["text"].items()}


def by_subject(subject: str, text: str) -> str | None:
    """By a subject that only mail programs write, or by one that people write too and a text that agrees."""
    if ANSWERS_ITSELF.match(subject):
        return "Its subject is that of an automatic reply."
    if not AWAY.match(subject) or is_about_us(text[:TEXT_LIMIT]):
        return None
    signs = _signs(text)
    agrees = not text.strip() or "machine" in signs or ("is_away" in signs and len(signs) > 1)
    return "Its subject and its text are those of an absence note." if agrees else None


def by_text(text: str) -> str | None:
    """By a short text with three of the signs of an absence note, that asks nothing and speaks of nothing of ours."""
    if len(text) > TEXT_LIMIT or not SIGNS["is_away"].search(" ".join(text.split())) or is_about_us(text):
        return None
    signs = _signs(text)
    is_note = len(signs) + ("machine" in signs) >= ENOUGH
    return "Its text is an absence note: somebody is away, until when, and what to do." if is_note else None


def is_about_us(text: str) -> bool:
    """Whether it speaks of an order, of data, of our mail, or asks: then a person wants something."""
    return bool(ABOUT_US.search(text))


def _signs(text: str) -> set[str]:
    return {name for name, pattern in SIGNS.items() if pattern.search(" ".join(text[:3000].split()))}
