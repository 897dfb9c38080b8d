"""How a log line looks in production: one JSON object, no personal values."""

import json
import logging
import re
from typing import Any

TOKEN = re.compile(r"(?<![A-Za-z0-9])[A-Za-z2-7]{32}(?![A-Za-z0-9])")


class WithoutTokens(logging.Filter):
    """No log line keeps the token of a link that still works (whoever reads logs could follow it)."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Always passes, masked."""
        said = record.getMessage()
        if TOKEN.search(said):
            record.msg, record.args = TOKEN.sub("[link]", said), ()
        return True


class JSONFormatter(logging.Formatter):
    """One JSON object a line with time, level, logger and message."""

    def format(self, record: logging.LogRecord) -> str:
        """The line; an exception adds its type and place, never its values."""
        line = {
            "time": self.formatTime(record, "%Y-%m-%dT%H:%M:%S%z"),
            "level": record.levelname,
            "logger": record.name,
            "message": record.getMessage(),
        }
        if record.exc_info and record.exc_info[0]:
            traceback = record.exc_info[2]
            while traceback and traceback.tb_next:
                traceback = traceback.tb_next
            line["exception"] = record.exc_info[0].__name__
            if traceback:
                line["at"] = f"{traceback.tb_frame.f_code.co_filename}:{traceback.tb_lineno}"
        return json.dumps(line, ensure_ascii=False)


# The sweeper runs every few seconds; that it ran is no news, that it failed is.
QUIET = "celery.beat celery.worker.strategy celery.app.trace mail.log fontTools".split()
# The renderer quotes the page it sets, which is personal; said here too, because a worker sets up its logs twice.
QUOTING, NEVER = ("weasyprint", "weasyprint.progress"), logging.CRITICAL + 1


def to_stderr(form: str, *, level: str) -> dict[str, Any]:
    """What `LOGGING` says: everything to standard error, plain or as JSON."""
    return {
        "version": 1,
        "disable_existing_loggers": False,
        "formatters": {
            "plain": {"format": "%(asctime)s %(levelname)s %(name)s: %(message)s"},
            "json": {"()": "config.logs.JSONFormatter"},
        },
        "filters": {"no tokens": {"()": "config.logs.WithoutTokens"}},
        "handlers": {"stderr": {"class": "logging.StreamHandler", "formatter": form, "filters": ["no tokens"]}},
        "root": {"handlers": ["stderr"], "level": level},
        # Neither is it news that gunicorn drops the body of an answer to HEAD.
        "loggers": {name: {"level": "WARNING"} for name in QUIET}
        | {name: {"level": NEVER} for name in QUOTING}
        | {"gunicorn.http.wsgi": {"level": "ERROR"}},
    }
