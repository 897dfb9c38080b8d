"""May we contact this person, may we share these fields? Yes or no, and the sentences why, for any date."""

from .contact import Contact, answers, may_contact
from .facts import Answer
from .sharing import Share, may_share, share_answers

__all__ = ["Answer", "Contact", "Share", "answers", "may_contact", "may_share", "share_answers"]
