"""Many callers at the same instant, each with its own connection."""

import threading
from collections.abc import Callable
from typing import Any

from django.db import connection


def at_once(count: int, call: Callable[[], Any]) -> list[Any]:
    """What `call` gives to each of `count` threads that start together."""
    barrier, answers = threading.Barrier(count), []

    def race() -> None:
        barrier.wait()
        try:
            answers.append(call())
        finally:
            connection.close()

    threads = [threading.Thread(target=race) for _ in range(count)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return answers
