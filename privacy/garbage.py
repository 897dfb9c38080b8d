"""When does Python look for garbage? Not while many small objects are made that all stay until the work is done."""

import gc
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def without_collector() -> Iterator[None]:
    """Of a page that is set it saves half the time, of a mailing list a tenth."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
