"""What do the settings say? Read from the environment; a wrong one is named in one line, without its secret."""

import re
from datetime import date
from typing import Any
from urllib.parse import unquote, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import environ
from django.core.exceptions import ImproperlyConfigured

NOTHING = environ.Env.NOTSET
ANYMAIL = "ANYMAIL_"
SHORTEST_SECRET = 16
CARRIERS = {
    "django.core.mail.backends.filebased.EmailBackend": "config.mail.EmlFileBackend",
    "django.core.mail.backends.smtp.EmailBackend": "config.mail.SmtpBackend",
}
WHAT_IT_MUST_BE = {int: "a whole number", float: "a number"}
IMAP_FORM = "it must look like imaps://user:password@host:993/INBOX, with %40 for @, %2F for / and so on"
IMAP_PORTS = {"imaps": 993, "imap": 143}
LOOPBACK = {"localhost", "127.0.0.1", "::1"}


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

    def between(self, var: str, default: int, least: int, most: int) -> int:
        """A whole number in these limits."""
        number = int(self.int(var, default=default))
        if not least <= number <= most:
            raise ImproperlyConfigured(f"{var} must be {least} to {most}, not {number}.")
        return number

    def seconds(self, var: str, default: int, most: int) -> int:
        """A time in whole seconds, at least one."""
        number = int(self.int(var, default=default))
        if not 1 <= number <= most:
            raise ImproperlyConfigured(f"{var} must be 1 to {most} seconds, not {number}.")
        return number

    def imap_url(self, var: str) -> dict[str, Any]:
        """A folder on an IMAP server and how to sign in there; empty when nothing is said."""
        said = str(self.str(var, default=""))
        try:
            return _imap_account(said) if said else {}
        except ValueError as error:
            # What it says holds a password and is not repeated, nor the error that may quote it.
            reason = error.args[0] if isinstance(error, WrongURL) else "it cannot be read"
            raise ImproperlyConfigured(f"{var}: {reason}; {IMAP_FORM}.") from None

    def other_folder(self, var: str, account: dict[str, Any]) -> str:
        """The name of a folder on that server which is not the one of the account; empty when nothing is said."""
        name = str(self.str(var, default=""))
        if account and (not name.isprintable() or name.upper() == account["folder"].upper()):
            raise ImproperlyConfigured(f"{var} must be a folder other than that of IMAP_URL.")
        return name

    def address_at(self, var: str, default: str, domain: str) -> str:
        """An email address at our own domain."""
        address = str(self.str(var, default=f"{default}@{domain}"))
        if not address.lower().endswith(f"@{domain.lower()}"):
            raise ImproperlyConfigured(f"{var} must be an address at MAIL_DOMAIN, {domain}.")
        return address

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

    def days(self, var: str) -> dict[date, str]:
        """Days with commas between, each with a name or without: 2027-06-03 Jubilee, 2027-06-04."""
        found = {}
        for item in filter(None, (part.strip() for part in self.list(var, default=[]))):
            day, _blank, name = item.partition(" ")
            try:
                found[date.fromisoformat(day)] = name.strip()
            except ValueError as error:
                raise ImproperlyConfigured(f"{var} must be days such as 2027-06-03, not {day!r}.") from error
        return found

    def caps(self, var: str, longest: int = 366) -> dict[str, tuple[int, int]]:
        """By channel, how many advertisements within how many days: `email=4/30`; empty without a cap.

        Only of mails do we see how many left.
        """
        found = {}
        for said in self.list(var, default=[]):
            match = re.fullmatch(r"\s*(email)=(\d{1,3})/(\d{1,3})\s*", said)
            if not match or not 1 <= int(match[3]) <= longest:
                raise ImproperlyConfigured(f"{var} must look like email=4/30: so many mails within so many days.")
            found[match[1]] = (int(match[2]), int(match[3]))
        return found

    def origins(self, var: str) -> list[str]:
        """Where pages come from, such as https://www.shop.example; without TLS only on this machine."""
        found = [str(origin).strip() for origin in self.list(var, default=[])]
        for origin in found:
            url = urlsplit(origin)
            safe = url.scheme == "https" or (url.scheme == "http" and url.hostname in LOOPBACK)
            if not safe or not url.hostname or origin != f"{url.scheme}://{url.netloc}" or "@" in url.netloc:
                raise ImproperlyConfigured(f"{var} must be origins such as https://www.shop.example, not {origin!r}.")
        return found

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


class WrongURL(ValueError):
    """Its text says what is wrong, without the secret."""


def _imap_account(said: str) -> dict[str, Any]:
    """Plain only on this machine; elsewhere TLS from the start (imaps) or by STARTTLS (imap), never without."""
    url = urlsplit(said)
    host, port = url.hostname, url.port
    user, password, folder = (unquote(part or "") for part in (url.username, url.password, url.path[1:]))
    if url.scheme not in IMAP_PORTS:
        raise WrongURL("it begins with neither imaps:// nor imap://")
    if url.query or url.fragment or not (host and user and password):
        raise WrongURL("host, user or password is missing, or one of them is not encoded")
    if not (user + password + folder).isprintable():
        raise WrongURL("it holds characters that cannot be printed")
    plain = "none" if host in LOOPBACK else "starttls"
    return {
        "host": host,
        "port": port or IMAP_PORTS[url.scheme],
        "user": user,
        "password": password,
        "folder": folder or "INBOX",
        "security": "tls" if url.scheme == "imaps" else plain,
    }
