"""What do rules and likeness say together? A rule must hear the "no"; likeness says to what, or calls a person."""

from dataclasses import dataclass, field

from . import doubts
from .doubts import SENTENCES, Heard
from .grammar import CHANNELS, COMMANDS

RIGHTS = ("access", "rectification", "erasure", "restriction", "portability", "objection", "complaint")
FOR_A_PERSON = frozenset(SENTENCES) | {"remark"}
UNCLEAR = "unclear"
SEVERAL = 2
FEW_WORDS = 10
RIVALS = 0.85
# How near to a command a machine's mail must come to be believed instead.
MACHINE = 0.8
# Doubts that somebody's story raises as easily as her wish; a strong likeness settles them.
WEAK_DOUBTS = frozenset({"undecided", "somebody_else", "less", "other_firm", "opt_in"})
# How like our own texts a mail must be: to say anything, to be sure; and how near the best another must come,
# to stand where a rule heard it too, to stand beside the best by itself, or to be a doubt.
FAINT, SOMETHING, SURE = 0.15, 0.22, 0.45
CONFIRMED = 1.2
BEYOND_DOUBT = 0.5
ASKED_BESIDE = 0.6
HEARD_TOO, BESIDE_A_RIGHT, BESIDE, DOUBTFUL, PLAINLY, CONTRADICTS = 0.4, 0.5, 0.6, 0.55, 0.7, 1.15


@dataclass
class Opinion:
    """How like a mail is to our texts of each label."""

    like: dict[str, float] = field(default_factory=dict)

    def of(self, name: str) -> float:
        """About 1 for "just so", 0 for "not at all"."""
        return self.like.get(name, 0.0)

    @property
    def best(self) -> str:
        """The likeliest label of all; "" when nothing is like it."""
        top = max(self.like, key=self.like.__getitem__, default="")
        return top if self.of(top) >= SOMETHING else ""

    def likeliest(self, names: tuple[str, ...] | frozenset[str]) -> str:
        """The likeliest of these labels."""
        return max(sorted(names), key=self.of)

    def is_clear(self, name: str) -> bool:
        """Whether it is this and no other label comes near."""
        return self.of(name) >= SURE and not self.has_rival(name, DOUBTFUL)

    def has_rival(self, name: str, share: float) -> bool:
        """Whether another label reaches this share of it."""
        rivals = (value for other, value in self.like.items() if other != name)
        return max(rivals, default=0.0) >= share * self.of(name)

    def comes_near(self, name: str, share: float) -> bool:
        """Whether a label reaches this share of the best."""
        return self.of(name) >= max(share * self.of(self.best), SOMETHING * share)


@dataclass
class Finding:
    """What one language's reading came to."""

    commands: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    doubts: list[str] = field(default_factory=list)
    is_by_a_machine: bool = False
    # What the rules alone doubt.
    heard_doubts: frozenset[str] = frozenset()


def weigh(heard: Heard, like: dict[str, float]) -> Finding:
    """What the mail asks for, and what speaks against believing it."""
    raised = doubts.found_in(heard)
    if not raised and _is_short_and_plain(heard):
        return Finding(commands=heard.commands[:1])
    opinion = Opinion(like)
    found = Finding(doubts=raised, heard_doubts=frozenset(raised), is_by_a_machine=opinion.is_clear("machine"))
    if not opinion.best:
        found.commands, found.kinds = list(dict.fromkeys(heard.commands)), list(dict.fromkeys(heard.kinds))
    else:
        found.commands, found.kinds = _commands(heard, opinion), _kinds(heard, opinion)
        found.doubts = _doubts(found, opinion, plainly=heard.leaves)
        if len(found.commands) > 1 and not set(found.commands) <= set(heard.commands):
            found.doubts.append(UNCLEAR)
    if not (found.kinds or found.doubts) and _asks(heard, opinion, beside=bool(found.commands)):
        found.kinds = ["enquiry"]
    return found


def _is_short_and_plain(heard: Heard) -> bool:
    """ "Please unsubscribe me", "no more catalogues, thanks": of so few words likeness knows too little to differ."""
    names_it = heard.leaves or any(sentence.has(*CHANNELS) for sentence in heard.wished)
    says_more = heard.kinds or heard.denied or any(sentence.is_question for sentence in heard.sentences)
    is_short = sum(clause.length for clause in heard.clauses) <= FEW_WORDS
    return is_short and names_it and not says_more and len(set(heard.commands)) == 1


def _commands(heard: Heard, opinion: Opinion) -> list[str]:
    """One command where rules and likeness agree; two, which call a person, where they do not."""
    told = list(dict.fromkeys(heard.commands))
    likeliest = opinion.likeliest(COMMANDS)
    if len(told) < SEVERAL and opinion.is_clear(likeliest) and (told or heard.says_no):
        # "Unsubscribe" is easily heard beside another wish; any other word for a channel was meant.
        return list(dict.fromkeys([*(name for name in told if name != "unsubscribe"), likeliest]))
    if opinion.best in (*RIGHTS, "enquiry"):
        # Words that sound like a "no" in a text that is most like something else altogether.
        told = [name for name in told if opinion.comes_near(name, BESIDE_A_RIGHT)]
    if not told or likeliest not in told:
        differs = bool(told) and opinion.of(likeliest) > CONTRADICTS * max(map(opinion.of, told))
        return [*told, likeliest] if differs and opinion.of(likeliest) >= SOMETHING else told
    if likeliest not in CHANNELS.values():
        return [likeliest]
    # "Unsubscribe" is easily heard beside a single channel; two single channels are two wishes.
    beside = opinion.of("unsubscribe") >= BESIDE * opinion.of(likeliest)
    return [name for name in told if name != "unsubscribe" or name == likeliest or beside]


def _kinds(heard: Heard, opinion: Opinion) -> list[str]:
    told = [kind for kind in dict.fromkeys(heard.kinds) if opinion.comes_near(kind, HEARD_TOO)]
    floor = SURE if told or heard.commands else SOMETHING
    alone = opinion.likeliest(RIGHTS)
    is_new = alone not in told and opinion.of(alone) >= max(floor, opinion.of("enquiry"))
    if not told and not heard.commands and opinion.has_rival(alone, RIVALS):
        return []
    return [*told, alone] if is_new and opinion.comes_near(alone, BESIDE) else told


def _doubts(found: Finding, opinion: Opinion, *, plainly: bool) -> list[str]:
    """Those that rules raised, unless likeness settles them; and that which likeness raises."""
    wished = found.commands or found.kinds
    if found.commands and not _is_confirmed(found, opinion):
        return [*found.doubts, UNCLEAR]
    strongest = max((opinion.of(name) for name in wished), default=0.0)
    doubt = opinion.likeliest(frozenset(SENTENCES))
    share = PLAINLY if plainly and not found.doubts else DOUBTFUL
    if wished and opinion.of(doubt) >= max(share * strongest, SOMETHING):
        return list(dict.fromkeys([*found.doubts, doubt]))
    if found.commands and opinion.of("machine") >= MACHINE * strongest:
        return [*found.doubts, UNCLEAR]
    settled = WEAK_DOUBTS if strongest >= SURE and opinion.of(doubt) < strongest / 2 else frozenset()
    if strongest >= BEYOND_DOUBT and opinion.of(doubt) < strongest / 4:
        settled |= {"conditional"}
    return [name for name in found.doubts if name not in settled]


def _is_confirmed(found: Finding, opinion: Opinion) -> bool:
    """Whether a command is at least somewhat like texts that ask for it, beside what else the mail is like."""
    strongest = max(map(opinion.of, found.commands))
    others = [value for name, value in opinion.like.items() if name not in (*found.commands, *found.kinds)]
    return strongest >= FAINT and strongest >= CONFIRMED * max(others, default=0.0)


def _asks(heard: Heard, opinion: Opinion, *, beside: bool) -> bool:
    """Whether there is a question; beside a command it must be heard and be likely, or every story held one."""
    if beside:
        return heard.asks and opinion.comes_near("enquiry", ASKED_BESIDE)
    if opinion.best in FOR_A_PERSON or opinion.best == "machine":
        return False
    return heard.asks or opinion.best == "enquiry"
