"""One letter before it leaves: its blocks as a colleague has read them, and the version of our words it began with."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from django.conf import settings
from django.utils.translation import gettext as _

from .filling import left_over, of_the_shop
from .kinds import KINDS
from .version import LetterVersion


@dataclass(frozen=True)
class Letter:
    """What is about to be sent; it may leave only when nothing is lacking."""

    kind: str
    blocks: Mapping[str, str]
    words: LetterVersion | None = None
    values: Mapping[str, str] = field(default_factory=dict)

    def lacks(self) -> str:
        """One line on what is missing, or on a word in braces that nobody has exchanged; empty when it may leave."""
        language = self.words.language if self.words else settings.LANGUAGE_CODE
        missing = KINDS[self.kind].lacks(self.blocks, {**of_the_shop(), **self.values}, language)
        stays = left_over(self.blocks.values())
        return missing or (_("This still stands in the letter: %(what)s") % {"what": stays} if stays else "")

    def text(self) -> str:
        """The blocks as they stand in the letter, one under the other."""
        return "\n\n".join(self.blocks[block.name].strip() for block in KINDS[self.kind].blocks)
