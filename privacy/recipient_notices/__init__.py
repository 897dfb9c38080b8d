"""Who has been told what we changed, and what did they answer? One notice a recipient and change (GDPR Art. 19)."""

from .answers import BY_COLLEAGUE, BY_RECIPIENT, NotPossible, answer, by_link
from .delivery import NoticeDelivery, record, send_again, told_by_hand
from .notice import CLOSED, CONFIRMED, Change, RecipientNotice, State
from .progress import Progress, of_case, progress
from .writing import adopt, let_go, tell

__all__ = [
    "BY_COLLEAGUE", "BY_RECIPIENT", "CLOSED", "CONFIRMED", "Change", "NotPossible", "NoticeDelivery", "Progress",
    "RecipientNotice", "State", "adopt", "answer", "by_link", "let_go", "of_case", "progress", "record", "send_again",
    "tell", "told_by_hand",
]  # fmt: skip
