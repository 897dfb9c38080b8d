"""Is this person's data barred from use, or held from deletion? Art. 18 restriction and legal hold, one table.

`restriction` is the row and `step` what was done with it; `records` says which records may be held, `contents` what
stands in one, `imposing` begins one, `reviewing` looks at it again, `ending` lifts it by two people, `standing` asks
what is in force.
"""

from .contents import Part, around, is_part_of, kind_of, words_of
from .ending import keep, lift, may_be_lifted_on, note_told, propose_lifting, told_at, when_lifted
from .imposing import hold, impose, require_review_day, when_imposed
from .records import Kind, Records, describe, find, holdable, name_of
from .restriction import NotLawful, Restriction
from .reviewing import latest_review, review
from .standing import (
    Told,
    blocking_erasure,
    blocking_use,
    held_by,
    is_held,
    is_held_whole,
    is_restricted,
    names_around,
    owners,
    plain,
    record_in_words,
    told_to_person,
    touching,
)
from .step import RestrictionStep, steps_of

__all__ = [
    "Kind", "NotLawful", "Part", "Records", "Restriction", "RestrictionStep", "Told", "around", "blocking_erasure",
    "blocking_use", "describe", "find", "held_by", "hold", "holdable", "impose", "is_held", "is_held_whole",
    "is_part_of", "is_restricted", "keep", "kind_of", "latest_review", "lift", "may_be_lifted_on", "name_of",
    "names_around", "note_told", "owners", "plain", "propose_lifting", "record_in_words", "require_review_day",
    "review", "steps_of", "told_at", "told_to_person", "touching", "when_imposed", "when_lifted", "words_of",
]  # fmt: skip
