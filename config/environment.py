"""What do the settings say? Read from the environment; a wrong one is named in one line, without its secret."""

from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import environ
from django.core.exceptions import ImproperlyConfigured

NOTHING = environ.Env.NOTSET
CARRIERS = {
    "django.core.mail.backends.filebased.EmailBackend": "config.mail.EmlFileBackend",
    "django.core.mail.backends.smtp.EmailBackend": "config.mail.SmtpBackend",
}
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

    def carrier(self, var: str, default: str) -> dict[str, Any]:
        """How mail leaves; files and SMTP by our own transports, everything else as django-environ knows it."""
        found: dict[str, Any] = self.email_url(var, default=default)
        return found | {"EMAIL_BACKEND": CARRIERS.get(found["EMAIL_BACKEND"], found["EMAIL_BACKEND"])}

    def zone(self, var: str, default: str) -> str:
        """A time zone by its name, such as Europe/London."""
        name = str(self.str(var, default=default))
        try:
            ZoneInfo(name)
        except (ZoneInfoNotFoundError, ValueError) as error:
            raise ImproperlyConfigured(f"{var} must be a time zone such as Europe/London, not {name!r}.") from error
        return name
