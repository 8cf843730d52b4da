"""Signatures of webhooks: of id, time and body, as https://www.standardwebhooks.com has them."""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime

_PREFIX = "whsec_"
_LEAST, _MOST = 32, 128  # bytes of a secret


def key_of(secret: str) -> bytes | None:
    """Return the bytes of a secret written `whsec_` and base64; None where it is none, or has too few."""
    try:
        key = base64.b64decode(secret.removeprefix(_PREFIX), validate=True)
    except (binascii.Error, ValueError):
        return None
    return key if secret.startswith(_PREFIX) and _LEAST <= len(key) <= _MOST else None


def signed(key: bytes, id: str, at: datetime, body: bytes) -> Mapping[str, str]:
    """Return the headers that prove a body."""
    moment = str(int(at.timestamp()))
    proof = hmac.new(key, f"{id}.{moment}.".encode("ascii") + body, hashlib.sha256).digest()
    return {
        "webhook-id": id,
        "webhook-timestamp": moment,
        "webhook-signature": "v1," + base64.b64encode(proof).decode("ascii"),
    }
