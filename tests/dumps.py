"""What really lies in the database, the folder of data and the broker, read by tools that know nothing of us."""

import re
import subprocess
import sys
from collections import defaultdict
from pathlib import Path

import redis
from django.conf import settings as project
from django.db import connection

from tests.servers import postgresql_programs

ROW = re.compile(r'^insert into (?:public\.)?"?(\w+)"? values', re.MULTILINE)
# In a process of their own: to close the file in this one would take away the locks that SQLite holds on it here.
DUMPS = "import sqlite3, sys\nfor line in sqlite3.connect(sys.argv[1]).iterdump(): print(line)"
# A rule of a table asks for a function that is Django's own.
COPIES = """
import re, sqlite3, sys
database = sqlite3.connect(sys.argv[1], isolation_level=None)
database.create_function("REGEXP", 2, lambda wanted, text: bool(re.search(wanted, str(text))), deterministic=True)
database.execute("VACUUM INTO ?", sys.argv[2:])
"""


def run(*argv: object) -> bytes:
    done = subprocess.run([*map(str, argv)], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
    return done.stdout


def by_python(script: str, *arguments: object) -> bytes:
    return run(sys.executable, "-X", "utf8", "-c", script, *arguments)


def database_file() -> Path:
    """Of SQLite, with its write-ahead log moved into it."""
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return Path(connection.settings_dict["NAME"])


def dump() -> bytes:
    """The database as its own tool writes it out, row by row."""
    if connection.vendor == "sqlite":
        return by_python(DUMPS, database_file())
    said, programs = connection.settings_dict, postgresql_programs()
    assert programs
    place = ["-h", said["HOST"], "-p", said["PORT"], "-U", said["USER"], said["NAME"]]
    return run(programs / "pg_dump", "--inserts", *place)


def rows_with(word: str) -> dict[str, list[str]]:
    """The rows of the dump in which the word stands, by table, in lower case."""
    text = dump().decode().lower()
    starts = [*ROW.finditer(text)]
    found: dict[str, list[str]] = defaultdict(list)
    seen = 0
    for start, end in zip(starts, [*(one.start() for one in starts[1:]), len(text)], strict=True):
        if hits := text.count(word.lower(), start.start(), end):
            found[start[1]].append(text[start.start() : end])
            seen += hits
    assert seen == text.count(word.lower()), "what stands in no row would be overlooked"
    return found


def raw() -> bytes:
    """SQLite's file as it lies on the disk, free pages and all; of PostgreSQL the dump."""
    if connection.vendor != "sqlite":
        return dump()
    file = database_file()
    return run("cat", *file.parent.glob(f"{file.name}*"))


def in_the_pages(word: str) -> int:
    """SQLite: how often it stands in the file itself beyond a fresh copy of it, so in pages that are free."""
    if connection.vendor != "sqlite":
        return 0
    copy = project.VAR / "fresh-copy.sqlite3"
    by_python(COPIES, database_file(), copy)
    times = [content.lower().count(word.lower().encode()) for content in (raw(), copy.read_bytes())]
    copy.unlink()
    return times[0] - times[1]


def on_disk() -> bytes:
    """Every file below the folder of data but the database's own."""
    database = str(project.DATABASES["default"]["NAME"])
    found = [path for path in project.VAR.rglob("*") if path.is_file() and not str(path).startswith(database)]
    return b"".join(str(path).encode() + path.read_bytes() for path in found)


def broker() -> redis.Redis:
    """The broker itself."""
    return redis.Redis.from_url(project.CELERY_BROKER_URL.replace("redis+socket://", "unix://"))


def in_the_broker() -> bytes:
    """Everything that the broker holds, as bytes; a cache in the same Redis too."""
    client = broker()
    return b"".join(bytes(key) + bytes(client.dump(key) or b"") for key in client.scan_iter())
