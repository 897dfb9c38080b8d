"""How do customers come in from a file? Row by row; a bad one is reported with its line, the rest goes in.

Columns. Needed: `name`. Known: `number`, `email`, `given_name`, `family_name`, `phone`, `date_of_birth` (YYYY-MM-DD),
`sex` (f, m, x), `size`, `language`, `source`, `joined_on`, an address in `street`, `locality`, `region`, `postcode`,
`country`, and choices in `consent_email`, `consent_sms`, `consent_phone`, `consent_post` (yes or empty) with
`consent_on` and `consent_evidence`: without the day and the evidence a row with a yes is refused (MAD-05). When she
gave her details may stand in `consent_occasion` (sale, negotiation, contest, other, supplier).
"""

from datetime import datetime
from itertools import islice
from typing import Any

from privacy.csv_files import Table

from .reading import KNOWN, NEEDED, PROOF, Counts, Report, once, read
from .storing import store, strangers, unsuppressed

__all__ = ["KNOWN", "Counts", "import_customers"]
BATCH = 1000


def import_customers(table: Table, *, actor: Any, report: Report, now: datetime, supplier: str = "") -> Counts:
    """Stores every good row; `report` is told the line of every other one, and why.

    A list of another company, its `supplier`, may only bring people who agreed to be contacted by email (MAD-06), with
    the day and the evidence of each yes (MAD-05). What they bought there is no sale of ours, and a yes that they gave
    there outweighs no preference service.
    """
    known = [name for name in KNOWN if not supplier or name != "consent_occasion"]
    table.require((*NEEDED, *PROOF) if supplier else NEEDED, known)
    counts, waiting = Counts(), iter(table)
    while batch := list(islice(waiting, BATCH)):
        counts.rows += len(batch)
        people = list(read(once(batch, counts, report), now, supplier, counts, report))
        people = list(strangers(people, counts, report))
        people = list(unsuppressed(people, counts, report, supplier=supplier))
        store(people, counts, report, actor=actor, now=now)
    return counts
