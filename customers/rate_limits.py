"""Has this network asked too often? allauth's limits, for the privacy engine, which has none of its own."""

import logging

import redis
from allauth.core import ratelimit
from django.http import HttpRequest

logger = logging.getLogger(__name__)


def is_within(request: HttpRequest, what: str) -> bool:
    """Counts this try against the limit of that name; open where the counter itself is gone.

    What is limited here is what people say no by, and a no must get through (FAULTS H).
    """
    try:
        return ratelimit.consume(request, action=what)
    except redis.RedisError as error:
        logger.error("limits: the cache does not answer: %s", type(error).__name__)  # noqa: TRY400
        return True
