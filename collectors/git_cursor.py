"""How far a repository was read: the opaque cursor of the git collector."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Iterable
from typing import Literal

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator


class Cursor(BaseModel):
    """What is stored already, and what is being read."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
    version: Literal[1] = 1
    seen: str = ""  # fingerprint of refs and settings; empty until branches were judged for them
    mailmap: str = ""  # fingerprint
    boundary: str = ""  # packed: where history is cut off in the graph that was read
    done: str = ""  # packed tips: all that they reach is stored
    goal: str = ""  # packed commits: what they reach is being read
    deepening: bool = False  # the goal is what a deepened clone now shows behind its former boundary
    read: int = 0  # commits of the goal that are stored
    last: str = ""  # the last of them
    main: str = ""  # tip of the main branch when branches were judged
    branches: dict[
        str, tuple[str, bool | None]
    ] = {}  # full name → (tip, whether main has its work; None: not compared)
    partial: bool = False  # too many branches or commits to look for all work by content

    @field_validator("boundary", "done", "goal")
    @classmethod
    def _packed(cls, value: str) -> str:
        unpack(value)
        return value

    def text(self) -> str:
        """Return what is stored."""
        return self.model_dump_json()


def parse(text: str | None) -> Cursor | None:
    """Return the cursor; None when there is none, or it is of another make: then all is read again."""
    if text is None:
        return None
    try:
        return Cursor.model_validate_json(text)
    except ValidationError:
        return None


def pack(names: Iterable[str]) -> str:
    """Return object names in two thirds of their length, sorted, each once."""
    ordered = sorted(set(names))
    if not ordered:
        return ""
    data = base64.b64encode(bytes.fromhex("".join(ordered))).decode("ascii")
    return f"{len(ordered[0])}:{data}"


def unpack(packed: str) -> tuple[str, ...]:
    """Return the object names again; raises ValueError."""
    if not packed:
        return ()
    length, _, data = packed.partition(":")
    size = int(length)
    try:
        text = base64.b64decode(data, validate=True).hex()
    except binascii.Error as error:
        raise ValueError("not packed object names") from error
    if size not in (40, 64) or len(text) % size:
        raise ValueError("not packed object names")
    return tuple(text[i : i + size] for i in range(0, len(text), size))
