"""Mails for the benchmark of intake: small ones of plain words, and a backlog as a shop's mailboxes hold it."""

import json
import random
import re
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import cycle
from pathlib import Path

CORPORA = Path(__file__).parent.parent.parent / "shared" / "corpora"
WORDS = "lamp shade order parcel green Monday colour linen later garden which delivered morning oak return of the a to"
REMOVE, PRIVACY, SERVICE = (f"{name}@northlight.example" for name in ("remove", "privacy", "service"))
FROM = re.compile(rb"^From:.*?([\w.+-]+@[\w.-]+)", re.MULTILINE | re.IGNORECASE)
MESSAGE_ID = re.compile(rb"^Message-ID:.*\r?\n(?:[ \t].*\r?\n)*", re.MULTILINE | re.IGNORECASE)
# To which mailbox, subject, headers of its own, text; who is known writes every one of them.
KINDS = [
    (REMOVE, "UNSUBSCRIBE", "", ""),
    (REMOVE, "UNSUBSCRIBE", "", ""),
    (REMOVE, "Your newsletter", "", "Please take me off your mailing list. Thank you."),
    (REMOVE, "Werbung", "", "Bitte schicken Sie mir keine Werbung mehr, weder per E-Mail noch per Post oder SMS."),
    (PRIVACY, "My data", "", "Under Article 15 GDPR I ask for a copy of all personal data that you hold about me."),
    (PRIVACY, "Suppression", "", "Bonjour, veuillez effacer toutes mes données personnelles. Merci."),
    (PRIVACY, "A question", "", "How long do you keep my orders, and who gets to see them?"),
    (SERVICE, "Away until Monday", "Auto-Submitted: auto-replied\r\n", "I am out of the office."),
    (SERVICE, "Weekly offers", "List-Id: <offers.example.net>\r\n", "All shades at half price."),
    (SERVICE, "hm", "", "I am not sure whether I still want your mails, perhaps less often?"),
]


@dataclass(frozen=True)
class Mail:
    """One mail of a backlog."""

    raw: bytes
    to: str
    sender: str


def small(number: int, kilobytes: int = 5) -> bytes:
    """Some 5 KB of words in an order of its own, so that no database stores it as a few bytes."""
    luck, words = random.Random(number), WORDS.split()
    lines = "\r\n".join(" ".join(luck.choices(words, k=14)) for _ in range(kilobytes * 13))
    head = f"From: Ann <ann{number}@example.com>\r\nTo: {SERVICE}\r\nSubject: Lamps\r\n"
    return f"{head}Message-ID: <{number}.{luck.getrandbits(64)}@example.com>\r\n\r\n{lines}\r\n".encode()


def backlog(count: int, known: int) -> list[Mail]:
    """Half of it real or realistic mails of the corpora where they lie beside the checkout, half of the kinds named.

    Two of three of the people who write are customers, `ann0@drain.example` to `ann<known - 1>`.
    """
    sources = [cycle(_kinds()), cycle(_corpora() or list(_kinds()))]
    return [_of_its_own(next(sources[n % 2]), n, _address(n, known)) for n in range(count)]


def _address(number: int, known: int) -> str:
    return f"ann{number % known}@drain.example" if number % 3 else f"stranger{number}@drain.example"


def _kinds() -> Iterator[Mail]:
    for to, subject, headers, text in KINDS:
        head = f"From: Ann Lee <ann@example.com>\r\nTo: {to}\r\nSubject: {subject}\r\n{headers}"
        yield Mail(f"{head}Message-ID: <x>\r\n\r\n{text}\r\n".encode(), to, "")


def _corpora() -> list[Mail]:
    """Every customer mail, and as many reports of mail servers, mixed."""
    labelled = CORPORA / "customer_mails" / "mails.jsonl"
    if not labelled.exists():
        return []
    lines = [json.loads(line) for line in labelled.read_text().splitlines()]
    bounces = sorted((CORPORA / "bounces_sisimai" / "eml").glob("*"))[:: 589 // len(lines)]
    mails = [Mail(line["eml"].encode(), line["to"], "") for line in lines]
    machines = [Mail(path.read_bytes(), REMOVE, "<>") for path in bounces[: len(lines) // 2]]
    random.Random(1).shuffle(mixed := [*mails, *machines])
    return mixed


def _of_its_own(mail: Mail, number: int, address: str) -> Mail:
    """The same mail from somebody else under a name of its own."""
    raw = b"Message-ID: <%d.backlog@drain.example>\r\n" % number + MESSAGE_ID.sub(b"", mail.raw, count=1)
    if mail.sender or not (written := FROM.search(raw)):
        return Mail(raw, mail.to, mail.sender)
    return Mail(raw.replace(written[1], address.encode()), mail.to, address)
