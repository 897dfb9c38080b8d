"""What does a person wish, in her own words? Words are data, the grammar is one, every finding says why."""

import re
from dataclasses import dataclass, field

from . import likeness, weighing
from .clauses import sentences
from .doubts import SENTENCES, Heard
from .grammar import COMMANDS, Context, asks, commands, kinds, says_no
from .lexicon import Lexicon, lexicons, plain, tokens
from .weighing import Finding

KINDS = ("access", "rectification", "erasure", "restriction", "portability", "objection", "complaint", "enquiry")
QUESTION = re.compile(r"[?？؟]")
WORDS_ENOUGH = 4
CHARACTERS_ENOUGH = 6
QUOTED_LIMIT = 8_000
FEW = 3
FEW_WORDS = 6


@dataclass
class Wishes:
    """What was found, and why it is believed."""

    commands: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)
    is_by_a_machine: bool = False
    # By the rules alone, for whoever has other proof of what is meant, such as a command in the subject.
    heard_commands: set[str] = field(default_factory=set)
    heard_doubts: set[str] = field(default_factory=set)

    def note(self, finding: Finding, heard: Heard, language: str) -> None:
        """Takes over what one language's reading came to, with the reasons."""
        self.is_by_a_machine |= finding.is_by_a_machine
        self.heard_commands.update(heard.commands)
        self.heard_doubts.update(finding.heard_doubts)
        for name in finding.doubts:
            self.add(self.doubts, name, SENTENCES[name])
        for name in finding.commands:
            how = "ask for" if name in heard.commands else 'say "no" and read like'
            self.add(self.commands, name, f"The sender's own words {how} {name} ({language}).")
        for name in finding.kinds:
            how = "speak of" if name in heard.kinds else "read like"
            self.add(self.kinds, name, f"The sender's own words {how} {name} ({language}).")

    def add(self, found: list[str], name: str, reason: str) -> None:
        """Notes a finding once."""
        if name not in found:
            found.append(name)
            self.reasons.append(reason)


def find(text: str, *, subject: str = "", about: str | None = None) -> Wishes:
    """The wishes in somebody's own words, and every reason to doubt them; `about`: what "this" is when nothing says."""
    wishes = Wishes()
    whole = f"{subject}.\n\n{text}" if subject.strip() else text
    languages = spoken(plain(whole))
    for lexicon in languages:
        heard = listen(lexicon, whole, about)
        like = likeness.opinions(lexicon.code, whole) if len(languages) <= FEW else {}
        wishes.note(weighing.weigh(heard, like), heard, lexicon.language)
    if wishes.commands and len(languages) > FEW and len(whole.split()) > FEW_WORDS:
        wishes.add(wishes.doubts, "unclear", SENTENCES["unclear"])
    nothing = not (wishes.commands or wishes.kinds or wishes.doubts or wishes.is_by_a_machine)
    if nothing and is_a_question(whole):
        wishes.add(wishes.kinds, "enquiry", "It asks a question.")
    return wishes


def read_all() -> None:
    """The words and votes of every language, half a second, for a process in which a mail would wait for them."""
    for lexicon in lexicons():
        lexicon.index  # noqa: B018  (read when first asked for)
    for language in likeness.learnt():
        likeness.opinions(language, "")


def spoken(words: str) -> list[Lexicon]:
    """The languages that the words may be in, likeliest first; all of them where nothing tells, or too few words."""
    given = tokens(words)
    if any("\u4e00" <= letter <= "\u9fff" for letter in words):
        return [language for language in lexicons() if language.code == "zh"]
    scores = {language: sum(word in language.common for word in given) for language in lexicons()}
    most = max(scores.values()) if len(given) > FEW_WORDS else 0
    likely = [language for language in lexicons() if not most or scores[language] * 10 >= most * 9]
    return sorted(likely, key=scores.__getitem__, reverse=True)


def listen(lexicon: Lexicon, text: str, about: str | None) -> Heard:
    """What the rules of one language hear."""
    context = Context([about] if about else [])
    heard = Heard([s for s in sentences(lexicon, text) if not s.has("shop_says")])
    for sentence in heard.sentences:
        heard.says_no |= says_no(sentence, lexicon)
        for name, is_denied in (*commands(sentence, context, lexicon), *kinds(sentence, context, lexicon)):
            heard.wished.append(sentence)
            if is_denied:
                heard.denied.append(name)
            elif name in COMMANDS:
                heard.commands.append(name)
                heard.leaves |= sentence.has("leave")
            else:
                heard.kinds.append(name)
        context.hears(sentence)
    heard.asks = asks(heard.sentences)
    return heard


def is_a_newsletter(text: str) -> bool:
    """Whether a quoted text offers a way to leave, as advertising mail must."""
    quoted = plain(text[:QUOTED_LIMIT])
    words = tokens(quoted)
    return any(concept == "leave" for lexicon in spoken(quoted) for concept, _, _ in lexicon.find(words))


def is_a_question(text: str) -> bool:
    """Whether somebody asks something that can be answered."""
    asked = [part for part in re.split(r"(?<=[.!?。！？])", " ".join(text.split())) if QUESTION.search(part)]
    return any(len(p.split()) >= WORDS_ENOUGH or (len(p) >= CHARACTERS_ENOUGH and not p.isascii()) for p in asked)
