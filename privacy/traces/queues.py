"""In which messages does it stand? The broker's queues and a cache in Redis: every key and what it holds."""

from collections.abc import Iterable, Iterator
from itertools import chain
from typing import Any

import redis
from django.conf import settings

from .trace import Search, Trace


def traces(search: Search) -> Iterator[Trace]:
    """Every key of each Redis that we use; one that does not answer holds nothing that could be looked at."""
    for url in dict.fromkeys(filter(None, (settings.CELERY_BROKER_URL, settings.REDIS_URL))):
        try:
            client = redis.Redis.from_url(url.replace("redis+socket://", "unix://"), socket_connect_timeout=2)
            yield from _in_keys(client, search)
        except (redis.RedisError, OSError):
            continue


def _in_keys(client: Any, search: Search) -> Iterator[Trace]:
    for key in client.scan_iter(count=500):
        found = search(key) + sum(search(value) for value in _values(client, key))
        if found:
            yield Trace("redis", key.decode(errors="replace"), found)


def _values(client: Any, key: bytes) -> Iterable[bytes]:
    kind = client.type(key)
    if kind == b"string":
        return [client.get(key) or b""]
    if kind == b"list":
        return list(client.lrange(key, 0, -1))
    if kind == b"set":
        return list(client.smembers(key))
    if kind == b"zset":
        return list(client.zrange(key, 0, -1))
    if kind == b"stream":
        return [one for _, fields in client.xrange(key) for pair in fields.items() for one in pair]
    return list(chain.from_iterable(client.hgetall(key).items())) if kind == b"hash" else []
