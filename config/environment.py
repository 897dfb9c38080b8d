"""What do the settings say? Read from the environment; a wrong one is named in one line, without its secret."""

from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import environ
from django.core.exceptions import ImproperlyConfigured

NOTHING = environ.Env.NOTSET
ANYMAIL = "ANYMAIL_"
SHORTEST_SECRET = 16
WHAT_IT_MUST_BE = {int: "a whole number", float: "a number"}


class Environment(environ.Env):
    """django-environ, whose complaints name the setting."""

    def get_value(self, var: str, cast: Any = None, default: Any = NOTHING, parse_default: bool = False) -> Any:
        """The value; ImproperlyConfigured when it is none of its kind."""
        try:
            return super().get_value(var, cast, default, parse_default)
        except ValueError as error:
            what = WHAT_IT_MUST_BE.get(cast, "of the right form; see README.md")
            raise ImproperlyConfigured(f"{var} must be {what}.") from error

    def port(self, var: str, default: int) -> int:
        """A TCP port, 1 to 65535."""
        number = int(self.int(var, default=default))
        if not 0 < number < 65536:
            raise ImproperlyConfigured(f"{var} must be a port, 1 to 65535, not {number}.")
        return number

    def zone(self, var: str, default: str) -> str:
        """A time zone by its name, such as Europe/London."""
        name = str(self.str(var, default=default))
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ImproperlyConfigured(f"{var} must be a time zone such as Europe/London, not {name!r}.") from error
        return name

    def mailing_services(self) -> dict[str, str]:
        """Every setting of Anymail's, without its beginning; a secret that could be guessed is refused."""
        names = [name for name in self.ENVIRON if name.startswith(ANYMAIL) and self.ENVIRON[name]]
        found = {name: str(self.str(name)) for name in names}
        for name, value in found.items():
            if name.endswith(("_SECRET", "_KEY")) and len(value) < SHORTEST_SECRET:
                raise ImproperlyConfigured(f"{name} is too short: {SHORTEST_SECRET} characters or more.")
            if name.endswith("_WEBHOOK_SECRET") and ":" not in value:
                raise ImproperlyConfigured(f"{name} must be user:password.")
        return {name.removeprefix(ANYMAIL): value for name, value in found.items()}
