"""How much memory this process takes."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path


def peak() -> int:
    """Return the most memory of this process since the last call, in bytes; 0 where the system does not tell."""
    with suppress(OSError):
        said = Path("/proc/self/status").read_text(encoding="ascii")
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")
        return int(said.partition("VmHWM:")[2].split()[0]) << 10
    return 0
