"""Identifiers, and the only place that draws randomness."""

from __future__ import annotations

import base64
import secrets
import uuid
from typing import NewType

from model.clock import milliseconds

WorkspaceId = NewType("WorkspaceId", str)
SourceId = NewType("SourceId", str)
MemberId = NewType("MemberId", str)
ReportId = NewType("ReportId", str)
RunId = NewType("RunId", str)
TemplateId = NewType("TemplateId", str)
ScheduleId = NewType("ScheduleId", str)
DestinationId = NewType("DestinationId", str)
ModelId = NewType("ModelId", str)
UsageId = NewType("UsageId", str)
QuestionId = NewType("QuestionId", str)
DeliveryId = NewType("DeliveryId", str)  # 22 characters: also what a place is given to know a repeat by
ActionId = NewType("ActionId", str)  # 128 random bits; the only thing a button carries
EventId = NewType("EventId", str)  # "terminal:…", "press:<action>", later "slack:Ev…"
FactId = NewType("FactId", str)  # "f17": the position in the ledger, the same on every rebuild
BlobId = NewType("BlobId", str)  # SHA-256 of the bytes, in hex

# Crockford's alphabet: no I, L, O or U, so a name can be read aloud and typed back.
_OURS = uuid.UUID("6f4a1d0e-6c1c-4b7e-9a55-0a7b1f2c9d31")  # the namespace of our stable UUIDs
_ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"


def row_id() -> str:
    """Return a new UUIDv7 in its 36-character form; ids made later sort later (RFC 9562, 5.7)."""
    return row_ids(1)[0]


def row_ids(count: int) -> list[str]:
    """Return so many new ids. One draw is for all: each gives way to other threads, and may wait for its turn again."""
    drawn, made = secrets.randbits(74 * count), []
    for _ in range(count):
        value = (
            (milliseconds() << 80) | (0x7 << 76) | (drawn >> 62 & 0xFFF) << 64 | (0b10 << 62) | drawn & (1 << 62) - 1
        )
        text = f"{value:032x}"
        made.append(f"{text[:8]}-{text[8:12]}-{text[12:16]}-{text[16:20]}-{text[20:]}")
        drawn >>= 74
    return made


def delivery_id() -> DeliveryId:
    """Return a new UUIDv7 as 22 characters that are safe in a URL; fits Discord's nonce of 25."""
    value = bytes.fromhex(row_id().replace("-", ""))
    return DeliveryId(base64.urlsafe_b64encode(value).rstrip(b"=").decode("ascii"))


def action_id() -> ActionId:
    """Return 128 random bits as 22 characters that are safe in a URL."""
    return ActionId(secrets.token_urlsafe(16))


def webhook_secret() -> str:
    """Return a new secret that webhooks are signed with: 256 random bits, as Standard Webhooks writes them."""
    return "whsec_" + base64.b64encode(secrets.token_bytes(32)).decode("ascii")


def api_key() -> str:
    """Return a new API key: 256 random bits behind what tells people and scanners what it is."""
    return f"arb_{secrets.token_urlsafe(32)}"


def hook_id() -> str:
    """Return the end of an address that is pushed to: 128 random bits as 22 characters that are safe in a URL."""
    return secrets.token_urlsafe(16)


def pass_key() -> str:
    """Return 256 random bits as 43 characters that are safe in a URL and a cookie."""
    return secrets.token_urlsafe(32)


def run_name(length: int = 4) -> str:
    """Return a short name for a run such as "7Q2F"; its store makes sure that it is free."""
    return run_names(1, length)[0]


def run_names(count: int, length: int = 4) -> list[str]:
    """Return so many short names, no two alike; there are far more of that length."""
    made: dict[str, None] = {}
    while (missing := count - len(made)) > 0:
        letters = [_ALPHABET[byte & 31] for byte in secrets.token_bytes(missing * length)]
        made |= dict.fromkeys("".join(letters[at : at + length]) for at in range(0, len(letters), length))
    return list(made)


def link_code() -> str:
    """Return a one-time code that ties two identities: 40 random bits, as eight characters."""
    return run_name(8)


def stable_uuid(text: str) -> str:
    """Return the UUID that stands for a text: the same one each time."""
    return str(uuid.uuid5(_OURS, text))
