"""How does a page become a PDF that everybody can read and keep, without fetching anything from anywhere?"""

from .binding import bind
from .coverage import printable
from .policy import policy_pdf
from .rendering import Data, html_of, pdf_of, warm_up
from .safety import RefusingFetcher

__all__ = ["Data", "RefusingFetcher", "bind", "html_of", "pdf_of", "policy_pdf", "printable", "warm_up"]
