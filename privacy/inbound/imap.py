"""How does mail lie in a folder at a mail server? IMAP: what waits there, its bytes, and the mark that it was taken."""

import imaplib
import re
import ssl
from collections.abc import Iterable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from imap_tools import MailBox, MailBoxStartTls, MailBoxUnencrypted
from imap_tools.errors import ImapToolsError, MailboxFolderSelectError, MailboxLoginError
from imap_tools.utils import encode_folder

TIMEOUT = 20
# What a server and the wire to it can do to us.
TROUBLE = (OSError, imaplib.IMAP4.error, ImapToolsError)
LOOK_AT_ONCE = 200
UID = re.compile(rb"\bUID (\d+)")
SIZE = re.compile(rb"\bRFC822\.SIZE (\d+)")
ARRIVED = re.compile(rb'\bINTERNALDATE "([^"]+)"')
SHORT = re.compile(rb'BODY\[\] (?:NIL|"((?:[^"\\]|\\.)*)")', re.DOTALL)


class Refused(ImapToolsError):
    """The server said no; the text, of ours, says to what."""


@dataclass(frozen=True)
class Account:
    """Which folder, where, and how to sign in; its password is not shown."""

    host: str
    port: int
    user: str = field(repr=False)
    password: str = field(repr=False)
    folder: str
    security: str


@dataclass(frozen=True)
class Waiting:
    """A mail in the folder: its number there, its size, and when it reached the server."""

    uid: int
    size: int
    arrived_at: datetime | None


def _connection(account: Account) -> MailBox | MailBoxStartTls | MailBoxUnencrypted:
    """With a certificate that is checked: without a context of ours Python 3.11 takes any."""
    if account.security == "none":
        return MailBoxUnencrypted(account.host, account.port, timeout=TIMEOUT)
    kind = MailBox if account.security == "tls" else MailBoxStartTls
    return kind(account.host, account.port, timeout=TIMEOUT, ssl_context=ssl.create_default_context())


@contextmanager
def opened(account: Account, move_to: str) -> Iterator["Folder"]:
    """The folder for the length of a `with`."""
    box = _connection(account)
    try:
        _enter(box, account)
        yield Folder(box, move_to)
        with suppress(*TROUBLE):
            box.client.logout()
    finally:
        with suppress(OSError):
            box.client.shutdown()


def _enter(box: Any, account: Account) -> None:
    """Signs in and opens the folder; what the server says to it may hold names and is not passed on."""
    sign_in = box.login if (account.user + account.password).isascii() else box.login_utf8
    try:
        sign_in(account.user, account.password, None)
        box.folder.set(account.folder)
    except imaplib.IMAP4.readonly:
        raise Refused("to let us mark mail in the folder of IMAP_URL") from None
    except imaplib.IMAP4.abort:
        raise
    except MailboxFolderSelectError:
        raise Refused("the folder of IMAP_URL") from None
    except (imaplib.IMAP4.error, MailboxLoginError):
        raise Refused("user or password") from None


class Folder:
    """An open folder. What was taken is marked as read, or moved where a folder for it is named."""

    def __init__(self, box: Any, move_to: str) -> None:
        self.box, self.client, self.move_to = box, box.client, move_to
        # Servers say more to whoever has signed in; imaplib remembers what they said before.
        able = b" ".join(self.client.capability()[1]).upper().split()
        self.has_idle = b"IDLE" in able
        self.validity = self.client.response("UIDVALIDITY")[1][0]
        if move_to and b"MOVE" not in able:
            raise Refused("MOVE, without which IMAP_MOVE_TO has to stay empty")
        if move_to and not box.folder.exists(move_to):
            raise Refused("a folder named like IMAP_MOVE_TO, which is not there")

    def waiting(self) -> list[int]:
        """The UIDs of what was not taken yet: all that is not read, or all that is there where it is moved."""
        found = self._ask("SEARCH", "ALL" if self.move_to else "UNSEEN")
        return [int(uid) for line in found if line for uid in line.split()]

    def look(self, uids: list[int]) -> Iterator[Waiting]:
        """Size and arrival of mails, in their order; those that are gone are left out."""
        for start in range(0, len(uids), LOOK_AT_ONCE):
            some = uids[start : start + LOOK_AT_ONCE]
            lines = self._ask("FETCH", _set(some), "(UID RFC822.SIZE INTERNALDATE)")
            seen = {mail.uid: mail for line in lines if isinstance(line, bytes) and (mail := _waiting(line))}
            yield from (seen[uid] for uid in some if uid in seen)

    def fetch(self, uid: int) -> bytes | None:
        """The bytes of a mail, which stays unread; None when it is gone."""
        for item in self._ask("FETCH", str(uid), "(UID BODY.PEEK[])"):
            if isinstance(item, tuple) and b"BODY[]" in item[0]:
                return bytes(item[1])
            if isinstance(item, bytes) and (match := SHORT.search(item)):
                return re.sub(rb"\\(.)", rb"\1", match[1] or b"")
        return None

    def settle(self, uids: Iterable[int]) -> None:
        """Says that these are taken."""
        # Not by imap_tools' flag() and move(): they expunge what somebody else has marked as deleted.
        if self.move_to:
            self._ask("MOVE", _set(uids), encode_folder(self.move_to))
        else:
            self._ask("STORE", _set(uids), "+FLAGS.SILENT", r"(\Seen)")

    def flag(self, uid: int) -> None:
        """Marks a mail for a person's eye; a server that cannot is no trouble."""
        with suppress(Refused):
            self._ask("STORE", str(uid), "+FLAGS.SILENT", r"(\Flagged)")

    @contextmanager
    def listening(self) -> Iterator[list[Any]]:
        """What to wait for besides time: the server's word that something came, where it gives one (IDLE)."""
        if not self.has_idle:
            yield []
            return
        self.box.idle.start()
        yield [self.client.sock]
        self.box.idle.stop()

    def _ask(self, command: str, *words: Any) -> list[Any]:
        said, data = self.client.uid(command, *words)
        if said != "OK":
            raise Refused(command)
        return list(data)


def _set(uids: Iterable[int]) -> str:
    return ",".join(map(str, uids))


def _waiting(line: bytes) -> Waiting | None:
    uid, size, arrived = UID.search(line), SIZE.search(line), ARRIVED.search(line)
    if not (uid and size):
        return None
    at = None
    with suppress(ValueError):
        at = datetime.strptime(arrived[1].decode("ascii"), "%d-%b-%Y %H:%M:%S %z") if arrived else None
    return Waiting(int(uid[1]), int(size[1]), at)
