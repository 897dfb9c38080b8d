"""Can anybody be found in the logs of the site? A line is written as the settings in force write it, and read."""

import json
import logging
import logging.config
import os
import sys
from datetime import datetime
from typing import Any

from django.conf import settings
from django.test import RequestFactory
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ..control import control
from ..finding import Finding, broken, kept, not_shown

# What a line may hold (CNX-17); nobody is among it.
FIELDS = {"time", "level", "logger", "message", "exception", "at"}
ADDRESS, NAME = "203.0.113.77", "nobody-of-the-logs"


def _a_failed_request() -> logging.LogRecord:
    """What Django logs when a page fails: with the request, its visitor, and an error that quotes her."""
    request = RequestFactory().get("/cookies/", REMOTE_ADDR=ADDRESS, HTTP_USER_AGENT=NAME)
    try:
        raise ValueError(NAME)
    except ValueError:
        said: tuple[Any, ...] = ("Internal Server Error", request.path)
        record = logging.LogRecord("django.request", logging.ERROR, __file__, 1, "%s: %s", said, sys.exc_info())
    record.__dict__.update(request=request, user=NAME, status_code=500)
    return record


def _lines() -> list[str]:
    """The line, by every formatter that is in use."""
    said, made = settings.LOGGING, logging.config.DictConfigurator({"version": 1})
    used = {handler.get("formatter", "") for handler in said["handlers"].values()}
    return [made.configure_formatter(dict(said["formatters"][name])).format(_a_failed_request()) for name in used]


def _is_clean(line: str) -> bool:
    try:
        fields = set(json.loads(line))
    except ValueError:
        return False
    return fields <= FIELDS and ADDRESS not in line and NAME not in line


@control("logs-nobody", gettext_lazy("In a line of the log nobody can be found"))
def nobody_is_in_the_logs(now: datetime) -> Finding:
    """CNX-17: only the fields that we name, no address and no customer; and no second log of visits beside it."""
    lines = _lines()
    second = "access-log" in os.environ.get("GUNICORN_CMD_ARGS", "")
    if lines and all(map(_is_clean, lines)) and not second:
        return kept(_("A line of the log holds no address and nobody's name."), fields=len(FIELDS))
    if settings.DEBUG:
        return not_shown(_("This is a machine for development, whose log is for its programmer."))
    return broken(_("A line of the log may hold whom it is about, or visits are logged beside it."), second=int(second))
