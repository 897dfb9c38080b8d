"""What do we hold about one person, as files she can take away? Built by a worker, fetched only by herself."""

from .access import CannotOpen, Opened, open_for
from .contents import collect
from .job import Export, discard_files, forget, start
from .plain import export_to

__all__ = ["CannotOpen", "Export", "Opened", "collect", "discard_files", "export_to", "forget", "open_for", "start"]
