"""The environment of a test run, set before Django reads its settings: `-p tests.environment` in pyproject.toml.

The shell's own settings do not reach the tests. Without TEST_DATABASE_URL it is the embedded default: SQLite and a
broker on a Unix socket; with it, that PostgreSQL and a Redis on a port, for the cache too. Each xdist worker has its
own.
"""

import atexit
import os
import shutil
import sys
import tempfile
from pathlib import Path

import pytest

from tests.servers import free_port

OURS = (
    "ALLOWED_HOSTS AUTHSERV_ID BEHIND_TLS_PROXY CASE_PREFIX CELERY_BROKER_URL CHECK_DKIM DATABASE_URL "
    "DATA_KEY_FILE DEBUG DEFAULT_FROM_EMAIL EMAIL_FILE_PATH EMAIL_URL ERASURE_LEDGER_FILE IMAP_MOVE_TO "
    "IMAP_POLL_SECONDS IMAP_RECIPIENT IMAP_URL LANGUAGE_CODE LMTP_PORT LOG_LEVEL MAIL_DOMAIN MAIL_LISTEN_HOST "
    "MAIL_MAX_BYTES PORT REDIS_URL SECRET_KEY SECURE_SSL_REDIRECT SITE_URL SMTP_PORT STAFF_NEEDS_SECOND_FACTOR "
    "TRUSTED_PROXY_COUNT WEBHOOK_MAX_AGE_SECONDS WEB_LISTEN_HOST WEB_WORKERS"
).split()
VAR = Path(tempfile.mkdtemp(prefix="privacy-", dir="/tmp"))
ON_POSTGRESQL = bool(os.environ.get("TEST_DATABASE_URL"))

# A shell that forbids it has each of the hundreds of processes of a run compile the whole project anew.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
for name in [name for name in os.environ if name in OURS or name.startswith(("SHOP_", "ANYMAIL_"))]:
    del os.environ[name]
os.environ.update(VAR_DIR=str(VAR), ENV_FILE=os.devnull, DJANGO_ALLOW_ASYNC_UNSAFE="1")
if ON_POSTGRESQL:
    os.environ["DATABASE_URL"] = os.environ["TEST_DATABASE_URL"]
    os.environ["REDIS_URL"] = f"redis://127.0.0.1:{free_port()}/0"


@atexit.register
def remove_folder() -> None:
    """Also where Django does not even start."""
    shutil.rmtree(VAR, ignore_errors=True)


def pytest_report_header() -> str:
    """Which engine the run is on."""
    return f"engine: {'PostgreSQL and Redis' if ON_POSTGRESQL else 'the embedded default, SQLite and a broker socket'}"


@pytest.hookimpl(trylast=True)
def pytest_unconfigure() -> None:
    """Leave nothing behind."""
    remove_folder()
