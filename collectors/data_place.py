"""Where data lies on this machine, and whether it is under a folder that the operator has opened for it."""

from __future__ import annotations

from pathlib import Path

from model.errors import SourceRefused
from model.language import Message
from model.source import Reach


def place_of(path: str, reach: Reach) -> Path:
    """Return the real path of something to read, which may not be there.

    Raises:
        SourceRefused: it lies outside; never says whether it exists.
    """
    try:
        real = Path(path).expanduser().resolve()
    except (OSError, ValueError, RuntimeError):  # a loop of links, a NUL, a name too long, nobody's home
        raise _refusal(path) from None
    ours = reach.home is not None and real.is_relative_to(reach.home)
    if ours or not any(real.is_relative_to(root) for root in reach.data_roots):
        raise _refusal(path)
    return real


def _refusal(path: str) -> SourceRefused:
    return SourceRefused(
        "The path {path} is not under a folder that data may be read from.",
        hint=Message("The operator names such folders in the setting ARB_DATA_ROOTS."),
        path=path,
    )
