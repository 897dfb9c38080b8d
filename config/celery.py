"""The Celery application: messages carry ids of rows, never data. What a shop may set is in settings."""

import os

from celery import Celery
from kombu import Queue

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")

# Without a broker a click must not wait: the row is stored, the sweeper hands it over later.
PUBLISH_RETRIES = {"max_retries": 1, "interval_start": 0, "interval_step": 0.1, "interval_max": 0.1}
# What goes over the whole shop. Of a job its own row says how long it may take.
LONG_TASKS = ("purge", "purge_agreed", "erase_children", "check_promises", "count_figures", "reckon_all")

app = Celery("config")
app.config_from_object("django.conf:settings", namespace="CELERY")
app.conf.update(
    accept_content=["json"],
    broker_connection_retry_on_startup=True,
    broker_transport_options=PUBLISH_RETRIES
    | {"visibility_timeout": 900, "socket_timeout": 5, "socket_connect_timeout": 2, "polling_interval": 1},
    task_acks_late=True,
    task_ignore_result=True,
    task_publish_retry_policy=PUBLISH_RETRIES,
    # A worker to which nobody says otherwise takes from both.
    task_queues=[Queue("celery"), Queue("long")],  # type: ignore[no-untyped-call]
    task_routes={f"privacy.tasks.{name}": {"queue": "long"} for name in LONG_TASKS},
    task_reject_on_worker_lost=True,
    task_serializer="json",
    worker_hijack_root_logger=False,
    worker_max_memory_per_child=400_000,
    worker_prefetch_multiplier=1,
)
app.autodiscover_tasks()
