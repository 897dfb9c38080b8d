"""Which addresses are ours, and what is each mailbox for?"""

from dataclasses import dataclass

from django.conf import settings

from ..fields import normalise_email

# What people write to each mailbox about; a hint for staff, never a decision.
MAILBOXES: dict[str, str] = {
    "remove": "unsubscribe",
    "unsubscribe": "unsubscribe",
    "privacy": "enquiry",
    "datenschutz": "enquiry",
    "dataprotection": "enquiry",
    "dpo": "enquiry",
    "complaints": "complaint",
    "service": "enquiry",
    "info": "enquiry",
    "security": "enquiry",
    "bounces": "",
    "abuse": "complaint",
    "postmaster": "",
}
# Our senders that nobody should answer; mail that comes from them is our own.
OUR_SENDERS = ("news", "newsletter", "noreply", "no-reply", "donotreply")
NEVER_ANSWERED = (
    "mailer-daemon", "postmaster", "noreply", "no-reply", "no_reply", "donotreply", "do-not-reply", "bounce", "bounces",
    "listserv", "majordomo", "abuse", "root", "daemon",
)  # fmt: skip


@dataclass(frozen=True)
class Recipient:
    """An address that a mail came to, taken apart: `mailbox+tag@domain`."""

    mailbox: str
    tag: str
    domain: str

    @property
    def is_ours(self) -> bool:
        """Whether we take mail for it."""
        return self.domain == settings.MAIL_DOMAIN.lower() and self.mailbox in MAILBOXES


def recipient(address: str) -> Recipient:
    """Takes an address apart; anything that is none has an empty domain."""
    local, _, domain = normalise_email(address.strip("<> ")).rpartition("@")
    mailbox, _, tag = local.partition("+")
    return Recipient(mailbox, tag, domain)


def is_our_own(address: str) -> bool:
    """Whether a mail from this address was sent by us: answering it would be talking to ourselves."""
    who = recipient(address)
    return who.domain == settings.MAIL_DOMAIN.lower() and (who.mailbox in MAILBOXES or who.mailbox in OUR_SENDERS)


def may_be_answered(address: str) -> bool:
    """Whether a machine may write back to this address."""
    who = recipient(address)
    automatic = who.mailbox.startswith(NEVER_ANSWERED) or who.mailbox.endswith(("-request", "-bounces", "-owner"))
    return bool(who.domain and who.mailbox) and address.isprintable() and not automatic and not is_our_own(address)
