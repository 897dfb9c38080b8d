"""How does a page lead to another company without naming its address before the click? By a link that only we make."""

from urllib.parse import urlsplit

from django.core import signing

SALT = "privacy.outside"


class NotOurs(Exception):
    """The link was not made by us."""


def sealed(url: str) -> str:
    """The address, so that only we can have written it; ValueError for anything but https."""
    if urlsplit(url).scheme != "https":
        raise ValueError("only an https address is led to")
    return signing.dumps(url, salt=SALT)


def opened(token: str) -> str:
    """The address again; NotOurs where somebody else wrote it."""
    try:
        return str(signing.loads(token, salt=SALT))
    except signing.BadSignature as error:
        raise NotOurs from error
