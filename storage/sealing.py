"""Secrets at rest: AES-256-GCM, bound to the row that they stand in.

A sealed value is: version (1 byte) · length of the key id (1 byte) · key id · nonce (12 bytes) · ciphertext with its
16-byte tag. Workspace, table, row and the header are additional data, so a value moved elsewhere does not open.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
import re
import tempfile
from collections.abc import Mapping
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from pydantic import SecretStr

from model.errors import ConfigError, SealBroken
from model.language import Message
from storage.home import DATABASE_FILE, make_home, sync_folder

_VERSION = 1
_NONCE, _TAG, _KEY = 12, 16, 32  # bytes; NIST SP 800-38D, 8.2.2: random nonces are good for 2^32 values a key
_ENTRY = re.compile(r"([A-Za-z0-9_-]{1,32}):([A-Za-z0-9+/_=-]{43,44})")
_FIRST_ID = "1"
KEY_FILE = "keys"
_FORM = Message(
    "It is a comma-separated list of id:base64-of-32-bytes; the first key seals, all of them open. "
    "Make one with: openssl rand -base64 32"
)


class Keyring:
    """The keys of an installation: the first one seals, every one opens."""

    def __init__(self, keys: Mapping[str, bytes]) -> None:
        self._keys = {id: AESGCM(key) for id, key in keys.items()}
        self._first = next(iter(self._keys))
        self._marks = {id: hashlib.sha256(b"ARB key\n" + key).hexdigest()[:16] for id, key in keys.items()}

    @classmethod
    def open(cls, home: Path, master_keys: SecretStr | str | None) -> Keyring:
        """Return the keys given by the operator, else those in the home's key file, made when there is none.

        Raises:
            ConfigError: the keys are not in the form expected, or others on this machine can read the file.
        """
        given = master_keys.get_secret_value() if isinstance(master_keys, SecretStr) else master_keys
        if given and given.strip():
            return cls(_parse(given, "ARB_MASTER_KEYS"))
        path = make_home(home) / KEY_FILE
        if not path.exists():
            if (home / DATABASE_FILE).exists():
                raise ConfigError(
                    "The key file {file} is gone, and what the database holds sealed does not open without it.",
                    hint=Message("Put it back from a copy, or set ARB_MASTER_KEYS to the keys that were used."),
                    file=str(path),
                )
            _make(path)
        if path.stat().st_mode & 0o077:
            raise ConfigError(
                "The key file {file} can be read by others on this machine.",
                hint=Message("Run: chmod 600 {file}", {"file": str(path)}),
                file=str(path),
            )
        return cls(_parse(path.read_text(encoding="utf-8", errors="replace"), str(path)))

    @property
    def first(self) -> str:
        """Return the id of the key that seals."""
        return self._first

    def mark(self, id: str) -> str | None:
        """Return what a key is known by without telling it; None where no key has this id."""
        return self._marks.get(id)

    def seal(self, plain: bytes, *, workspace: str, table: str, row: str) -> bytes:
        """Return the bytes sealed for this one row."""
        header = bytes((_VERSION, len(self._first))) + self._first.encode("ascii")
        nonce = os.urandom(_NONCE)
        bound = _bound(header, workspace, table, row)
        return header + nonce + self._keys[self._first].encrypt(nonce, plain, bound)

    def open_sealed(self, sealed: bytes, *, workspace: str, table: str, row: str) -> bytes:
        """Return what was sealed for this row; raises SealBroken for anything else."""
        if len(sealed) < 2 or sealed[0] != _VERSION:
            raise _broken(table)
        end = 2 + sealed[1]
        key = self._keys.get(sealed[2:end].decode("ascii", "replace"))
        if key is None or len(sealed) < end + _NONCE + _TAG:
            raise _broken(table)
        nonce, bound = sealed[end : end + _NONCE], _bound(sealed[:end], workspace, table, row)
        try:
            return key.decrypt(nonce, sealed[end + _NONCE :], bound)
        except InvalidTag:
            raise _broken(table) from None


def fresh_key() -> bytes:
    """Return a new key, 32 random bytes."""
    return AESGCM.generate_key(_KEY * 8)


def _broken(table: str) -> SealBroken:
    return SealBroken(
        "A sealed value in {table} does not open: it is damaged, or its key is not here.",
        hint=Message("Look at ARB_MASTER_KEYS and at the key file; then enter the secret again."),
        table=table,
    )


def _bound(header: bytes, *names: str) -> bytes:
    """Return the parts, each behind its length, so that no two lists give the same bytes."""
    parts = (header, *(name.encode("utf-8", "surrogatepass") for name in names))
    return b"".join(len(part).to_bytes(4, "big") + part for part in parts)


def _parse(text: str, where: str) -> dict[str, bytes]:
    keys: dict[str, bytes] = {}
    for entry in text.strip().split(","):
        found = _ENTRY.fullmatch(entry.strip())
        key = _decoded(found[2]) if found else b""
        if found is None or len(key) != _KEY or found[1] in keys:
            raise ConfigError("{where} holds no good list of keys.", hint=_FORM, where=where)
        keys[found[1]] = key
    return keys


def _decoded(text: str) -> bytes:
    try:
        return base64.b64decode(text.replace("-", "+").replace("_", "/") + "=" * (-len(text) % 4), validate=True)
    except binascii.Error:
        return b""


def _make(path: Path) -> None:
    """Write a new key file so that no other process ever sees a part of it; whoever comes second keeps the first."""
    text = f"{_FIRST_ID}:{base64.b64encode(fresh_key()).decode()}\n"
    descriptor, name = tempfile.mkstemp(prefix=".keys-", dir=path.parent)  # mode 600
    draft = Path(name)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        path.hardlink_to(draft)
    except FileExistsError:
        pass
    finally:
        draft.unlink()
    sync_folder(path.parent)
