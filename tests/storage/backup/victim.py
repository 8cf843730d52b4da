"""A restore that kills itself at a stage: `python -m tests.storage.backup.victim FILE HOME STAGE [URL]`."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from pathlib import Path

from model.clock import SystemClock
from storage.quarantine import Stage
from storage.restore import restore
from storage.sealing import Keyring


def die(file: Path, home: Path, moment: str, url: str | None) -> None:
    """Restore, and die on the way."""

    def reached(stage: Stage) -> None:
        if stage == moment:
            os.kill(os.getpid(), signal.SIGKILL)

    asyncio.run(restore(file, url, home, Keyring.open(home, None), SystemClock(), reached))


def main() -> None:
    """Be the process."""
    die(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3], sys.argv[4] if len(sys.argv) > 4 else None)


if __name__ == "__main__":
    main()
