"""How is it kept unreadable at rest? AES-256-GCM for values, keyed hashes for look-ups, keys from one file."""

import base64
import hmac
import os
import secrets
from functools import cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from django.conf import settings

NONCE_BYTES = 12


class CannotDecrypt(Exception):
    """The value was changed, moved to another place, or its key is gone."""


def new_key_line(key_id: str) -> str:
    """One line for the key file: an id and 256 random bits."""
    return f"{key_id}:{base64.b64encode(secrets.token_bytes(32)).decode()}\n"


def make_key_file(path: Path) -> None:
    """Writes a first key, readable by its owner alone; an existing file is left as it is."""
    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
    except FileExistsError:
        return
    with os.fdopen(descriptor, "w") as file:
        file.write(new_key_line("k1"))


def add_key(path: Path) -> str:
    """Puts a new key before the others, which still open what they closed; its id."""
    lines = path.read_text() if path.exists() else ""
    key_id = f"k{len(lines.split()) + 1}"
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_suffix(".new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
    with os.fdopen(descriptor, "w") as file:
        file.write(new_key_line(key_id) + lines)
    fresh.replace(path)
    return key_id


@cache
def _keys(path: Path) -> dict[str, bytes]:
    if settings.MAY_MAKE_DATA_KEY and not path.exists():
        make_key_file(path)
    lines = [line for line in path.read_text().splitlines() if line.strip()]
    pairs = (line.split(":", 1) for line in lines)
    return {key_id.strip(): base64.b64decode(key) for key_id, key in pairs}


def keys() -> dict[str, bytes]:
    """Every key by its id, newest first, from `DATA_KEY_FILE`."""
    return _keys(settings.DATA_KEY_FILE)


@cache
def _cipher(key: bytes) -> AESGCM:
    return AESGCM(key)


def encrypt(plain: bytes, *, place: str) -> bytes:
    """`key id, NUL, nonce, ciphertext`; only `decrypt` with the same `place` (table.column) opens it."""
    key_id, key = next(iter(keys().items()))
    nonce = os.urandom(NONCE_BYTES)
    return key_id.encode() + b"\0" + nonce + _cipher(key).encrypt(nonce, plain, place.encode())


def decrypt(stored: bytes, *, place: str) -> bytes:
    """The plain bytes; CannotDecrypt when changed, moved or the key is gone."""
    key_id, _, rest = bytes(stored).partition(b"\0")
    try:
        return _cipher(keys()[key_id.decode()]).decrypt(rest[:NONCE_BYTES], rest[NONCE_BYTES:], place.encode())
    except (KeyError, InvalidTag, UnicodeDecodeError) as error:
        raise CannotDecrypt(place) from error


@cache
def _derived(key: bytes, use: str) -> bytes:
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=use.encode()).derive(key)


def keyed_hash(text: str | bytes, *, use: str) -> str:
    """64 hex digits that only the holder of the oldest key can compute; stable when newer keys are added."""
    oldest = next(reversed(keys().values()))
    data = text if isinstance(text, bytes) else text.encode()
    return hmac.digest(_derived(oldest, use), data, "sha256").hex()
