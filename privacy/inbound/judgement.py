"""What is to be done with this mail, and why? Reads, finds the wish and the sender, decides; changes nothing."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from . import addresses, authentication, automatic, commands, own_words, reading, senders, wishes
from .authentication import Trust, Verdict
from .reading import Reading
from .senders import Match

ACT, OPEN_CASE, REVIEW, IGNORE = "act", "open_case", "review", "ignore"
WORDS_LIMIT = 6_000
# The address that wrote is the one that counts (CLG-04), and who writes the very command means us.
SETTLED_BY_SUBJECT = {"other_address", "other_firm", "unclear"}
# A wish for all advertising covers the single ones.
COVERED = {"unsubscribe", "stop_sms", "stop_phone", "stop_post", "stop_third_party"}


@dataclass
class Judgement:
    """The decision about one mail; `needs_person` means that a colleague looks even though something is done."""

    outcome: str = REVIEW
    command: str | None = None
    case_kinds: list[str] = field(default_factory=list)
    match: Match = field(default_factory=Match)
    reasons: list[str] = field(default_factory=list)
    words: str = ""
    quoted: str = ""
    subject: str = ""
    is_exact: bool = False
    needs_person: bool = False
    automatic: str = ""
    verdict: Verdict = authentication.UNKNOWN
    reading: Reading | None = None

    @property
    def customer(self) -> Any:
        """The one person it is about; None for strangers and for shared addresses."""
        return self.match.person if len(self.match.people) == 1 else None

    def because(self, *reasons: str, outcome: str | None = None) -> "Judgement":
        """Adds reasons, and decides with them."""
        self.reasons += [reason for reason in reasons if reason not in self.reasons]
        self.outcome = outcome or self.outcome
        return self

    def explained(self) -> dict[str, Any]:
        """The answer in the form of the contract."""
        customer = self.customer
        return {
            "outcome": self.outcome,
            "command": self.command,
            "case_kinds": self.case_kinds,
            "matched_by": self.match.by,
            "customer": customer.number if customer else None,
            "reasons": self.reasons,
        }


def judge(raw: bytes, to: str, sender: str, now: datetime) -> Judgement:
    """Decides about one mail; every road and `explain_mail` come through here."""
    found = Judgement()
    try:
        read = reading.read(raw)
    except reading.Unreadable as error:
        return found.because(str(error), "Its bytes are kept; a person looks.")
    found.reading, found.subject = read, read.subject
    if machine := automatic.recognise(read, sender):
        found.automatic = machine.kind
        return found.because(machine.reason, outcome=IGNORE)
    found.words, found.quoted = own_words.apart(read.text)
    found.words = found.words[:WORDS_LIMIT]
    found.match = senders.find(read, to, sender, now)
    if found.match.people and found.match.by != "token":
        found.verdict = authentication.verdict(raw, read)
    if len(found.words) >= WORDS_LIMIT:
        return found.because("It is too long for a machine to be sure.")
    return _by_wish(found, read, to)


def _by_wish(found: Judgement, read: Reading, to: str) -> Judgement:
    exact = commands.by_subject(own_words.bare_subject(read.subject))
    is_answer = "in-reply-to" in read.headers or read.subject != own_words.bare_subject(read.subject)
    subject = "" if is_answer or (exact and exact.name != "unsubscribe") else read.subject
    is_bare = bool(exact) and not found.words.strip()
    seen = wishes.Wishes() if is_bare else wishes.find(found.words, subject=subject, about=_about(found, read, to))
    if exact:
        return _by_command(found, exact, seen)
    if _is_link_in_our_mail(found, seen):
        seen.add(seen.commands, "unsubscribe", "It came to the unsubscribe address of one of our own mails.")
    if not found.words.strip() and not seen.commands:
        return found.because("There are no words of the sender's own in it.")
    return _by_words(found, seen, to)


def _about(found: Judgement, read: Reading, to: str) -> str | None:
    """What "stop this" means where the words do not say it: a newsletter that is answered, or what a mailbox is for."""
    is_for_leaving = addresses.MAILBOXES.get(addresses.recipient(to).mailbox) == "unsubscribe"
    answers_a_newsletter = bool(found.quoted.strip()) and wishes.is_a_newsletter(found.quoted)
    return "unsubscribe" if is_for_leaving or answers_a_newsletter else None


def _is_link_in_our_mail(found: Judgement, seen: wishes.Wishes) -> bool:
    """A mail program's own unsubscribe button writes to the signed address and says little or nothing."""
    return found.match.by == "token" and not found.words.strip() and not (seen.doubts or seen.kinds)


def _by_command(found: Judgement, exact: commands.Command, seen: wishes.Wishes) -> Judgement:
    """The subject is a command word for word; the body can only hold it back or add a request."""
    found.is_exact = True
    found.because(f"The subject is the command {exact.name}.")
    if seen.heard_commands - {exact.name} or seen.heard_doubts - SETTLED_BY_SUBJECT:
        return found.because(*seen.reasons, "The text does not fit the subject; a person looks.")
    found.command = exact.name
    found.case_kinds = [kind for kind in seen.kinds if kind != "enquiry"]
    if exact.needs_number:
        return _checked_by_number(found)
    return _act(_by_number_or_stranger(found))


def _by_words(found: Judgement, seen: wishes.Wishes, to: str) -> Judgement:
    """A wish in free words: done when it is clear, one, and the sender's own; otherwise a person looks."""
    found.because(*seen.reasons)
    named = _one_command(seen.commands)
    if seen.doubts:
        return found.because("A person looks.")
    if len(named) > 1:
        return found.because("It asks for several things at once; a person looks.")
    if named and _names_another_address(found):
        return found.because("It names another address than the sender's; a person looks.")
    kinds = [kind for kind in seen.kinds if not (kind == "objection" and "stop_all_marketing" in named)]
    found.command, found.case_kinds = (named[0] if named else None), kinds
    if named:
        return _act(_by_number_or_stranger(found))
    if kinds:
        return _open(found)
    hint = addresses.MAILBOXES.get(addresses.recipient(to).mailbox, "")
    return found.because(f"No clear wish was found; the mailbox is for: {hint or 'anything'}.")


def _one_command(found: list[str]) -> list[str]:
    return (
        ["stop_all_marketing"]
        if "stop_all_marketing" in found and set(found) - {"stop_all_marketing"} <= COVERED
        else found
    )


def _names_another_address(found: Judgement) -> bool:
    read = found.reading or Reading()
    mine = {address for name in ("from", "reply-to", "return-path") for address in read.addresses(name)}
    for person in found.match.people:
        mine.update(person.email_addresses())
    named = {address.rstrip(".") for address in map(reading.normalise_email, reading.ADDRESS.findall(found.words))}
    return found.match.by != "token" and bool({a for a in named if not addresses.recipient(a).is_ours} - mine)


def _checked_by_number(found: Judgement) -> Judgement:
    """Name and number in the message must hold (LRD-02): the number exists, and the address or the name fits."""
    numbered = senders.by_number(found.words)
    if numbered is None:
        return _without_number(found)
    by_address = any(person.pk == numbered.pk for person in found.match.people)
    if not (by_address or senders.is_named(numbered, found.words)):
        found.command = None
        return found.because(
            "The customer number exists, but neither the sender's address nor the name fits it.", outcome=REVIEW
        )
    found.match = Match([numbered], "customer_number", found.match.address)
    how = "the sender's address" if by_address else "the name"
    return _act(found.because(f"The customer number exists and {how} fits it."))


def _without_number(found: Judgement) -> Judgement:
    numbers = senders.numbers_in(found.words)
    if numbers and not any(map(senders.could_be_ours, numbers)):
        return _act(found.because("The number in it is none of ours; the sender's address alone counts."))
    what = "The customer number in it is unknown." if numbers else "There is no customer number in it."
    found.command = None
    return found.because(what, "A person looks.", outcome=REVIEW)


def _by_number_or_stranger(found: Judgement) -> Judgement:
    """From an address that we do not know, name and customer number tell who it is (LRD-03)."""
    if not found.match.people and (numbered := senders.by_number(found.words)):
        if senders.is_named(numbered, found.words):
            found.match = Match([numbered], "customer_number", found.match.address)
            return found.because("The customer number exists and the name fits it.")
        found.needs_person = True
        return found.because("The customer number in it exists, but the name does not fit it.")
    if found.match.by:
        trust = [found.verdict.reason] if found.verdict.reason else []
        return found.because(f"The sender was recognised by: {found.match.by}.", *trust)
    return found.because("We know nobody under the sender's address.")


def _act(found: Judgement) -> Judgement:
    """Does it; for a stranger what an address alone allows, and the rest is for a colleague."""
    stops = commands.REGISTER[str(found.command)].stops
    if not found.match.people and (not stops or senders.numbers_in(found.words)):
        found.needs_person = True
    if found.verdict.trust == Trust.FAILED:
        found.case_kinds, found.needs_person = [], True
        found.because("It can only switch off, and she is told; nothing else is done under a forged address.")
    if found.case_kinds and found.customer is None:
        found.needs_person = True
    return found.because(outcome=ACT)


def _open(found: Judgement) -> Judgement:
    if found.verdict.trust == Trust.FAILED:
        found.case_kinds = []
        return found.because("A request under a forged address is no request of hers; a person looks.", outcome=REVIEW)
    if (
        not found.match.people
        and (numbered := senders.by_number(found.words))
        and senders.is_named(numbered, found.words)
    ):
        found.match = Match([numbered], "customer_number", found.match.address)
    found.needs_person = found.customer is None
    why = (
        "We do not know for certain whose request it is; a person looks."
        if found.needs_person
        else "It is a request of a customer."
    )
    return found.because(why, outcome=OPEN_CASE)
