"""What does a person wish, in her own words? Rules as data, one file for each language; every finding says why."""

import re
import tomllib
import unicodedata
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

COMMANDS = ("stop_all_marketing", "stop_third_party", "stop_sms", "stop_phone", "stop_post", "unsubscribe")
KINDS = ("access", "rectification", "erasure", "restriction", "portability", "objection", "complaint", "enquiry")
GAP = r"[^.!?;,:。！？，]{0,50}"
LETTERS = str.maketrans("łøđ’‘´`“”„«»", "lod" + "'" * 4 + '"' * 5)
CITED = re.compile(r'"[^"]{0,200}"')
SENTENCE = re.compile(r"(?<=[.!?;。！？；])\s*|\n\s*\n|\n\s*(?=[-*•\d])")
QUESTION = re.compile(r"[?？؟]")
WORDS_ENOUGH = 4
CHARACTERS_ENOUGH = 6


@dataclass(frozen=True, eq=False)
class Rules:
    """One language's rules, compiled."""

    language: str
    common: frozenset[str]
    commands: dict[str, re.Pattern[str]]
    kinds: dict[str, re.Pattern[str]]
    doubts: dict[str, re.Pattern[str]]
    keeps: re.Pattern[str]
    not_mine: re.Pattern[str]


@dataclass
class Wishes:
    """What was found, and in which words of which language it was said."""

    commands: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    reasons: list[str] = field(default_factory=list)

    def add(self, found: list[str], name: str, reason: str) -> None:
        """Notes a finding once."""
        if name not in found:
            found.append(name)
            self.reasons.append(reason)


@cache
def rules() -> tuple[Rules, ...]:
    """Every language's rules, from the files beside this one."""
    return tuple(_load(path) for path in sorted(Path(__file__).parent.glob("*.toml")))


def _load(path: Path) -> Rules:
    said = tomllib.loads(path.read_text())
    words = {"gap": GAP, **said.get("words", {})}

    def compiled(patterns: list[str]) -> re.Pattern[str]:
        filled = (re.sub(r"<(\w+)>", lambda m: words[m[1]], pattern) for pattern in patterns)
        return re.compile("|".join(f"(?:{pattern})" for pattern in filled) or r"(?!)")

    def group(name: str) -> dict[str, re.Pattern[str]]:
        return {label: compiled(patterns) for label, patterns in said.get(name, {}).items()}

    return Rules(
        language=said["language"],
        common=frozenset(said["common"].split()),
        commands=group("commands"),
        kinds=group("kinds"),
        doubts=group("doubts"),
        keeps=compiled(said.get("keeps", [])),
        not_mine=compiled(said.get("not_mine", [])),
    )


def plain(text: str) -> str:
    """Small letters without accents and typographic quotes, so that a rule need be written once."""
    folded = unicodedata.normalize("NFKD", text.casefold()).translate(LETTERS)
    return unicodedata.normalize("NFC", "".join(c for c in folded if not unicodedata.combining(c)))


def find(text: str) -> Wishes:
    """The wishes in somebody's own words, and every reason to doubt them."""
    wishes = Wishes()
    words = CITED.sub(" ", plain(text))
    sentences = list(dict.fromkeys(s for s in (" ".join(part.split()) for part in SENTENCE.split(words)) if s))[:100]
    for language in spoken(words):
        for sentence in sentences:
            _search(language, sentence, wishes)
        _doubt(language, " ".join(words.split()), wishes)
    if not (wishes.commands or wishes.kinds or wishes.doubts) and is_a_question(text):
        wishes.add(wishes.kinds, "enquiry", "It asks a question.")
    return wishes


def spoken(words: str) -> list[Rules]:
    """The languages that the words may be in, by their commonest little words; all of them where nothing tells."""
    given = re.findall(r"[^\W\d]+", words)
    scores = {language: sum(word in language.common for word in given) for language in rules()}
    most = max(scores.values(), default=0)
    chinese = any("\u4e00" <= letter <= "\u9fff" for letter in words)
    return [r for r, score in scores.items() if not most or score * 2 >= most or (chinese and r.language == "Chinese")]


def _search(language: Rules, sentence: str, wishes: Wishes) -> None:
    if language.not_mine.search(sentence):
        return
    for command, rule in language.commands.items():
        if rule.search(sentence):
            wishes.add(wishes.commands, command, f"The sender's own words ask for {command} ({language.language}).")
    spoken_of = [kind for kind, rule in language.kinds.items() if rule.search(sentence)]
    for kind in spoken_of:
        # "Erase all you hold on me" names what is held, and does not ask to see it.
        if not (kind == "access" and "erasure" in spoken_of):
            wishes.add(wishes.kinds, kind, f"The sender's own words speak of {kind} ({language.language}).")


def _doubt(language: Rules, words: str, wishes: Wishes) -> None:
    for doubt, rule in language.doubts.items():
        # A condition or a "less" holds a command back; a request for a right stands all the same.
        matters = doubt in ("negated", "somebody_else", "opt_in") or wishes.commands or not wishes.kinds
        if matters and rule.search(words):
            wishes.add(wishes.doubts, doubt, DOUBTS[doubt])
    ends_all = {"unsubscribe", "stop_all_marketing"} & set(wishes.commands)
    if ends_all and language.keeps.search(words):
        wishes.add(wishes.doubts, "keeps", DOUBTS["keeps"])


DOUBTS = {
    "negated": "It says the opposite, or takes it back.",
    "somebody_else": "It speaks for somebody else.",
    "opt_in": "It asks to get something, which an email alone cannot switch on.",
    "undecided": "The sender is undecided, or sets a condition.",
    "less": "It asks for less, not for nothing.",
    "keeps": "It asks to keep something.",
}


def is_a_question(text: str) -> bool:
    """Whether somebody asks something that can be answered."""
    asked = [part for part in re.split(r"(?<=[.!?。！？])", " ".join(text.split())) if QUESTION.search(part)]
    return any(len(p.split()) >= WORDS_ENOUGH or (len(p) >= CHARACTERS_ENOUGH and not p.isascii()) for p in asked)
