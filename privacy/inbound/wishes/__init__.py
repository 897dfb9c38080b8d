"""What does a person wish, in her own words? Words are data, the grammar is one, every finding says why."""

import re
from dataclasses import dataclass, field

from . import doubts
from .clauses import Sentence, sentences
from .doubts import SENTENCES, Heard
from .grammar import COMMANDS, Context, asks, commands, kinds
from .lexicon import Lexicon, lexicons, plain, tokens

KINDS = ("access", "rectification", "erasure", "restriction", "portability", "objection", "complaint", "enquiry")
QUESTION = re.compile(r"[?？؟]")
WORDS_ENOUGH = 4
CHARACTERS_ENOUGH = 6
QUOTED_LIMIT = 8_000


@dataclass
class Wishes:
    """What was found, and in which language it was said."""

    commands: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)

    def add(self, found: list[str], name: str, reason: str) -> None:
        """Notes a finding once."""
        if name not in found:
            found.append(name)
            self.reasons.append(reason)

    def doubt(self, name: str) -> None:
        """Notes a doubt once."""
        self.add(self.doubts, name, SENTENCES[name])


def find(text: str, *, subject: str = "", about: str | None = None) -> Wishes:
    """The wishes in somebody's own words, and every reason to doubt them; `about`: what "this" is when nothing says."""
    wishes = Wishes()
    whole = f"{subject}.\n\n{text}" if subject.strip() else text
    for lexicon in spoken(plain(whole)):
        _search(lexicon, sentences(lexicon, whole), Context([about] if about else []), wishes)
    if not (wishes.commands or wishes.kinds or wishes.doubts) and is_a_question(whole):
        wishes.add(wishes.kinds, "enquiry", "It asks a question.")
    return wishes


def spoken(words: str) -> list[Lexicon]:
    """The languages that the words may be in, by their commonest little words; all of them where nothing tells."""
    given = tokens(words)
    chinese = any("\u4e00" <= letter <= "\u9fff" for letter in words)
    scores = {language: sum(word in language.common for word in given) for language in lexicons()}
    if chinese:
        return [language for language in lexicons() if language.language == "Chinese"]
    most = max(scores.values(), default=0)
    return [language for language, score in scores.items() if not most or score * 2 >= most]


def _search(lexicon: Lexicon, found: list[Sentence], context: Context, wishes: Wishes) -> None:
    heard = Heard([s for s in found if not s.has("shop_says")], [], [], [])
    for sentence in heard.sentences:
        told = (*commands(sentence, context, lexicon), *kinds(sentence, context, lexicon))
        for name, is_denied in told:
            heard.wished.append(sentence)
            if is_denied:
                wishes.doubt("negated")
            elif name in COMMANDS:
                heard.commands.append(name)
                wishes.add(wishes.commands, name, f"The sender's own words ask for {name} ({lexicon.language}).")
            else:
                heard.kinds.append(name)
                wishes.add(wishes.kinds, name, f"The sender's own words speak of {name} ({lexicon.language}).")
        context.hears(sentence)
    for name in doubts.found_in(heard):
        wishes.doubt(name)
    if not (wishes.commands or wishes.kinds or wishes.doubts) and asks(heard.sentences):
        wishes.add(wishes.kinds, "enquiry", f"The sender's own words ask something ({lexicon.language}).")


def is_a_newsletter(text: str) -> bool:
    """Whether a quoted text offers a way to leave, as advertising mail must."""
    words = tokens(plain(text[:QUOTED_LIMIT]))
    return any(concept == "leave" for lexicon in lexicons() for concept, _, _ in lexicon.find(words))


def is_a_question(text: str) -> bool:
    """Whether somebody asks something that can be answered."""
    asked = [part for part in re.split(r"(?<=[.!?。！？])", " ".join(text.split())) if QUESTION.search(part)]
    return any(len(p.split()) >= WORDS_ENOUGH or (len(p) >= CHARACTERS_ENOUGH and not p.isascii()) for p in asked)
