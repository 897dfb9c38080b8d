"""Why might a machine be wrong about a wish? One small function for each reason; any of them calls a person."""

from collections.abc import Callable
from dataclasses import dataclass, field

from .clauses import Clause, Sentence

ABOUT_MAIL = ("mails", "leave", "list", "sms", "calls", "post", "ads", "only_third")
BARE_WORDS = 3
SAID_NO = ("leave", "stop", "remove", "no_more", "object")
SENTENCES = {
    "negated": "It says the opposite, or takes it back.",
    "somebody_else": "It speaks for somebody else.",
    "on_behalf": "It is sent on behalf of somebody else.",
    "opt_in": "It asks to get something, which an email alone cannot switch on.",
    "undecided": "The sender is undecided.",
    "conditional": "It sets a condition.",
    "less": "It asks for less, not for nothing.",
    "keeps": "It asks to keep something.",
    "other_address": "It is about another address than the sender's.",
    "unclear": "It reads like something that is no wish at all.",
    "other_firm": "It seems to be meant for somebody else than us.",
}


@dataclass
class Heard:
    """One language's reading of a mail: its sentences, those with a wish, and what was found in them."""

    sentences: list[Sentence]
    wished: list[Sentence] = field(default_factory=list)
    commands: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    denied: list[str] = field(default_factory=list)
    says_no: bool = False
    leaves: bool = False
    asks: bool = False

    @property
    def clauses(self) -> list[Clause]:
        """Every clause, in order."""
        return [clause for sentence in self.sentences for clause in sentence.clauses]

    def speaks_of(self, *concepts: str) -> bool:
        """Whether any sentence has one of the concepts."""
        return any(sentence.has(*concepts) for sentence in self.sentences)


Reason = Callable[[Heard], bool]
REASONS: list[tuple[str, Reason]] = []


def reason(name: str) -> Callable[[Reason], Reason]:
    """Registers one reason to doubt, by its name in SENTENCES."""

    def register(holds: Reason) -> Reason:
        REASONS.append((name, holds))
        return holds

    return register


def found_in(heard: Heard) -> list[str]:
    """The names of all doubts, in the order in which they are written here."""
    return list(dict.fromkeys(name for name, holds in REASONS if holds(heard)))


@reason("negated")
def _denies(heard: Heard) -> bool:
    """ "Lock it, but do not delete it" contradicts nothing."""
    return any(name != "erasure" or "restriction" not in heard.kinds for name in heard.denied)


@reason("negated")
def _takes_it_back(heard: Heard) -> bool:
    about = bool(heard.commands or heard.kinds) or heard.speaks_of("leave", "list", "mails")
    return about and heard.speaks_of("mistake")


@reason("opt_in")
def _asks_to_get(heard: Heard) -> bool:
    return any(c.has("subscribe") and not c.has("not", "not_yet", "no_more", "leave") for c in heard.clauses)


@reason("opt_in")
def _misses_mail(heard: Heard) -> bool:
    """ "I no longer get your newsletter" is a fact that somebody regrets."""
    missing = (
        c.has("get") and c.has("mails") and c.has("no_more", "not", "not_yet") and not c.has("want", "send", "stop")
        for c in heard.clauses
    )
    return any(missing) and not heard.commands


@reason("on_behalf")
def _says_for_whom(heard: Heard) -> bool:
    return heard.speaks_of("behalf")


@reason("on_behalf")
def _wishes_for_a_relative(heard: Heard) -> bool:
    """ "Please unsubscribe my mum": the relative stands in the very clause of the wish, not in a story beside it."""
    clauses = (clause for sentence in heard.wished for clause in sentence.clauses if heard.commands)
    return any(c.has("relative") and c.has(*SAID_NO, "want", "not") and c.has(*ABOUT_MAIL) for c in clauses)


@reason("somebody_else")
def _speaks_for_another(heard: Heard) -> bool:
    about = (*ABOUT_MAIL, "personal", "account", "that", "get")
    if any(
        c.has("relative") and c.has(*SAID_NO, "want", "not", "asks_erasure") and c.has(*about) for c in heard.clauses
    ):
        return True
    of_another = any(c.has("he_or_she") and c.has(*SAID_NO) and not c.has("me") for c in heard.clauses)
    return of_another and heard.speaks_of("relative")


@reason("conditional")
def _is_conditional(heard: Heard) -> bool:
    """ "If nothing changes, take me off", but not "if you could take me off"."""
    return bool(heard.commands) and any(s.has("if") and not s.has("polite_if") for s in heard.wished)


@reason("undecided")
def _is_a_bare_question(heard: Heard) -> bool:
    """ "Unsubscribe?" """
    return any(s.is_question and s.length <= BARE_WORDS for s in heard.wished)


@reason("undecided")
def _wavers(heard: Heard) -> bool:
    if heard.kinds and not heard.commands:
        return any(sentence.has("maybe") for sentence in heard.wished)
    first = heard.sentences.index(heard.wished[0]) if heard.wished else 0
    about = bool(heard.commands) or heard.speaks_of(*ABOUT_MAIL)
    return about and any(sentence.has("maybe") for sentence in heard.sentences[first:])


@reason("less")
def _wants_less(heard: Heard) -> bool:
    return (
        heard.speaks_of("less") and not heard.kinds and not any(c.has("less") and c.has("leave") for c in heard.clauses)
    )


@reason("keeps")
def _keeps(heard: Heard) -> bool:
    ends_mail = {"unsubscribe", "stop_all_marketing"} & set(heard.commands)
    kept = (c.has("keep") and not c.has("order_news", "not", "no_more", "not_yet", "stop") for c in heard.clauses)
    return bool(ends_mail) and any(kept)


@reason("other_address")
def _means_another_address(heard: Heard) -> bool:
    return bool(heard.commands) and heard.speaks_of("other_address")


@reason("other_firm")
def _means_another_firm(heard: Heard) -> bool:
    return heard.speaks_of("elsewhere") and not heard.speaks_of("order", "lamp")
