"""Which recipients' machines must hear of a new choice, and have they? A row each, called within seconds, signed."""

from .call import AT_MOST, ChoiceCall, standing_with
from .line import ChoiceLine
from .owners import OwnerSearch
from .writing import address_listed, choices_made

__all__ = ["AT_MOST", "ChoiceCall", "ChoiceLine", "OwnerSearch", "address_listed", "choices_made", "standing_with"]
