"""What do we hold about one person, as files she can take away? Built by a worker, fetched only by herself."""

from .access import CannotOpen, Opened, open_for, why_over
from .contents import collect
from .job import Export, addressees_of, discard_files, discard_folders, forget, of_case, release, remake, start
from .plain import export_to
from .redactions import Redaction, of_person
from .reviewing import Text, fingerprint, text_at, texts
from .steps import MANIFEST

__all__ = [
    "MANIFEST", "CannotOpen", "Export", "Opened", "Redaction", "Text", "addressees_of", "collect", "discard_files",
    "discard_folders", "export_to", "fingerprint", "forget", "of_case", "of_person", "open_for", "release", "remake",
    "start", "text_at", "texts", "why_over",
]  # fmt: skip
