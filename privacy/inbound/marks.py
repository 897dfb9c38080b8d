"""What can be seen on a mail at a glance? Questions about sender, subject and text that tell machines from people."""

import re
from dataclasses import dataclass
from functools import cached_property

from django.conf import settings

from . import absence_notes, addresses, own_words, words
from .reading import Reading

WORDS = {
    name: re.compile(words.any_of(phrases), re.IGNORECASE) for name, phrases in words.of("words_of_machines").items()
}
HEAD_OF_TEXT = 600
TEXT_LIMIT = 6_000
FORWARDED_WITH_WORDS = 8


@dataclass
class Mail:
    """A mail that was read, with the sender of its envelope."""

    reading: Reading
    sender: str

    @cached_property
    def own(self) -> str:
        """The sender's own words."""
        return own_words.own_words(self.reading.text)

    @property
    def head(self) -> str:
        """The beginning of the own words."""
        return self.own[:HEAD_OF_TEXT]

    @property
    def kinds(self) -> set[str]:
        """The kinds of its machine-readable parts."""
        return {kind for kind, _ in self.reading.reports}

    def subject_says(self, name: str) -> bool:
        """Whether the subject has one of these phrases."""
        return bool(WORDS[name].search(self.reading.subject))

    def is_from(self, names: str) -> bool:
        """Whether the whole name before the @ of From or envelope is one of these."""
        read = self.reading
        found = (*read.addresses("from"), self.sender.strip("<> ").lower(), read.header("from").strip(' "<>').lower())
        return any(WORDS[names].fullmatch(re.split(r"[@\s<(]", name, maxsplit=1)[0]) for name in found)

    @property
    def has_no_way_back(self) -> bool:
        """Whether its return address is empty, as in reports of mail servers."""
        return (self.sender or self.reading.header("return-path")).replace(" ", "") == "<>"

    @property
    def looks_undelivered(self) -> bool:
        """Whether subject or text speak of a failed delivery."""
        text = (self.reading.text or self.reading.unparsed)[:HEAD_OF_TEXT]
        return self.subject_says("bounced") or bool(WORDS["server_speaks"].search(text))

    @property
    def is_reply(self) -> bool:
        """Whether a person's mail program marks it as an answer."""
        return self._has_prefix and "in-reply-to" in self.reading.headers

    @property
    def is_passed_on(self) -> bool:
        """Whether a person forwards something and writes about it; a machine forwards without a word."""
        return self._has_prefix and len(self.own.split()) > FORWARDED_WITH_WORDS and not self.is_from("machines")

    @property
    def answers_us(self) -> bool:
        """Whether it answers a mail of ours: a person's mail tool may add marks of its own for newsletters."""
        thread = f"{self.reading.header('in-reply-to')} {self.reading.header('references')}".lower()
        return bool(re.search(rf"[@.]{re.escape(settings.MAIL_DOMAIN.lower())}>", thread))

    @property
    def speaks_for_another(self) -> bool:
        """Whether answers would go to somebody else: a form passes on what a person wrote."""
        others = set(self.reading.addresses("reply-to")) - set(self.reading.addresses("from"))
        return any(addresses.may_be_answered(address) for address in others)

    @property
    def is_about_us(self) -> bool:
        """Whether the own words are about an order, data or mail from us."""
        return absence_notes.is_about_us(self.own[:TEXT_LIMIT])

    @property
    def _has_prefix(self) -> bool:
        subject = " ".join(self.reading.subject.split())
        return own_words.bare_subject(subject) != subject
