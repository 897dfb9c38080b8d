"""Is the process there, and can it work? For machines; says nothing about anybody."""

from collections.abc import Callable

from celery import current_app
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.db import connection
from django.http import HttpRequest, JsonResponse
from django.views.decorators.http import require_safe

from .. import erasure_ledger

PROBE = "ready/probe"


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


@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """Database, broker and storage answer; 503 and the name of what does not."""
    parts = {name: _answers(probe) for name, probe in PARTS.items()}
    fine = all(parts.values())
    answer = {
        "status": "ok" if fine else "not ready",
        **{name: "ok" if up else "no answer" for name, up in parts.items()},
    }
    return JsonResponse(answer, status=200 if fine else 503)


def _answers(probe: Callable[[], None]) -> bool:
    try:
        probe()
    except Exception:  # noqa: BLE001 - whatever is wrong with it, it is not ready
        return False
    return True
