"""How do words make a wish? One grammar for every language: a "no" of some form, and what it is said to."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field

from .clauses import Clause, Sentence
from .lexicon import OWN_NO, Lexicon

CHANNELS = {"mails": "unsubscribe", "sms": "stop_sms", "calls": "stop_phone", "post": "stop_post"}
COMMANDS = ("stop_all_marketing", "stop_third_party", *CHANNELS.values())
REVERSIBLE = ("leave", "stop", "remove", "object")
NEAR = 5
AFTER = 3
FEW_WORDS = 6
EVERY_CHANNEL = 3


@dataclass
class Context:
    """What was spoken of before, for a wish that says only "stop this"; nearest first."""

    spoken_of: list[str] = field(default_factory=list)

    def hears(self, sentence: Sentence) -> None:
        """Remembers what a sentence is about."""
        self.spoken_of = self.extended(sentence.clauses).spoken_of

    def extended(self, clauses: Iterable[Clause]) -> "Context":
        """The context after some more clauses."""
        heard = [about for clause in clauses if (about := topic(clause))]
        return Context([*reversed(heard), *self.spoken_of])

    @property
    def latest(self) -> str | None:
        """The command for "this", "it", "them"; None where nothing was spoken of."""
        return next(iter(self.spoken_of), None)


def topic(clause: Clause) -> str | None:
    """What a clause speaks of, as the command that would end it."""
    if clause.has("only_third") or clause.has_all("share", "partner"):
        return "stop_third_party"
    if clause.has("fine", "order_news"):
        return None
    named = _channels(clause)
    if len(named) == 1:
        return CHANNELS[named[0]]
    if clause.has("personal", "account") and not clause.has("leave", "ads"):
        return "erasure"
    if clause.has("order") and not clause.has("leave", "ads", "list"):
        return "other"
    return "unsubscribe" if clause.has("leave", "ads", "list") else None


def _channels(clause: Clause) -> list[str]:
    return [channel for channel in CHANNELS if clause.has(channel)]


def refusals(sentence: Sentence, not_may_follow: bool) -> list[tuple[Clause, str, bool]]:
    """Every clause that says "no": the clause with what it enumerates, the form of the "no", whether it is undone."""
    pieces, found = list(sentence.clauses), []
    while pieces:
        clause = pieces.pop(0)
        if not (form := refusal(clause)):
            continue
        while pieces and _is_enumeration(pieces[0]):
            clause = _joined(clause, pieces.pop(0))
        found.append((clause, form, form in REVERSIBLE and is_negated(clause, form, not_may_follow)))
    return found


def _is_enumeration(clause: Clause) -> bool:
    """Such as "text messages" in "no emails, text messages or calls"."""
    return (
        clause.length <= FEW_WORDS and clause.has(*CHANNELS, "any_way") and not (refusal(clause) or clause.has("fine"))
    )


def _joined(one: Clause, other: Clause) -> Clause:
    spans = {name: [*one.spans.get(name, ()), *other.spans.get(name, ())] for name in one.spans | other.spans}
    return Clause(one.start, other.end, spans)


def refusal(clause: Clause) -> str | None:
    """The form in which a clause says "no"; None when it says none."""
    return next((form for form, holds in FORMS if holds(clause)), None)


def _is_no_more(clause: Clause) -> bool:
    """Not "I no longer get your letter" or "that address is no longer right", which are facts."""
    if not clause.has("no_more"):
        return False
    if clause.has("want", "send", "stop"):
        return True
    is_fact = clause.has("get", "field", "correct", "wrong", "not_yet", "hold")
    return not is_fact and any(
        clause.is_near("no_more", what, NEAR) for what in (*CHANNELS, "ads", "that", "only_third")
    )


def _says_no_to_something(clause: Clause) -> bool:
    if clause.has("want", "send", "share"):
        return not clause.has("not_yet")
    nobody_calls = clause.has("me") and any(clause.is_near("not", what, 1) for what in ("calls", "sms"))
    if nobody_calls and not clause.has("not_yet"):
        return True
    is_bare = (clause.length <= FEW_WORDS or clause.has("please")) and not clause.has("get", "not_yet")
    return is_bare and any(clause.is_near("not", what, 2) for what in (*CHANNELS, "ads", "only_third"))


# The forms of a "no", the plainest first.
FORMS: tuple[tuple[str, Callable[[Clause], bool]], ...] = (
    ("leave", lambda clause: clause.has("leave")),
    ("object", lambda clause: clause.has("object") and clause.has("ads", "partner", "share", "any_way")),
    ("stop", lambda clause: clause.has("stop")),
    ("no_more", _is_no_more),
    ("not", lambda clause: clause.has("not") and _says_no_to_something(clause)),
    ("remove", lambda clause: clause.has("remove") and clause.has("me", "list", "mails")),
    ("bare", lambda clause: clause.has("bare_no")),
)


def is_negated(clause: Clause, form: str, may_follow: bool) -> bool:
    """Whether the "no" is itself denied: "please do not unsubscribe me"."""
    part_of_no_more = {at for start, end in clause.spans.get("no_more", ()) for at in range(start, end)}
    for start, end in clause.spans.get(form, ()):
        has_its_own = (start, end) in clause.spans.get(OWN_NO, ())
        for said, _ in clause.spans.get("not", ()):
            if said in part_of_no_more or (has_its_own and start < said < end):
                continue
            inside = may_follow and start < said < end
            if inside or 0 < start - said <= NEAR or (may_follow and 0 <= said - end < AFTER):
                return True
    return False


def commands(sentence: Sentence, context: Context, lexicon: Lexicon) -> list[tuple[str, bool]]:
    """Every command in a sentence, and whether it is denied."""
    if _only_asks_about(sentence):
        return []
    told = refusals(sentence, lexicon.not_may_follow)
    if told and len(_channels(sentence)) >= EVERY_CHANNEL and not sentence.has("fine", "keep"):
        return [("stop_all_marketing", any(denied for _, _, denied in told))]
    found: list[tuple[str, bool]] = []
    for clause, form, is_denied in told:
        if form == "leave" and (_is_erasure(clause, context) or _leaves_something_else(clause)):
            continue
        within = context.extended(c for c in sentence.clauses if c.start < clause.start)
        found += [(command, is_denied) for command in _refused(clause, form, within)]
    return found


def says_no(sentence: Sentence, lexicon: Lexicon) -> bool:
    """Whether a sentence says "no" to anything, in whatever form."""
    told = () if _only_asks_about(sentence) else refusals(sentence, lexicon.not_may_follow)
    return any(not is_denied for _, _, is_denied in told)


def _only_asks_about(sentence: Sentence) -> bool:
    """ "How do I unsubscribe?", "Do you delete accounts?": a question about what happens, not a wish."""
    return sentence.has("how_to") and (sentence.is_question or sentence.has("asks_enquiry"))


def _leaves_something_else(clause: Clause) -> bool:
    """ "Take me out of the segmentation", "take the lamp off my order"."""
    return clause.has("order", "elsewhere", "profiling") and not clause.has(
        "mails", "list", "sms", "calls", "post", "ads"
    )


def _refused(clause: Clause, form: str, context: Context) -> list[str]:
    """What a "no" switches off; several when it names several, none when it is about something else."""
    if clause.has("only_third") or _is_about_passing_on(clause, form):
        return ["stop_third_party"]
    named = [] if form == "bare" else _channels(clause)
    says_all = clause.has("any_way") or form == "object" or clause.has_all("use", "personal")
    if len(named) >= EVERY_CHANNEL or (clause.has("ads") and len(named) != 1 and says_all):
        return ["stop_all_marketing"]
    if len(named) > 1 and named[0] == "mails" and clause.has("list", "leave") and not clause.has("and"):
        named = named[1:]  # "off the texting list", "end my catalogue subscription"
    if named:
        return [CHANNELS[channel] for channel in named]
    if clause.has("ads", "list") or form == "leave":
        return ["unsubscribe"]
    return _by_context(clause, form, context)


def _is_about_passing_on(clause: Clause, form: str) -> bool:
    if clause.has("share"):
        return clause.has("partner", "personal")
    return clause.has("partner") and clause.has("ads", "mails", "get", "send", "personal") and form != "leave"


def _by_context(clause: Clause, form: str, context: Context) -> list[str]:
    """ "Stop this": what was spoken of last, unless the clause speaks of something else."""
    if clause.has("personal", "account", "order", "everything", "use", "field"):
        return []
    if form in ("no_more", "not") and not clause.has("that", "any_way", "send"):
        return []
    return [context.latest] if context.latest in COMMANDS else []


def kinds(sentence: Sentence, context: Context, lexicon: Lexicon) -> Iterator[tuple[str, bool]]:
    """Every right that a sentence speaks of, and whether it is denied."""
    if _only_asks_about(sentence) and not sentence.has("asks_access"):
        return
    erasure = [clause for clause in sentence.clauses if _is_erasure(clause, context)]
    if erasure:
        said = ("remove", "asks_erasure")
        yield "erasure", any(is_negated(c, form, lexicon.not_may_follow) for c in erasure for form in said)
        rest = [c for c in sentence.clauses if c not in erasure]
        if any(c.has("asks_access") or c.has_all("copy", "personal") for c in rest):
            yield "access", False
    elif _is_access(sentence):
        yield "access", False
    for kind, holds in (
        ("rectification", _is_rectification),
        ("restriction", _is_restriction),
        ("portability", lambda s: s.has("asks_portability")),
        ("objection", _is_objection),
        ("complaint", lambda s: s.has("asks_complaint") or s.has_all("leak", "personal")),
    ):
        if holds(sentence):
            yield kind, False


def _is_erasure(clause: Clause, context: Context) -> bool:
    if clause.has("asks_erasure"):
        return not clause.has("list", "mails")
    if not clause.has("remove") or clause.has("list", "mails", "order"):
        return False
    what = clause.has("personal", "account", "hold") or clause.has_all("everything", "me")
    return what or (clause.has("that", "everything") and context.latest == "erasure")


def _is_access(sentence: Sentence) -> bool:
    if sentence.has("asks_access") or sentence.has_all("copy", "personal"):
        return True
    asked = sentence.has_all("what", "hold", "me") and sentence.has("give", "data", "personal")
    return asked and not (sentence.has("share") or _is_restriction(sentence))


def _is_rectification(sentence: Sentence) -> bool:
    return sentence.has("asks_rectification") or any(
        clause.has_all("correct", "field") or clause.has_all("wrong", "field") for clause in sentence.clauses
    )


def _is_objection(sentence: Sentence) -> bool:
    """To profiling and the like; to advertising, which needs no reasons, is a command."""
    objects = sentence.has("asks_objection") or sentence.has_all("object", "profiling")
    return objects and not sentence.has("ads", "mails", "sms", "calls", "post")


def _is_restriction(sentence: Sentence) -> bool:
    return any(
        (
            clause.has("asks_restriction")
            or clause.has_all("freeze", "personal")
            or clause.has_all("not", "use", "personal")
        )
        and not clause.has("ads", "partner", "share")
        for clause in sentence.clauses
    )


def asks(found: Iterable[Sentence]) -> bool:
    """Whether somebody wants to know something, or something about an order, without a question mark."""
    return any(s.has("asks_enquiry") or s.has_all("order", "please") for s in found)
