"""Read a long history: `python -m benchmarks.git_read [COMMITS | DIR]` (default 100,000 commits, made for it).

Both sides in one run, medians of five in turn: `git log --numstat` alone with the very flags the collector uses, its
output thrown away; and the collector, its records made and dropped, in a process of its own so that memory is its own.
Then a second read with nothing changed.
"""

from __future__ import annotations

import asyncio
import json
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.history import make_history
from collectors import collector
from collectors.git_log import LOG, NUMSTAT
from model.source import Reach

_ROUNDS = 5


def git_seconds(path: Path) -> float:
    """Return how long git alone takes."""
    tips = subprocess.run(
        ["git", "-C", str(path), "for-each-ref", "--format=%(objectname)"], check=True, capture_output=True
    ).stdout
    began = time.perf_counter()
    subprocess.run(["git", "-C", str(path), *LOG, *NUMSTAT], input=tips, check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


async def read(path: Path, cursor: str | None) -> tuple[float, int, str | None]:
    """Return (seconds, records, cursor) of one read."""
    began, records = time.perf_counter(), 0
    async for page in collector("git", {"path": str(path)}, Reach((path.resolve(),))).collect(None, cursor):
        records, cursor = records + len(page.records), page.cursor
    return time.perf_counter() - began, records, cursor


async def child(path: Path) -> None:
    """Print what one first and five further reads took, and by how much the memory grew, as JSON."""
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    first, records, cursor = await read(path, None)
    grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
    again = statistics.median([(await read(path, cursor))[0] for _ in range(_ROUNDS)])
    print(json.dumps({"first": first, "records": records, "grown": grown, "again": again}))


def main(path: Path) -> None:
    """Print both sides and their ratio."""
    alone, ours = [], []
    for _ in range(_ROUNDS):
        alone.append(git_seconds(path))
        out = subprocess.run(
            [sys.executable, "-m", "benchmarks.git_read", "--child", str(path)], check=True, capture_output=True
        )
        ours.append(json.loads(out.stdout))
    git, first = statistics.median(alone), statistics.median(one["first"] for one in ours)
    again, grown = statistics.median(one["again"] for one in ours), max(one["grown"] for one in ours)
    print(f"{ours[0]['records']:,} records, medians of {_ROUNDS}")
    print(f"git log --numstat alone  {git:.2f} s")
    print(f"the collector            {first:.2f} s   × {first / git:.2f}")
    print(f"growth of memory         {grown:.0f} MB   goal ≤ 50 MB")
    print(f"nothing changed          {again:.3f} s   goal ≤ 0.1 s")


if __name__ == "__main__":
    if sys.argv[1:2] == ["--child"]:
        asyncio.run(child(Path(sys.argv[2])))
    elif len(sys.argv) > 1 and not sys.argv[1].isdigit():
        main(Path(sys.argv[1]))
    else:
        with tempfile.TemporaryDirectory() as folder:
            made = Path(folder) / "history"
            make_history(made, int(sys.argv[1]) if len(sys.argv) > 1 else 100_000)
            main(made)
