"""Who fetches what waits in a folder? The poller: stored and committed first, marked as taken after that."""

import logging
import select
import signal
import socket
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from django.db import Error, InterfaceError, OperationalError, close_old_connections
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerError

from ..erasure_ledger import SiteClosed, require_open
from .envelopes import envelope_of
from .identity import Letter
from .imap import Account, Folder, Refused, Waiting, opened
from .mailbox import InboundEmail, accept_all
from .storekeeper import BATCH_BYTES, BATCH_LETTERS, hint

logger = logging.getLogger(__name__)
LEAST_SECONDS = 1
LONGEST_PAUSE = 60
# So often may a mail break the connection, or a single run fail, before it is given up.
PATIENCE = 3
# What passes by itself, and says nothing about the mail in hand.
NOT_NOW = (OperationalError, InterfaceError, SiteClosed)


class NotFetched(Exception):
    """A single run came to nothing; the text says why, in words of ours."""


class Stop:
    """Whether somebody asked us to end: a wait ends at once, what is in hand is finished first."""

    def __init__(self) -> None:
        self.is_asked = False
        self.ear, self.mouth = socket.socketpair()

    def ask(self, *_: Any) -> None:
        """Also as the handler of a signal."""
        if not self.is_asked:
            self.is_asked = True
            self.mouth.send(b".")

    def wait(self, seconds: float, *also: Any) -> None:
        """For so long, unless somebody asks or something comes from what is named besides."""
        select.select([self.ear, *also], [], [], max(seconds, 0))


@dataclass
class Poller:
    """One folder, round by round; remembers which mails gave trouble, so that they hold up no others."""

    account: Account
    move_to: str
    otherwise: str
    stop: Stop = field(default_factory=Stop)
    taken: int = 0
    failures: int = 0
    got_in: bool = False
    batch: int = BATCH_LETTERS
    trouble: Counter[tuple[Any, int]] = field(default_factory=Counter)
    left: set[tuple[Any, int]] = field(default_factory=set)

    def run(self, *, once: bool) -> None:
        """Until it is asked to stop, or one round; comes again after every trouble, each time a little later."""
        while not self.stop.is_asked:
            try:
                with opened(self.account, self.move_to) as folder:
                    self._attend(folder, once=once)
                return
            except Exception as error:  # noqa: BLE001  (mail waits there, whatever server, wire or database do)
                self.failures += 1
                if once and (self.failures > PATIENCE or not self.got_in):
                    raise NotFetched(what(error)) from None
                pause = min(LEAST_SECONDS * 2 ** min(self.failures - 1, 10), LONGEST_PAUSE)
                logger.warning("IMAP: %s; again in %d s", what(error), pause)
                # In small steps, so that whatever broke it cannot keep the rest from getting through.
                self.batch = 1
            self.stop.wait(pause)

    def _attend(self, folder: Folder, *, once: bool) -> None:
        self.got_in = True
        while not self.stop.is_asked:
            began = time.monotonic()
            self.round(folder)
            self.failures = 0
            if once:
                return
            with folder.listening() as word:
                self.stop.wait(settings.IMAP_POLL_SECONDS, *word)
            self.stop.wait(began + LEAST_SECONDS - time.monotonic())

    def round(self, folder: Folder) -> None:
        """All that waits in the folder now, in batches."""
        close_old_connections()
        require_open()
        in_hand: dict[int, list[Letter]] = {}
        size = 0
        for mail in self._waiting(folder):
            if self.stop.is_asked:
                break
            if len(in_hand) >= self.batch or size + mail.size > BATCH_BYTES:
                self._take(folder, in_hand)
                in_hand, size = {}, 0
            if letters := self._letters(folder, mail):
                in_hand[mail.uid] = letters
                size += mail.size * len(letters)
        self._take(folder, in_hand)

    def _waiting(self, folder: Folder) -> Iterator[Waiting]:
        """Those that gave trouble last, and no more after a while; those that are too big not at all."""
        uids = [uid for uid in folder.waiting() if (folder.validity, uid) not in self.left]
        for mail in folder.look(sorted(uids, key=lambda uid: (self.trouble[folder.validity, uid], uid))):
            if mail.size > settings.MAIL_MAX_BYTES:
                self._leave(folder, mail.uid, f"has {mail.size} bytes, more than MAIL_MAX_BYTES")
            elif self.trouble[folder.validity, mail.uid] >= PATIENCE:
                self._leave(folder, mail.uid, "is not handed out by the server")
            else:
                yield mail

    def _letters(self, folder: Folder, mail: Waiting) -> list[Letter]:
        """The mail for each of our addresses that it came to; none when it is gone."""
        self.trouble[folder.validity, mail.uid] += 1  # until it is here, should the connection break over it
        raw = folder.fetch(mail.uid)
        del self.trouble[folder.validity, mail.uid]
        if raw is None:
            return []
        envelope = envelope_of(raw, self.otherwise)
        received_at = min(mail.arrived_at or timezone.now(), timezone.now())
        copies = max(BATCH_BYTES // max(len(raw), 1), 1)
        return [
            Letter(raw, to, envelope.sender, InboundEmail.Road.IMAP, received_at) for to in envelope.recipients[:copies]
        ]

    def _take(self, folder: Folder, in_hand: dict[int, list[Letter]]) -> None:
        """Commits, then marks. A mail that cannot be stored stays, and the others are taken without it."""
        if not in_hand:
            return
        try:
            identities = accept_all(letter for letters in in_hand.values() for letter in letters)
        except NOT_NOW:
            raise
        except Exception as error:  # noqa: BLE001  (whatever one mail brings, it holds up no others)
            if len(in_hand) == 1:
                self._leave(folder, next(iter(in_hand)), f"cannot be stored ({type(error).__name__})")
            for uid, letters in in_hand.items() if len(in_hand) > 1 else ():
                self._take(folder, {uid: letters})
            return
        folder.settle(in_hand)
        self.taken += len(in_hand)
        self.failures, self.batch = 0, min(2 * self.batch, BATCH_LETTERS)
        _tell(identities)

    def _leave(self, folder: Folder, uid: int, why: str) -> None:
        """Said once, and flagged for whoever looks into the folder."""
        self.left.add((folder.validity, uid))
        folder.flag(uid)
        logger.error("IMAP: mail %d %s; it stays in the folder, flagged", uid, why)


def _tell(identities: list[str]) -> None:
    """The workers; whatever they are not told, the sweeper finds."""
    try:
        hint(identities)
    except (Error, BrokerError, OSError) as error:
        logger.warning("workers not told of %d mails: %s", len(identities), type(error).__name__)


def what(error: Exception) -> str:
    """A trouble in a few words of ours: what servers say may name people, and errors may quote passwords."""
    if isinstance(error, SiteClosed):
        return str(error)
    return f"the server refused {error}" if isinstance(error, Refused) else type(error).__name__


def poll(*, once: bool, when_up: Callable[[], object]) -> Poller:
    """Fetches what comes into the folder of IMAP_URL until SIGTERM or SIGINT, or what lies there once."""
    poller = Poller(Account(**settings.IMAP), settings.IMAP_MOVE_TO, settings.IMAP_RECIPIENT)
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, poller.stop.ask)
    when_up()
    poller.run(once=once)
    return poller
