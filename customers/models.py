"""The index of tables that Django needs; each lives in the room of its noun."""

from .accounts import Account
from .fraud import FraudMarker
from .messages import ChatLog, Enquiry
from .orders import CreditCheck, Order, OrderLine, PaymentReference
from .participation import ContestEntry, NewsletterSubscription, PrizeDrawEntry, ProductVote
from .people import Address, Customer, EmailAddress
from .sessions import Session
from .visits import BrowsingRecord, SavedBasket

__all__ = [
    "Account", "Address", "BrowsingRecord", "ChatLog", "ContestEntry", "CreditCheck", "Customer", "EmailAddress",
    "Enquiry", "FraudMarker", "NewsletterSubscription", "Order", "OrderLine", "PaymentReference", "PrizeDrawEntry",
    "ProductVote", "SavedBasket", "Session",
]  # fmt: skip
