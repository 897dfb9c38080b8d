"""Who else gets data, which fields, under what agreement; what did each really receive; and which cookies are there?"""

from .cookies import Cookie
from .disclosures import Disclosure, log_disclosure, log_disclosures, told_of
from .orders import AuthorityOrder
from .register import (
    ADEQUATE,
    EEA,
    FOR_MONEY,
    IN_THE_BROWSER,
    KNOWN_BY,
    NEVER_NEEDED,
    VETOES,
    Recipient,
    RecipientQuerySet,
    controllers,
    may_sign,
    signing_key,
)

__all__ = [
    "ADEQUATE", "EEA", "FOR_MONEY", "IN_THE_BROWSER", "KNOWN_BY", "NEVER_NEEDED", "VETOES", "AuthorityOrder", "Cookie",
    "Disclosure", "Recipient", "RecipientQuerySet", "controllers", "log_disclosure", "log_disclosures", "may_sign",
    "signing_key",
    "told_of",
]  # fmt: skip
