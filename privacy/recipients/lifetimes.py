"""How long is too long for a cookie, also where its life is only told in words?"""

import re

# Longer than 13 months is warned of (practice of the CNIL).
LONGEST_DAYS = 395
DAYS_OF = {"day": 1, "week": 7, "month": 30, "year": 365}
SPAN = re.compile(r"(\d+)\s*(day|week|month|year)", re.IGNORECASE)


def longest_in_words(text: str) -> int:
    """Days of the longest time that is named, such as 8030 for "up to 22 years in some cases"; 0 for none."""
    return max((int(count) * DAYS_OF[unit.lower()] for count, unit in SPAN.findall(text)), default=0)
