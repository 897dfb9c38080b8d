"""Is somebody away, and her mail program answers? By the subject, or by several signs in the text; in doubt she wrote it."""

import re

from . import words

TEXT_LIMIT = 700
ENOUGH = 3
TABLE = words.of("absence_notes")
ANSWERS_ITSELF = re.compile(words.any_of(TABLE["answers_itself"]), re.IGNORECASE)
AWAY = re.compile(words.any_of(TABLE["away"]), re.IGNORECASE)
SIGNS = {name: re.compile(words.any_of(phrases), re.IGNORECASE) for name, phrases in TABLE["text"].items()}


def by_subject(subject: str, text: str) -> str | None:
    """By a subject that only mail programs write, or by one that people write too and a text that agrees."""
    if ANSWERS_ITSELF.match(subject):
        return "Its subject is that of an automatic reply."
    signs = _signs(text)
    agrees = not text.strip() or ("is_away" in signs and len(signs) > 1) or "machine" in signs
    if AWAY.match(subject) and agrees and not is_about_us(text):
        return "Its subject and its text are those of an absence note."
    return None


def by_text(text: str) -> str | None:
    """By a short text with three of the signs of an absence note, that asks nothing and speaks of nothing of ours."""
    signs = _signs(text)
    points = len(signs) + ("machine" in signs)
    if "is_away" not in signs or points < ENOUGH or len(text) > TEXT_LIMIT or is_about_us(text):
        return None
    return "Its text is an absence note: somebody is away, until when, and what to do meanwhile."


def is_about_us(text: str) -> bool:
    """Whether it speaks of an order, of data, of our mail, or asks: then a person wants something."""
    return bool(ABOUT_US.search(text))


def _signs(text: str) -> set[str]:
    return {name for name, pattern in SIGNS.items() if pattern.search(" ".join(text[:3000].split()))}


ABOUT_US = re.compile(words.any_of(words.of("matters_of_customers")["about_us"]), re.IGNORECASE)
