"""Which cookies does a browser allow? Asked once for each version of the question, kept by browser, tied to a person
only when she signs in on it."""

from .answer import COOKIE, LIFETIME, Answer, Browser, browser_of, parse, remember, unrecorded_no
from .choosing import OutOfDate, choose, object_once, sign_in
from .ledger import CookieChoice, Road, Visitor
from .outside import NotOurs, opened, sealed
from .question import WHAT_IT_IS, CookieQuestion, Group, Question, covering, current, forget

__all__ = [
    "COOKIE", "LIFETIME", "WHAT_IT_IS", "Answer", "Browser", "CookieChoice", "CookieQuestion", "Group", "NotOurs",
    "OutOfDate", "Question", "Road", "Visitor", "browser_of", "choose", "covering", "current", "forget",
    "object_once", "opened", "parse", "remember", "sealed", "sign_in",
    "unrecorded_no",
]  # fmt: skip
