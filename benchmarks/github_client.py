"""One reading of GitHub as a report does it, into a real store: the side of ARB in a comparison of clients.

`python benchmarks/github_client.py --base URL --repos N --mode full|incr --state FILE` reads a week of pull requests,
issues and commits of N repositories named acme/repo-0000 and on, and prints one line of JSON: how many of each are
stored, and `work_s`, the seconds from the first request to the last commit (imports and migration left out, as for
every client). `--state` names a file; the store lies in a folder beside it. `full` starts with an empty one, `incr`
goes on. `--backlog` reads all that is open too, `--newcomers` who is new, `--kinds` other kinds, `--rss` says how much
memory grew.
"""

from __future__ import annotations

import argparse
import asyncio
import importlib
import json
import resource
import shutil
import sys
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent))

from bot.app import tune
from collectors import (
    github_check,  # noqa: F401  what a reading imports when it begins
    github_reading,  # noqa: F401
    github_runs,  # noqa: F401
)
from egress.client import Allowed, Egress
from model.clock import SystemClock
from model.delivery import Platform
from model.errors import UnknownName
from model.ids import SourceId, WorkspaceId
from model.source import Reach
from model.window import Window
from sources.sync import sync
from storage.database import Database
from storage.queue import HURRY
from storage.sealing import Keyring

NOW = datetime(2026, 1, 15, 12, tzinfo=UTC)  # where the fake GitHub's time stands
HALF = timedelta(days=3.5)
WEEK = Window(NOW - HALF, NOW, "UTC")  # with the window before it: seven days
ALL = Window(NOW - timedelta(days=4000), NOW + timedelta(days=4000), "UTC")


def arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", default="http://127.0.0.1:8970")
    parser.add_argument("--repos", type=int, default=20)
    parser.add_argument("--mode", choices=("full", "incr"), default="full")
    parser.add_argument("--state", type=Path, default=Path("state.json"))
    parser.add_argument("--backlog", action="store_true")
    parser.add_argument("--newcomers", action="store_true")
    parser.add_argument("--kinds", default="pull_requests, issues, commits")
    parser.add_argument("--rss", action="store_true")
    return parser.parse_args()


@asynccontextmanager
async def store(home: Path, fresh: bool) -> AsyncIterator[Database]:
    """Open the store, migrated."""
    if fresh:
        shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True, exist_ok=True)
    db = await Database.open(None, home, Keyring.open(home, None), SystemClock())
    try:
        yield db
    finally:
        await db.close()


async def source_in(db: Database, workspace: WorkspaceId, args: argparse.Namespace) -> SourceId:
    """Return the source, added where there is none."""
    names = ", ".join(f"acme/repo-{n:04d}" for n in range(args.repos))
    config = {"repositories": names, "token": "ghp_none", "api_url": args.base, "read": args.kinds}
    more = {"backlog": args.backlog, "newcomers": args.newcomers}
    async with db.write(workspace) as stores:
        try:
            return (await stores.sources.named("gh")).id
        except UnknownName:
            return await stores.sources.add("gh", "github", {**config, **more})


async def main(args: argparse.Namespace) -> dict[str, object]:
    """Read once; return what there is then."""
    tune()
    egress = Egress(SystemClock(), Allowed.parse(["127.0.0.1", "localhost"]))
    await egress.client().aclose()  # its library and the machine's certificates are loaded
    importlib.import_module("anyio._backends._asyncio")  # what the library imports with the first connection
    async with store(args.state.with_suffix(".arb"), args.mode == "full") as db:
        workspace = await db.entrances.enter(Platform.TERMINAL, "bench")
        source = await source_in(db, workspace, args)
        await asyncio.sleep(HURRY)  # as where a schedule runs: nobody has said anything just now
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        began, work = time.perf_counter(), time.process_time()
        coverage = await sync(db, workspace, source, Reach((), egress), SystemClock(), WEEK)
        took, work = time.perf_counter() - began, time.process_time() - work
        grown = (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024
        if coverage.read != coverage.of:
            raise SystemExit(f"not read whole: {coverage}")
        async with db.read(workspace) as stores:
            kinds = Counter([record.kind async for _, record in stores.records.overlapping([source], ALL)])
    await egress.aclose()
    found: dict[str, object] = {"issues": kinds["issue"], "prs": kinds["pull_request"], "commits": kinds["commit"]}
    found |= {"work_s": round(took, 4), "cpu_s": round(work, 4), "rows": sum(kinds.values())}
    return found | ({"grown_mb": round(grown, 1)} if args.rss else {})


if __name__ == "__main__":
    print(json.dumps(asyncio.run(main(arguments()))))
