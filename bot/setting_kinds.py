"""How settings that hold several values are written, and what they may hold."""

from __future__ import annotations

import os
from ipaddress import ip_network
from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator, BeforeValidator


def _entries(given: object) -> object:
    return tuple(part.strip() for part in given.split(",") if part.strip()) if isinstance(given, str) else given


def _folders(given: object) -> object:
    if isinstance(given, str):
        return tuple(Path(part).expanduser() for part in given.split(os.pathsep) if part)
    return given


def _networks(given: tuple[str, ...]) -> tuple[str, ...]:
    try:
        return tuple(str(ip_network(one, strict=False)) for one in given)
    except ValueError:
        raise ValueError("it is no list of addresses and networks such as 10.0.0.0/8") from None


Entries = Annotated[tuple[str, ...], BeforeValidator(_entries)]  # separated by commas
Networks = Annotated[Entries, AfterValidator(_networks)]
Folders = Annotated[tuple[Path, ...], BeforeValidator(_folders)]  # separated by colons
