"""Signatures of what is pushed: always HMAC-SHA-256 over the very bytes; nothing in a request chooses another way."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import re
from datetime import datetime

from model.pushed import Push, PushRefused

SKEW = 300  # seconds that a push's time may differ from ours
_TIME = re.compile(r"[0-9]{1,12}")
_LEAST = 32  # bytes of a secret that we sign with


def proof(key: bytes, *parts: bytes) -> bytes:
    """Return the HMAC of the parts, one behind the other."""
    return hmac.new(key, b"".join(parts), hashlib.sha256).digest()


def is_same(made: str, brought: str) -> bool:
    """Compare two signatures in constant time, whatever was brought."""
    return hmac.compare_digest(made.encode("ascii"), brought.encode("utf-8", "surrogateescape"))


def stamp_of(push: Push, header: str, now: datetime) -> bytes:
    """Return the time that a push says, in Unix seconds, where it is about now. Raises PushRefused."""
    said = push.headers.get(header, "")
    if _TIME.fullmatch(said) is None or abs(now.timestamp() - int(said)) > SKEW:
        raise unsigned()
    return said.encode("ascii")


def key_of(secret: str) -> bytes:
    """Return the bytes of a secret written `whsec_` and base64. Raises PushRefused where it is none to rely on."""
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) < _LEAST:
        raise unsigned()
    return key


def unsigned() -> PushRefused:
    """Return the refusal of whatever is not signed, by somebody else, or too long ago: always the same."""
    return PushRefused("The signature is not good.", why="unsigned")
