"""What must an advertising mail carry in its headers? The way out, twice, and whose offers it brings."""

import re
from dataclasses import dataclass
from email.message import Message
from typing import Self

from django.conf import settings

from ..vocabulary import Sender

MARK = "X-Marketing"
ONE_CLICK = "List-Unsubscribe=One-Click"
# By any of these a message says that it goes to many: it is advertising, or it calls itself so.
SIGNS = (MARK, "List-Unsubscribe", "List-Unsubscribe-Post", "List-Id", "Feedback-ID")
TOKEN = re.compile(r"[a-z2-7]{32}")


def link(token: str) -> str:
    """The address that stops the mail with one click; from `SITE_URL` alone."""
    return f"{settings.SITE_URL}/unsubscribe/{token}/"


def way_out(token: str) -> dict[str, str]:
    """The two headers of RFC 8058, with the address for mail beside the link (RFC 2369; Singapore asks for one)."""
    by_mail = f"mailto:remove+{token}@{settings.MAIL_DOMAIN}?subject=UNSUBSCRIBE"
    return {"List-Unsubscribe": f"<{link(token)}>, <{by_mail}>", "List-Unsubscribe-Post": ONE_CLICK}


def token_of(mime: Message) -> str:
    """The token in the unsubscribe link; empty where there is none of ours."""
    start = link("\0").partition("\0")[0]
    tail = str(mime.get("List-Unsubscribe", "")).partition(f"<{start}")[2]
    found = TOKEN.match(tail)
    return found[0] if found else ""


def is_marketing(mime: Message) -> bool:
    """Whether a message is advertising by its own words."""
    precedence = str(mime.get("Precedence", "")).strip().lower()
    return precedence in ("bulk", "list") or any(name in mime for name in SIGNS)


@dataclass(frozen=True)
class Mark:
    """Who advertises, whose offers, whether they suit children, and whether they are like what people bought.

    As the mail itself says it.
    """

    sender: Sender
    content: Sender
    is_for_children: bool = False
    is_similar: bool = True

    def __str__(self) -> str:
        more = "; children" * self.is_for_children + "; other goods" * (not self.is_similar)
        return f"{self.sender}; content={self.content}{more}"

    @classmethod
    def of(cls, mime: Message) -> Self | None:
        """Read off a message; None where it does not say."""
        words = [word.strip() for word in str(mime.get(MARK, "")).lower().split(";")]
        try:
            sender, content, more = Sender(words[0]), Sender(words[1].removeprefix("content=")), words[2:]
            return cls(sender, content, "children" in more, "other goods" not in more)
        except (ValueError, IndexError):
            return None
