"""The kinds of letter, as data: of which blocks each is made, and what each block must hold before it may leave."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from .filling import PLACEHOLDERS, fill

Text = str | Promise


@dataclass(frozen=True)
class Block:
    """One part of a letter. It may not be blank, must hold one of `names` and one of the `words` of its language.

    `names` are written with words in braces. What is written for each case may be empty in our usual words.
    """

    name: str
    label: Text
    lacking: Text
    names: tuple[str, ...] = ()
    words: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    is_of_the_case: bool = False
    rows: int = 3

    def lacks(self, text: str, values: Mapping[str, str], language: str) -> str:
        """One line on what is missing in this text; empty when nothing is."""
        names = [fill(name, values) for name in self.names]
        words = self.words.get(language.partition("-")[0], ())
        is_whole = (
            bool(text.strip())
            and (not names or any(name in text for name in names))
            and (not words or any(word in text.casefold() for word in words))
        )
        return "" if is_whole else str(self.lacking).format(name=names[0] if names else "")


@dataclass(frozen=True)
class Kind:
    """One kind of letter; `is_begun` marks those whose form begins with our usual words."""

    name: str
    label: Text
    blocks: tuple[Block, ...]
    is_begun: bool = False
    placeholders: frozenset[str] = frozenset(PLACEHOLDERS) - {"amount"}

    def lacks(self, blocks: Mapping[str, str], values: Mapping[str, str], language: str) -> str:
        """One line on the first thing that is missing; empty when the letter is whole."""
        said = (block.lacks(blocks.get(block.name, ""), values, language) for block in self.blocks)
        return next((line for line in said if line), "")


REASONS = Block(
    "reasons",
    _("Our reasons"),
    _("A refusal needs its reasons, in words for this person."),
    is_of_the_case=True,
    rows=5,
)
TO_US = Block(
    "us", _("Where to complain: to us"),
    _("The letter must say that the person can complain to us, with our address: {name}."),
    names=("{shop_email}", "{shop_phone}", "{shop_address}"), rows=4,
)  # fmt: skip
REGULATOR = Block(
    "regulator", _("Where to complain: the regulator"), _("The letter must name the regulator: {name}."),
    names=("{regulator_name}",), rows=4,
)  # fmt: skip
MEDIATION = Block(
    "mediation", _("Where to go next: mediation at no charge"),
    _("The letter must name the mediation at no charge: {name}."), names=("{mediator_name}",), rows=6,
)  # fmt: skip
COURTS = Block(
    "courts", _("The courts are never closed"),
    _("The letter must say that the courts stay open to the person."),
    words={"en": ("court",), "de": ("gericht",), "fr": ("tribuna", "juge"), "nl": ("rechter", "rechtbank")}, rows=2,
)  # fmt: skip
FEE = Block("fee", _("How much, and how to pay"), _("The letter must say how much it is: {name}."), names=("{amount}",))


def _words(label: Text, lacking: Text) -> tuple[Block, ...]:
    return (Block("text", label, lacking, is_of_the_case=True, rows=5),)


IN_YOUR_WORDS, ANSWER = _("In your words"), _("Answer to the person")
KINDS: dict[str, Kind] = {
    kind.name: kind
    for kind in (
        Kind("refusal", _("Refusal"), (REASONS, TO_US, REGULATOR, COURTS), is_begun=True),
        Kind(
            "complaint_outcome", _("Outcome of a complaint"),
            (
                *_words(
                    _("Answer to the person: what you found, and what is done"),
                    _("Write the answer to the person first."),
                ),
                REGULATOR, MEDIATION, COURTS,
            ),
            is_begun=True,
        ),
        Kind("extension", _("More time is needed"), _words(IN_YOUR_WORDS, _("More time needs its reasons."))),
        Kind("id_asked", _("Question who it is"), _words(IN_YOUR_WORDS, _("Write what you need to know."))),
        Kind("clarification_asked", _("Question what is meant"),
             _words(IN_YOUR_WORDS, _("Write what you need to know."))),
        Kind("progress", _("How a complaint stands"), _words(IN_YOUR_WORDS, _("Write how it stands."))),
        Kind("rectification", _("Answer to a correction"), _words(ANSWER, _("Write the answer to the person first."))),
        Kind("answer", _("Answer to a question"), _words(ANSWER, _("Write the answer to the person first."))),
        Kind(
            "fee", _("A fee is asked for"), (REASONS, FEE, TO_US, REGULATOR, COURTS), is_begun=True,
            placeholders=frozenset(PLACEHOLDERS),
        ),
    )
}  # fmt: skip


def choices() -> list[tuple[str, Text]]:
    """For the model's field; read at run time, so that a new kind of letter needs no migration."""
    return [(kind.name, kind.label) for kind in KINDS.values()]
