"""What is asked when somebody wants to advertise? Whom, by which road, for whom, with whose offers, when."""

from collections.abc import Collection
from datetime import datetime
from typing import Any, NamedTuple

from ..suppression import address_hash, postal_of
from ..vocabulary import Channel, Sender


class Contact(NamedTuple):
    """One question. Without `addresses` those that we know of the person count; all of them must be free."""

    data_subject: Any
    channel: str
    at: datetime
    sender: str = Sender.OWN
    content: str = Sender.OWN
    addresses: Collection[str] | None = None
    is_for_children: bool = False
    is_similar: bool = True

    def hashes(self) -> list[str]:
        """By what the list of suppressed addresses is asked."""
        addresses = self.addresses if self.addresses is not None else _known(self.data_subject, self.channel)
        return [address_hash(address, self.channel) for address in addresses if address]


def _known(data_subject: Any, channel: str) -> list[str]:
    """What we would write to or call."""
    if channel == Channel.EMAIL:
        return list(data_subject.email_addresses())
    if channel == Channel.POST:
        return postal_of([data_subject])[data_subject.pk]
    return [data_subject.phone]
