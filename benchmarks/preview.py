"""A template's preview over a long window: `python -m benchmarks.preview [COMMITS]` (default 50,000, in four years).

Prints how long `/template preview` takes over 7, 90 and 365 days of stored records, beside how long git alone takes to
list the same days and those before them. Medians of five.
"""

from __future__ import annotations

import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from functools import partial
from pathlib import Path

from benchmarks.git_week import sync_big, talk, timed
from benchmarks.history import make_history
from bot.app import running
from bot.settings import Settings

_END = "2026-11-20"
_STARTS = {7: "2026-11-13", 90: "2026-08-22", 365: "2025-11-20"}
_LOG = ("log", "--numstat", "--no-renames", "-z", "--format=%H%x00%cI%x00%aN%x00%s", "--branches", f"--until={_END}")


def git_seconds(path: Path, days: int) -> float:
    """Return how long git takes to list twice as many days with what each commit changed."""
    began = time.perf_counter()
    since = f"--since-as-filter={2 * days + 1} days before {_END}"
    subprocess.run(["git", "-C", str(path), *_LOG, since], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


async def main(commits: int) -> None:
    """Print both sides and their ratio."""
    with tempfile.TemporaryDirectory() as folder:
        path, home = Path(folder) / "big", Path(folder) / "home"
        make_history(path, commits)
        async with running(Settings(home=home, git_roots=(path.parent,), time_zone="UTC", language="en")) as app:
            await talk(app, f"/source add git name=big path={path}")
            await sync_big(app)
            print(f"{commits:,} commits in four years")
            for days, start in _STARTS.items():
                line = f"/template preview weekly source=big window={start}..{_END}"
                taken = statistics.median([await timed(partial(talk, app, line)) for _ in range(5)])
                git = statistics.median([git_seconds(path, days) for _ in range(5)])
                print(f"preview of {days:3} days   {taken:.2f} s   × {taken / git:.2f} of git's listing   goal ≤ 2 s")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 50_000))
