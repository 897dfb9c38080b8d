from .binding import bind as bind
from .coverage import printable as printable
from .policy import policy_pdf as policy_pdf
from .reading import directed as directed
from .rendering import Data as Data
from .rendering import html_of as html_of
from .rendering import pdf_of as pdf_of
from .rendering import warm_up as warm_up
from .safety import RefusingFetcher as RefusingFetcher

def load() -> None: ...
