"""What does a mailing tool outside need for each row that it may use? The headers and the link, ready to be set."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from .. import tokens
from . import headers


class Links:
    """Three columns beside a scrubbed list: both headers of RFC 8058, and the link for the text of the mail."""

    columns = ("list_unsubscribe", "list_unsubscribe_post", "unsubscribe_link")

    def __init__(self, sender: str, now: datetime) -> None:
        self.sender, self.now = sender, now

    def cells(self, people: Sequence[Any | None]) -> list[tuple[str, ...]]:
        """The cells for each row's person, blank where there is none; one statement for all of them."""
        wanted = {person.pk: person for person in people if person is not None}
        issued = tokens.standing("unsubscribe", wanted.values(), now=self.now, sender=self.sender)
        links = dict(zip(wanted, issued, strict=True))
        return [self._of(links[person.pk]) if person is not None else ("",) * len(self.columns) for person in people]

    def _of(self, token: str) -> tuple[str, ...]:
        return (*headers.way_out(token).values(), headers.link(token))
