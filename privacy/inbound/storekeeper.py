"""Who writes arriving mail into the store? One thread that commits many at once, and one that tells the workers."""

import asyncio
import contextlib
import logging
import queue
import threading
import time
from collections.abc import Callable

from celery import current_app
from django.db import Error, connection
from kombu.exceptions import OperationalError

from .. import jobs
from .identity import Letter
from .mailbox import InboundEmail, accept_all

logger = logging.getLogger(__name__)
BATCH_LETTERS = 64
BATCH_BYTES = 32 * 1024 * 1024
HINT_EACH = 4
PAUSE = 0.1
SWEEP = "privacy.tasks.sweep"
Waiting = tuple[list[Letter], Callable[[bool], object]]


def _settle(done: asyncio.Future[bool], is_stored: bool) -> None:
    """Unless the sender hung up meanwhile."""
    if not done.done():
        done.set_result(is_stored)


class Storekeeper(threading.Thread):
    """Writes what waits in one commit: one connection, one thread, many mails a commit when many come."""

    def __init__(self, messenger: "Messenger") -> None:
        super().__init__(name="storekeeper", daemon=True)
        self.waiting: queue.SimpleQueue[Waiting | None] = queue.SimpleQueue()
        self.messenger = messenger

    async def store(self, letters: list[Letter]) -> bool:
        """Whether they are committed."""
        loop = asyncio.get_running_loop()
        done: asyncio.Future[bool] = loop.create_future()

        def tell(is_stored: bool) -> None:
            loop.call_soon_threadsafe(_settle, done, is_stored)

        self.waiting.put((letters, tell))
        return await done

    def run(self) -> None:
        """Until it is told to stop, and all that waits is written."""
        while first := self.waiting.get():
            batch = self._with_more(first)
            for some in [batch] if self._write(batch) else [[one] for one in batch]:
                is_stored = some is batch or self._write(some)
                for _letters, tell in some:
                    with contextlib.suppress(RuntimeError):
                        tell(is_stored)
        connection.close()

    def stop(self) -> None:
        """Finishes what waits."""
        self.waiting.put(None)
        self.join(timeout=10)

    def _with_more(self, first: Waiting) -> list[Waiting]:
        batch, size = [first], sum(len(letter.raw) for letter in first[0])
        while len(batch) < BATCH_LETTERS and size < BATCH_BYTES:
            try:
                more = self.waiting.get_nowait()
            except queue.Empty:
                break
            if more is None:
                self.waiting.put(None)
                break
            batch.append(more)
            size += sum(len(letter.raw) for letter in more[0])
        return batch

    def _write(self, batch: list[Waiting]) -> bool:
        try:
            self.messenger.tell(accept_all(letter for letters, _ in batch for letter in letters))
        except Exception as error:  # noqa: BLE001  (the thread lives on, whatever one mail brings)
            logger.warning("%d mails not stored: %s", len(batch), type(error).__name__)
            with contextlib.suppress(Error):
                connection.close()
            return False
        return True


class Messenger(threading.Thread):
    """Tells the workers about new mail, beside the writing; whatever it cannot tell, the sweeper finds."""

    def __init__(self) -> None:
        super().__init__(name="messenger", daemon=True)
        self.waiting: queue.SimpleQueue[list[str] | None] = queue.SimpleQueue()
        self.tell = self.waiting.put

    def run(self) -> None:
        """Until it is told to stop."""
        while (identities := self.waiting.get()) is not None:
            with contextlib.suppress(queue.Empty):
                while more := self.waiting.get_nowait():
                    identities = identities + more
            try:
                hint(identities)
            except (Error, OperationalError, OSError) as error:
                logger.warning("workers not told of %d mails: %s", len(identities), type(error).__name__)
                connection.close()
            # The first mail is told at once; of a crowd, many with one word.
            time.sleep(PAUSE)
        connection.close()

    def stop(self) -> None:
        """Nothing more will come."""
        self.waiting.put(None)
        self.join(timeout=5)


def hint(identities: list[str]) -> None:
    """A few are handed over to the workers at once; many by one word to the sweeper."""
    if len(identities) > HINT_EACH:
        current_app.send_task(SWEEP, retry=False)
        return
    new = InboundEmail.objects.filter(identity__in=identities, hinted_at=None)
    jobs.hint(InboundEmail, list(new.values_list("pk", flat=True)))
