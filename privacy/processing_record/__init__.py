"""What do we process, why, about whom, who gets it, how long, how secured? The record of Art. 30, from the registry.

`record` is the one function that all forms are made from; `receivers` says which recipient gets data for which purpose,
`files` writes it as JSON, CSV and PDF, `versions` keeps what it said before and since when.
"""

from .files import csv_rows, csv_text, json_text, pdf
from .receivers import FOR_GROUP
from .record import fingerprint, matching, measures, record
from .versions import Difference, RecordVersion, differences, remember, since

__all__ = [
    "FOR_GROUP", "Difference", "RecordVersion", "csv_rows", "csv_text", "differences", "fingerprint", "json_text",
    "matching", "measures", "pdf", "record", "remember", "since",
]  # fmt: skip
