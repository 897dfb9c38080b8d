"""Everything about one case in one file: for our own file, or for both parties to a dispute (SFB-09)."""

from .contents import Bundle, Speaker, collect
from .files import pdf_of, zip_of

__all__ = ["Bundle", "Speaker", "collect", "pdf_of", "zip_of"]
