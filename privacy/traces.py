"""Where does a text still stand? Every table, declared or not, sessions, caches, files, queue; decrypted, decoded."""

import base64
import binascii
import email
import email.header
import json
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any
from urllib.parse import unquote_to_bytes

import redis
from django.apps import apps
from django.conf import settings
from django.core.exceptions import ObjectDoesNotExist
from django.db import connection, models

from .encryption import CannotDecrypt
from .export import Export
from .export.files import unsealed
from .export.job import path_of
from .fields import EncryptedField

BYTEA = 17
WHOLE = 32 * 1024 * 1024
ESCAPED = re.compile(r"\\u([0-9a-fA-F]{4})")
BASE64 = re.compile(rb"[A-Za-z0-9+/_=-]{24,}")
Search = Callable[[bytes], int]


@dataclass(frozen=True)
class Trace:
    """One place, and how many rows, files or messages there hold the text."""

    where: str
    column: str
    count: int


def find(*texts: str) -> Iterator[Trace]:
    """Every place where one of these texts still stands, upper and lower case alike (Art. 17: proof of erasure)."""
    forms = sorted({form for text in texts if text for form in _forms(text)})
    if forms:
        search = partial(times, re.compile(b"|".join(map(re.escape, forms))))
        yield from chain(_in_tables(forms), _in_sealed_columns(search), _in_sessions(search), _in_cache_table(search))
        yield from chain(_in_files(search), _in_exports(search), _in_redis(search))


def _forms(text: str) -> set[bytes]:
    """The text as it may be written: plain, as JSON escapes it, as HTML escapes it; always in lower case."""
    html = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;").replace('"', "&quot;")
    written = {text, html, html.replace("'", "&#x27;"), json.dumps(text)[1:-1], json.dumps(text.lower())[1:-1]}
    return {lowered(form.encode()) for form in written}


def lowered(data: bytes) -> bytes:
    """Lower case by letter where it is text, by ASCII where it is not."""
    try:
        return data.decode().lower().encode()
    except UnicodeDecodeError:
        return data.lower()


def times(pattern: re.Pattern[bytes], data: bytes) -> int:
    """How often the text stands in this, as it is or decoded."""
    return sum(len(pattern.findall(lowered(reading))) for reading in readings(data))


def without_escapes(text: str) -> str:
    """JSON's escaped letters as letters."""
    return ESCAPED.sub(lambda found: chr(int(found[1], 16)), text) if "\\u" in text else text


def readings(data: bytes) -> Iterator[bytes]:
    """The bytes, and what is packed inside: a mail's parts and headers, base64, compressed text."""
    yield data
    if b"\\u" in data:
        yield without_escapes(data.decode(errors="replace")).encode(errors="replace")
    if b"%40" in data:
        yield unquote_to_bytes(data.replace(b"+", b" "))
    yield from _of_mail(data)
    for word in BASE64.findall(data):
        yield from _unpacked(word)


def _of_mail(data: bytes) -> Iterator[bytes]:
    if not re.match(rb"[A-Za-z-]+:[^\n]*\n", data):
        return
    message = email.message_from_bytes(data)
    for part in message.walk():
        for name, value in part.items():
            if "=?" in str(value):
                decoded = email.header.make_header(email.header.decode_header(str(value)))
                yield f"{name}: {decoded}".encode(errors="replace")
        if part.get("Content-Transfer-Encoding") and isinstance(content := part.get_payload(decode=True), bytes):
            yield content


def _unpacked(word: bytes) -> Iterator[bytes]:
    for alphabet in (base64.b64decode, base64.urlsafe_b64decode):
        try:
            plain = alphabet(word + b"=" * (-len(word) % 4))
        except (binascii.Error, ValueError):
            continue
        yield plain
        try:
            yield zlib.decompress(plain)
        except zlib.error:
            continue


# --- the database ----------------------------------------------------------------------------------------


def _in_tables(forms: list[bytes]) -> Iterator[Trace]:
    """One reading of each table that the database has, known to us or not."""
    with connection.cursor() as cursor:
        if connection.vendor == "sqlite":
            connection.connection.create_function("AS_TEXT", 1, _as_text, deterministic=True)
        for table in sorted(connection.introspection.table_names(cursor)):
            columns = connection.introspection.get_table_description(cursor, table)
            yield from _in_one_table(cursor, table, columns, forms)


def _in_one_table(cursor: Any, table: str, columns: list[Any], forms: list[bytes]) -> Iterator[Trace]:
    counts = ", ".join(_count_of(column, len(forms)) for column in columns)
    statement = f"SELECT {counts} FROM {connection.ops.quote_name(table)}"  # noqa: S608
    cursor.execute(statement, [form.decode() for form in forms] * len(columns))
    for column, count in zip(columns, cursor.fetchone(), strict=True):
        if count:
            yield Trace(f"database:{table}", column.name, count)


def _count_of(column: Any, forms: int) -> str:
    """Counts the rows whose column holds one of the forms, whatever its type."""
    name = connection.ops.quote_name(column.name)
    if connection.vendor == "sqlite":
        found = f"INSTR(AS_TEXT({name}), %s) > 0"
    else:
        text = f"ENCODE({name}, 'escape')" if column.type_code == BYTEA else f"{name}::text"
        found = f"POSITION(%s IN LOWER({text})) > 0"
    return f"COUNT(CASE WHEN {' OR '.join([found] * forms)} THEN 1 END)"


def _as_text(value: Any) -> str:
    """SQLite lowers ASCII alone, and keeps JSON escaped; names are in every script."""
    text = value.decode(errors="replace") if isinstance(value, bytes) else str(value)
    return without_escapes(text).lower()


def _in_sealed_columns(search: Search) -> Iterator[Trace]:
    """Encrypted columns, opened row by row; one that cannot be opened holds nothing anybody can read."""
    for model in apps.get_models(include_auto_created=True):
        for column in (c for c in model._meta.concrete_fields if isinstance(c, EncryptedField)):
            found = sum(bool(search(value)) for value in _opened(model, column))
            if found:
                yield Trace(f"database:{model._meta.db_table}", column.name, found)


def _opened(model: type[models.Model], column: Any) -> Iterator[bytes]:
    keys = model._base_manager.exclude(**{column.name: b""}).exclude(**{column.name: None}).values_list("pk", flat=True)
    for key in keys.iterator(chunk_size=2000):
        try:
            yield bytes(model._base_manager.values_list(column.name, flat=True).get(pk=key) or b"")
        except (CannotDecrypt, ObjectDoesNotExist):
            continue


def _in_sessions(search: Search) -> Iterator[Trace]:
    """What signed session data says when it is decoded."""
    for model in apps.get_models():
        if hasattr(model, "get_decoded"):
            rows = model._base_manager.iterator(chunk_size=500)
            found = sum(bool(search(json.dumps(row.get_decoded(), default=str).encode())) for row in rows)
            if found:
                yield Trace(f"sessions:{model._meta.db_table}", "session_data", found)


def _in_cache_table(search: Search) -> Iterator[Trace]:
    """A cache in the database keeps its values packed."""
    backend = settings.CACHES["default"]
    if backend["BACKEND"].endswith("DatabaseCache"):
        table = backend["LOCATION"]
        with connection.cursor() as cursor:
            if table in connection.introspection.table_names(cursor):
                cursor.execute(f"SELECT value FROM {connection.ops.quote_name(table)}")  # noqa: S608
                found = sum(bool(search(str(value).encode())) for (value,) in cursor)
                if found:
                    yield Trace(f"cache:{table}", "value", found)


# --- files -----------------------------------------------------------------------------------------------


def _in_files(search: Search) -> Iterator[Trace]:
    """Everything under the folder of data: outgoing mail as files, logs, whatever lies there."""
    for path in sorted(settings.VAR.rglob("*")):
        if path.is_file() and not _is_elsewhere(path):
            name = str(path.relative_to(settings.VAR))
            found = search(name.encode()) + sum(search(part) for part in _parts(path))
            if found:
                yield Trace(f"file:{name}", "", found)


def _is_elsewhere(path: Path) -> bool:
    """The database's own file, searched as tables, and our own style sheets."""
    database = str(settings.DATABASES["default"]["NAME"])
    return str(path).startswith(database) or path.is_relative_to(settings.STATIC_ROOT)


def _parts(path: Path) -> Iterator[bytes]:
    """A file in pieces that overlap, so that memory stays flat and nothing is cut in two."""
    try:
        with path.open("rb") as file:
            before = b""
            while data := file.read(WHOLE):
                yield before + data
                before = data[-1024:]
    except OSError:
        return


def _in_exports(search: Search) -> Iterator[Trace]:
    """Sealed copies of people's data, opened."""
    for row in Export._base_manager.exclude(files={}).iterator(chunk_size=100):
        for name in row.files:
            path = path_of(row, name)
            found = search(_opened_file(path, row.place(name)))
            if found:
                yield Trace(f"export:{path.parent.name}/{path.name}", "", found)


def _opened_file(path: Path, place: str) -> bytes:
    try:
        return b"".join(unsealed(path, place))
    except (CannotDecrypt, OSError):
        return b""


# --- queue and cache -------------------------------------------------------------------------------------


def _in_redis(search: Search) -> Iterator[Trace]:
    """The broker's queues and a cache in Redis: every key and what it holds, messages decoded."""
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
    return list(chain.from_iterable(client.hgetall(key).items())) if kind == b"hash" else []
