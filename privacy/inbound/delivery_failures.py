"""Does an address still exist? What a mail server said of it, weighed: gone for good, or anything else."""

import re
from dataclasses import dataclass

from . import failed_recipients, words
from .failed_recipients import Said
from .reading import Reading

TABLE = words.of("delivery_failures")
STATUS = re.compile(r"(?<![\d.])([245]\.\d{1,3}\.\d{1,3})(?![\d.]*\d)")
REPLY = re.compile(r"(?:^|[\s:<;(])([45]\d\d)(?=[\s:;-])")
# Yahoo quotes the answer to RCPT TO so: the code, then the address as Postfix puts it at the head of that answer.
ANSWERS_RECIPIENT = re.compile(r"\b5\d\d: <[^<>@\s]+@[^<>\s]+>: ")
LINK = re.compile(r"https?://\S+")
BLOCKLISTS = re.compile(words.any_of(TABLE["links"]["blocklists"]), re.IGNORECASE)
UNSPECIFIC = TABLE["unspecific"]["statuses"]
OF_A_RECIPIENT = TABLE["unspecific"]["of_a_recipient"]
WRITE_WHAT_THEY_LIKE = re.compile(words.any_of(TABLE["reporters"]["write_what_they_like"]), re.IGNORECASE)


Verdict = tuple[bool, str]


@dataclass(frozen=True)
class Failure:
    """One address that could not be reached: gone for good or not, and why, as half a sentence."""

    address: str
    is_gone: bool
    because: str


@dataclass(frozen=True)
class Phrases:
    """One group of phrases of the table."""

    because: str
    pattern: re.Pattern[str]
    decides_alone: bool = False
    needs_second_sign: bool = False


def _groups(name: str) -> list[Phrases]:
    return [
        Phrases(pattern=re.compile(words.any_of(group.pop("phrases")), re.IGNORECASE), **group)
        for group in [dict(given) for given in TABLE[name]]
    ]


STAYS, GONE = _groups("stays"), _groups("gone")
STRONG = [group for group in GONE if not group.needs_second_sign]
WEAK = [group for group in GONE if group.needs_second_sign]
STAGES = {name: re.compile(words.any_of(phrases), re.IGNORECASE) for name, phrases in TABLE["stage"].items()}


def find(reading: Reading) -> list[Failure]:
    """Every address that a report is about, with the verdict on it."""
    return [_weigh(said) for said in failed_recipients.find(reading)]


def _weigh(said: Said) -> Failure:
    if said.action and not said.has_failed:
        return Failure(said.address, False, "the report calls it delivered or delayed")
    if WRITE_WHAT_THEY_LIKE.search(said.reporter):
        return Failure(
            said.address, False, "a rule of the recipient's side wrote the reply, after its server had taken the mail"
        )
    everything = _plain(f"{said.diagnostic} {said.words}")
    for group in STAYS:
        if group.decides_alone and group.pattern.search(everything):
            return Failure(said.address, False, group.because)
    stage = next((name for name, pattern in STAGES.items() if pattern.search(everything)), "")
    for text, status in _evidence(said):
        if (text or status) and (verdict := _verdict(_plain(text), status, said, stage)):
            return Failure(said.address, *verdict)
    return Failure(said.address, False, "no reason is given that we know")


def _evidence(said: Said) -> list[tuple[str, str]]:
    """The refusing server's own answer where the report quotes it; else, in turn, the words near the address and all.

    Around a quoted answer reporting servers put lines of their own, such as Sendmail's "550 5.1.1 User unknown" after
    a refusal for any other reason.
    """
    fields = [(said.diagnostic, said.status)]
    return fields if REPLY.search(said.diagnostic) else [*fields, (said.near, ""), (said.words, "")]


def _plain(text: str) -> str:
    """Blanks folded, links taken out; of a link only stays that it points to a list of bad servers."""
    return " ".join(LINK.sub(lambda link: " blocklist " if BLOCKLISTS.search(link[0]) else " ", text).split())


def _verdict(text: str, status: str, said: Said, stage: str) -> Verdict | None:
    """By this text and status: (gone?, why); None when they say nothing. The order of the signs is the rule."""
    for group in STAYS:
        if group.pattern.search(text):
            return False, group.because
    quoted = STATUS.findall(text)
    statuses = [code for code in quoted or STATUS.findall(status) if _says_something(code, stage)]
    if any(code[0] == "4" for code in statuses):
        return _by_status_of_class_4(text, statuses, said)
    if strong := _by_words(text, STRONG, stage):
        return strong
    weak = _by_words(text, WEAK, stage) if _has_second_sign(text, said, stage) else None
    if weak and stage == "recipient" and not quoted:
        return weak
    return _by_status(statuses, text, stage) or weak


def _says_something(code: str, stage: str) -> bool:
    return code not in UNSPECIFIC and not (stage == "recipient" and code in OF_A_RECIPIENT)


def _by_status_of_class_4(text: str, statuses: list[str], said: Said) -> Verdict:
    """Some servers say "unknown" with a temporary status; when the sender has given up after days, it is meant."""
    is_meant = said.has_failed and set(statuses) == {"4.1.1"} and "verif" not in text.lower()
    found = _by_words(text, WEAK, "recipient") if is_meant else None
    return found or (False, "it may work later")


def _by_status(statuses: list[str], text: str, stage: str) -> Verdict | None:
    replies = [TABLE["replies"][reply] for reply in REPLY.findall(text) if reply in TABLE["replies"]]
    if replies:
        return True, replies[0]
    if stage == "sender":
        return False, "our server was refused, not the address"
    gone = [TABLE["statuses"][code] for code in statuses if code in TABLE["statuses"]]
    if statuses and len(gone) == len(statuses):
        return True, gone[0]
    if statuses:
        return False, "its status is not that of an address which is gone"
    return (False, "the text of the mail was refused, not the address") if stage == "content" else None


def _by_words(text: str, groups: list[Phrases], stage: str) -> Verdict | None:
    found = next((group for group in groups if group.pattern.search(text)), None)
    return (True, found.because) if found and stage != "sender" else None


def _has_second_sign(text: str, said: Said, stage: str) -> bool:
    """The answer came to RCPT TO, or the report quotes a reply of class 5 and names the server that gave it.

    A server that calls its own reason undefined (5.0.0) takes the weight out of its words.
    """
    quotes_a_reply = said.has_failed and bool(said.remote) and any(code[0] == "5" for code in REPLY.findall(text))
    is_undefined = "5.0.0" in STATUS.findall(text)
    return not is_undefined and (stage == "recipient" or quotes_a_reply or bool(ANSWERS_RECIPIENT.search(text)))
