"""May we contact, may we share, may we use? Yes or no, and the sentences why, for any date."""

from .contact import answers, may_contact
from .facts import Answer
from .handing_over import ListFor, MayNotShare, hand_over
from .leave import Leave, leaves
from .question import Contact
from .sharing import Share, may_share, share_answers
from .using import Use, may_use, use_answers

__all__ = [
    "Answer", "Contact", "Leave", "ListFor", "MayNotShare", "Share", "Use", "answers", "hand_over", "leaves",
    "may_contact", "may_share", "may_use", "share_answers", "use_answers",
]  # fmt: skip
