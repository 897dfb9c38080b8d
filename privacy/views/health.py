"""Is the process there, can it work, and did the night go well? For machines; says nothing about anybody."""

import time
from collections.abc import Callable

from celery import current_app
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from .. import canary, erasure_ledger

PROBE = "ready/probe"
# Whoever asks more often gets the answer of before: it costs the database nothing.
DEEP_SECONDS = 5.0


def _database() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")


def _broker() -> None:
    with current_app.connection_for_read(connect_timeout=2) as broker:
        broker.ensure_connection(max_retries=1, timeout=2)


def _storage() -> None:
    name = default_storage.save(PROBE, ContentFile(b"ready"))
    default_storage.delete(name)


def _erasures() -> None:
    if not (standing := erasure_ledger.look()).is_open:
        raise erasure_ledger.SiteClosed(str(standing))


PARTS: dict[str, Callable[[], None]] = {
    "database": _database, "broker": _broker, "storage": _storage, "erasures": _erasures,
}  # fmt: skip


@require_safe
def health(request: HttpRequest) -> JsonResponse:
    """The process answers; asks nobody else."""
    return JsonResponse({"status": "ok"})


class Nights:
    """What was done in the night, asked at most once in a few seconds."""

    def __init__(self) -> None:
        self.asked_at, self.parts = -DEEP_SECONDS, dict[str, str]()

    def said(self) -> dict[str, str]:
        """Each part with "ok", "not yet" or what is wrong."""
        if time.monotonic() - self.asked_at >= DEEP_SECONDS:
            try:
                self.parts = canary.nights(timezone.now())
            except Exception:  # noqa: BLE001 - whatever is wrong with it, nobody knows how the night went
                self.parts = {"nights": "no answer"}
            self.asked_at = time.monotonic()
        return self.parts


NIGHTS = Nights()


@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """Database, broker and storage answer, with `deep` also the night's work; 503 and the name of what does not."""
    parts = {name: "ok" if _answers(probe) else "no answer" for name, probe in PARTS.items()}
    if "deep" in request.GET:
        parts |= NIGHTS.said()
    fine = set(parts.values()) <= {"ok", canary.NOT_YET}
    return JsonResponse({"status": "ok" if fine else "not ready", **parts}, status=200 if fine else 503)


def _answers(probe: Callable[[], None]) -> bool:
    try:
        probe()
    except Exception:  # noqa: BLE001 - whatever is wrong with it, it is not ready
        return False
    return True
