"""A week of a large repository: `python -m benchmarks.git_week [COMMITS]` (default 100,000).

Both sides in one run: the `git log --numstat` that the first sync needs, and ARB's first sync with everything stored;
then the second sync with nothing changed, and the weekly card from stored records. Medians of five, the first sync
of three.
"""

from __future__ import annotations

import asyncio
import resource
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

from benchmarks.history import make_history
from bot.app import App, running
from bot.platforms.terminal import Said, Terminal
from bot.settings import Settings
from sources.sync import sync

_LOG = ("log", "--numstat", "--no-renames", "-z", "--format=%H%x00%cI%x00%aN%x00%aE%x00%P%x00%s%x00%b",
        "--branches", "--remotes", "--tags")  # fmt: skip


def git_seconds(path: Path) -> float:
    """Return how long git alone takes to print what the first sync reads."""
    began = time.perf_counter()
    subprocess.run(["git", "-C", str(path), *_LOG], check=True, stdout=subprocess.DEVNULL)
    return time.perf_counter() - began


async def timed(work: Callable[[], Awaitable[object]]) -> float:
    """Return how long a piece of work takes."""
    began = time.perf_counter()
    await work()
    return time.perf_counter() - began


def grown() -> float:
    """Return the largest memory this process has had so far, in MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


async def first_sync(path: Path, home: Path) -> tuple[float, float]:
    """Return seconds and growth in MB of a first sync into an empty store."""
    async with running(Settings(home=home, git_roots=(path.parent,), time_zone="UTC", language="en")) as app:
        await talk(app, f"/source add git name=big path={path}")
        before = grown()
        return await timed(lambda: sync_big(app)), grown() - before


async def sync_big(app: App) -> None:
    """Sync the one source."""
    workspace = await app.workshop.db.entrances.enter(Terminal(app, "me", "w", None, print).platform, "w")
    async with app.workshop.db.read(workspace) as stores:
        source = await stores.sources.named("big")
    coverage = await sync(app.workshop.db, workspace, source.id, app.workshop.reach, app.workshop.clock)
    assert coverage.read == 1, coverage


async def talk(app: App, line: str) -> list[Said]:
    """Say a line; return what comes back."""
    heard: list[Said] = []
    assert await Terminal(app, "me", "w", "en", heard.append).say(line), heard[-1].card
    return heard


async def later(path: Path, home: Path) -> tuple[float, float, float]:
    """Return seconds of a second sync, of a whole weekly run, and of its measure, narrate and write alone."""
    async with running(Settings(home=home, git_roots=(path.parent,), time_zone="UTC", language="en")) as app:
        again = statistics.median([await timed(lambda: sync_big(app)) for _ in range(5)])
        line = "/report run weekly window=2026-11-02..2026-11-09"
        await talk(app, line)
        whole = statistics.median([await timed(lambda: talk(app, line)) for _ in range(5)])
        workspace = await app.workshop.db.entrances.enter(Terminal(app, "me", "w", None, print).platform, "w")
        async with app.workshop.db.read(workspace) as stores:
            run = await stores.runs.named("last")
            steps = await stores.runs.steps(run.id)
        return again, whole, sum(seconds for _, _, seconds in steps)


async def main(commits: int) -> None:
    """Print both sides and their ratios."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "big"
        make_history(path, commits)
        gits, firsts = [], []
        for n in range(3):
            gits.append(git_seconds(path))
            firsts.append(await first_sync(path, Path(folder) / f"home{n}"))
        git, first = statistics.median(gits), statistics.median(s for s, _ in firsts)
        again, whole, steps = await later(path, Path(folder) / "home0")
    print(f"{commits:,} commits")
    print(f"git log --numstat alone        {git:.2f} s")
    print(f"first sync, stored             {first:.2f} s   × {first / git:.2f}   goal ≤ × 1.3")
    print(f"growth in the first sync       {firsts[0][1]:.0f} MB   goal ≤ 50 MB")
    print(f"second sync, nothing changed   {again:.3f} s   goal ≤ 0.3 s")
    print(f"weekly card, stored records    {steps:.3f} s   goal ≤ 0.3 s")
    print(f"  from word to printed card    {whole:.3f} s")


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 100_000))
