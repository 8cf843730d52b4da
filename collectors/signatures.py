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
_ID = re.compile(r"[0-9A-Za-z._:-]{8,128}")
_LEAST = 32  # bytes of a secret that we sign with
_MOST_SIGNATURES = 5  # of one push: whoever changes his secret signs with both


def proof(key: bytes, *parts: bytes) -> bytes:
    """Return the HMAC of the parts, one behind the other."""
    return hmac.new(key, b"".join(parts), hashlib.sha256).digest()


def is_same(made: str, brought: str) -> bool:
    """Compare two signatures in constant time, whatever was brought."""
    return hmac.compare_digest(made.encode("ascii"), brought.encode("utf-8", "surrogateescape"))


def is_now(said: str, now: datetime) -> bool:
    """Tell whether what was said, in Unix seconds, is about now."""
    return _TIME.fullmatch(said) is not None and abs(now.timestamp() - int(said)) <= SKEW


def key_of(secret: str) -> bytes | None:
    """Return the bytes of a secret written `whsec_` and base64; None where it is none to rely on."""
    try:
        key = base64.b64decode(secret.removeprefix("whsec_"), validate=True)
    except (binascii.Error, ValueError):
        return None
    return key if len(key) >= _LEAST else None


def unsigned() -> PushRefused:
    """Return the refusal of whatever is not signed, by somebody else, or too long ago: always the same."""
    return PushRefused("The signature is not good.", why="unsigned")


def is_standard(push: Push, secret: str, now: datetime) -> bool:
    """Tell whether a push is signed as Standard Webhooks are, over id, time and body, within five minutes of now."""
    key, id, said = key_of(secret), standard_id(push), push.headers.get("webhook-timestamp", "")
    if key is None or not _ID.fullmatch(id) or not is_now(said, now):
        return False
    made = "v1," + base64.b64encode(proof(key, f"{id}.{said}.".encode("ascii"), push.body)).decode("ascii")
    brought = push.headers.get("webhook-signature", "").split(" ")[:_MOST_SIGNATURES]
    return any(is_same(made, one) for one in brought)


def standard_id(push: Push) -> str:
    """Return what a push calls itself."""
    return push.headers.get("webhook-id", "")
