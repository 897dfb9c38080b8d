"""How does mail reach us over the wire? SMTP and LMTP; "250" is said once the bytes are committed, never before."""

import asyncio
import contextlib
import logging
import re
import signal
import sys
from collections.abc import Callable
from functools import cache
from typing import Any

from aiosmtpd.lmtp import LMTP
from aiosmtpd.smtp import SMTP
from django.conf import settings

from ..fields import normalise_email
from . import addresses
from .identity import Letter
from .mailbox import NO_SENDER, SMALL_BYTES
from .storekeeper import Messenger, Storekeeper

logger = logging.getLogger(__name__)
TRY_AGAIN = "451 4.3.0 Try again later"
TOO_BIG = "552 5.3.4 Message too big"
TOO_BIG_FOR_SO_MANY = "552 5.3.4 Message too big for so many recipients; send it to fewer at a time"
STORED = "250 2.0.0 OK, stored"
TOO_MANY = "452 4.5.3 Too many recipients"
RECIPIENTS_LIMIT = 100
# Of one mail, all its copies together: beyond it a sender is asked to come again for the rest.
COPIES_BYTES = 128 * 1024 * 1024
PLAIN_ADDRESS = re.compile(r" *<([\w+=-]+(?:\.[\w+=-]+)*@[\w-]+(?:\.[\w-]+)*)>(?:[ \t]+|$)", re.ASCII)


class Clerk:
    """aiosmtpd's handler: which recipients we know, and what to say when something goes wrong."""

    def __init__(self, storekeepers: tuple[Storekeeper, Storekeeper], road: str) -> None:
        self.for_small, self.for_big, self.road = *storekeepers, road

    async def handle_EHLO(  # noqa: N802
        self, server: Any, session: Any, envelope: Any, hostname: str, responses: list[str]
    ) -> list[str]:
        """What we can, sent at once and not line by line."""
        session.host_name = hostname
        return ["\r\n".join(responses)]

    async def handle_RCPT(self, server: Any, session: Any, envelope: Any, address: str, options: Any) -> str:  # noqa: N802
        """Only our own mailboxes, so that nobody can use us to pass mail on."""
        who = addresses.recipient(address)
        if not who.is_ours:
            return "550 5.1.1 No such mailbox here"
        many = len(envelope.rcpt_tos) + 1
        if many > RECIPIENTS_LIMIT or (many > 1 and many * _said_size(envelope) > COPIES_BYTES):
            return TOO_MANY
        envelope.rcpt_tos.append(address)
        return "250 2.1.5 OK"

    async def handle_exception(self, error: Exception) -> str:
        """Fixed words, and the sender comes again."""
        logger.error("inbound mail not stored", exc_info=error)
        return TRY_AGAIN

    async def store(self, content: bytes, envelope: Any) -> str:
        """Stores one mail for each of its recipients; one who was named twice gets it once."""
        recipients = {normalise_email(to): to for to in reversed(envelope.rcpt_tos)}.values()
        if len(recipients) > 1 and len(recipients) * len(content) > COPIES_BYTES:
            return TOO_BIG_FOR_SO_MANY
        sender = envelope.mail_from or NO_SENDER
        # A database is busy with 10 MB for long enough to hold up everybody who waits in the same line.
        storekeeper = self.for_big if len(recipients) * len(content) > SMALL_BYTES else self.for_small
        is_stored = await storekeeper.store([Letter(content, to, sender, self.road) for to in recipients])
        return STORED if is_stored else TRY_AGAIN


def _said_size(envelope: Any) -> int:
    """What the sender said the mail would measure (RFC 1870); 0 when nothing was said."""
    said = [option.partition("=")[2] for option in envelope.mail_options if option.startswith("SIZE=")]
    return int(said[0]) if said else 0


@cache
def _commands(is_local: bool) -> list[str]:
    return [name for name in dir(LocalSession if is_local else Session) if name.startswith("smtp_")]


class Session(SMTP):
    """SMTP that takes the message as a whole, whatever the length of its lines, and stores it before it answers."""

    line_length_limit = 64 * 1024
    answers_each_recipient = False

    def __dir__(self) -> list[str]:
        """The commands, which aiosmtpd looks for among all its names at each new connection."""
        return _commands(self.answers_each_recipient)

    def _getaddr(self, arg: str) -> tuple[str | None, str | None]:
        """A plain address is seen at a glance; the rest is taken apart by the rules of RFC 5322."""
        plain = PLAIN_ADDRESS.match(arg or "")
        return (plain[1], arg[plain.end() :]) if plain else super()._getaddr(arg)

    async def smtp_DATA(self, arg: str) -> None:  # noqa: N802
        """DATA, with one reply for the message or, in LMTP, one for each recipient in their order (RFC 2033)."""
        if await self.check_helo_needed():
            return
        if arg or not self.envelope or not self.envelope.rcpt_tos:
            await self.push("501 5.5.4 Syntax: DATA" if arg else "503 5.5.1 RCPT first")
            return
        await self.push("354 End data with <CR><LF>.<CR><LF>")
        replies = len(self.envelope.rcpt_tos) if self.answers_each_recipient else 1
        content = await self._whole_message()
        answer = TOO_BIG if content is None else await self._stored(content)
        self._set_post_data_state()  # type: ignore[no-untyped-call]
        await self.push("\r\n".join([answer] * replies))

    async def _stored(self, content: bytes) -> str:
        try:
            return str(await self.event_handler.store(content, self.envelope))
        except Exception as error:  # noqa: BLE001  (whatever it is, the sender is told to come again)
            return str(await self.event_handler.handle_exception(error))

    async def _whole_message(self) -> bytes | None:
        """The bytes up to the lone dot, unstuffed (RFC 5321, 4.5.2); None when they were too many."""
        # As if an empty line stood before it, a lone dot at its very beginning is found like any other.
        self._reader._buffer[:0] = b"\r\n"  # type: ignore[attr-defined]
        data, limit, is_too_big, is_whole = bytearray(), self.data_size_limit or settings.MAIL_MAX_BYTES, False, False
        while not is_whole:
            try:
                data += await self._reader.readuntil(b"\r\n.\r\n")
                is_whole = True
            except asyncio.LimitOverrunError as error:
                data += await self._reader.read(error.consumed)
            if is_too_big := is_too_big or len(data) > limit:
                data.clear()
        return None if is_too_big else bytes(data[:-3]).replace(b"\r\n.", b"\r\n")[2:]


class LocalSession(Session, LMTP):
    """LMTP (RFC 2033)."""

    answers_each_recipient = True


async def serve(host: str, smtp_port: int, lmtp_port: int, *, when_up: Callable[[], object]) -> None:
    """Listens until SIGTERM or SIGINT; what was taken in hand is stored and answered first."""
    # The storekeeper must get its turn at once after a commit, not after Python's usual 5 ms.
    sys.setswitchinterval(0.0005)
    messenger = Messenger()
    storekeepers = Storekeeper(messenger), Storekeeper(messenger)
    loop, stop = asyncio.get_running_loop(), asyncio.Event()
    options = {
        "data_size_limit": settings.MAIL_MAX_BYTES,
        "enable_SMTPUTF8": True,
        "hostname": settings.MAIL_DOMAIN,
        "ident": "mail",
    }

    def listener(kind: type[SMTP], road: str) -> Callable[[], SMTP]:
        return lambda: kind(Clerk(storekeepers, road), loop=loop, **options)

    async with contextlib.AsyncExitStack() as stack:
        for kind, road, port in ((Session, "smtp", smtp_port), (LocalSession, "lmtp", lmtp_port)):
            server = await loop.create_server(listener(kind, road), host, port, backlog=512)
            stack.callback(server.close)
        for thread in (messenger, *storekeepers):
            thread.start()
        for name in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(name, stop.set)
        when_up()
        await stop.wait()
    for thread in (*storekeepers, messenger):
        await asyncio.to_thread(thread.stop)
    await asyncio.sleep(0.1)
