"""A week of many repositories: `python -m benchmarks.github_week --base URL [--repos N] [--rounds N]`.

URL is a fake GitHub that counts what it has (`/__truth`), changes it (`/__mutate`) and fails on demand (`/__config`).
In each round, in one run: the script floor (the same questions asked one by one, the answers parsed and thrown away),
ARB's first reading with all stored, a second with nothing changed, one after 1% changed, and a first one while 5% of
the answers are errors and 8% break off. Counts must equal the truth each time. Medians, and of ARB's readings the
seconds that its process computed.
"""

from __future__ import annotations

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import defaultdict
from datetime import UTC, datetime
from pathlib import Path

from collectors.github_config import GitHubConfig
from collectors.github_cursor import Cursor
from collectors.github_query import TOGETHER, query_of

_CLIENT = Path(__file__).with_name("github_client.py")
_SINCE = datetime(2026, 1, 8, 12, tzinfo=UTC)
_FAULTS = {"error_pct": 5, "truncate_pct": 8}
_GOALS = {  # seconds for 20 and for 200 repositories
    "first reading": {20: 0.25, 200: 1.2},
    "nothing changed": {20: 0.2},
    "1% changed": {20: 0.25},
}


def call(base: str, path: str, body: object = None) -> dict[str, int]:
    """Return what the fake answers."""
    data = None if body is None else json.dumps(body).encode()
    with urllib.request.urlopen(urllib.request.Request(base + path, data=data)) as answer:
        found: dict[str, int] = json.loads(answer.read())
    return found


def floor(base: str, repos: int) -> float:
    """Return the seconds that the questions alone take."""
    names = [f"acme/repo-{n:04d}" for n in range(repos)]
    read = "pull_requests, issues, commits"
    config = GitHubConfig.model_validate({"repositories": names, "token": "-", "read": read, "backlog": False})
    wants = Cursor.of(None, _SINCE).wants(names, config)
    began = time.perf_counter()
    for start in range(0, repos, TOGETHER):
        query = query_of([want for one in wants[start : start + TOGETHER] for want in one])[0]
        call(base, "/graphql", {"query": query})
    return time.perf_counter() - began


def read(base: str, repos: int, mode: str, state: Path) -> dict[str, float]:
    """Run the client once; raises AssertionError where its counts are not the truth."""
    command = (sys.executable, str(_CLIENT), "--base", base, "--repos", str(repos), "--mode", mode, "--rss")
    ended = subprocess.run((*command, "--state", str(state)), check=True, capture_output=True, text=True)
    found: dict[str, float] = json.loads(ended.stdout)
    truth = call(base, "/__truth")
    for kind in ("issues", "prs", "commits"):
        assert found[kind] == truth[kind], (mode, kind, found, truth)
    return found


def main() -> None:
    """Print all sides, their ratios and the goals."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--base", required=True)
    parser.add_argument("--repos", type=int, default=20)
    parser.add_argument("--rounds", type=int, default=5)
    args = parser.parse_args()
    base, repos = args.base, args.repos
    seconds: dict[str, list[float]] = defaultdict(list)
    computed: dict[str, list[float]] = defaultdict(list)

    def timed(name: str, mode: str) -> dict[str, float]:
        found = read(base, repos, mode, state)
        seconds[name].append(found["work_s"])
        computed[name].append(found["cpu_s"])
        return found

    with tempfile.TemporaryDirectory() as folder:
        state = Path(folder) / "state.json"
        for _ in range(args.rounds):
            call(base, "/__pristine", {})
            seconds["script floor"].append(floor(base, repos))
            first = timed("first reading", "full")
            timed("nothing changed", "incr")
            call(base, "/__mutate", {"pct": 1})
            timed("1% changed", "incr")
            call(base, "/__pristine", {})
            floor(base, repos)  # what it makes anew then is not the reading's
            call(base, "/__config", _FAULTS)
            timed("first reading, faults", "full")
            call(base, "/__config", dict.fromkeys(_FAULTS, 0))
    lowest = statistics.median(seconds["script floor"])
    print(f"{repos} repositories, {first['rows']:,} rows, {args.rounds} rounds")
    for name, found in seconds.items():
        took = statistics.median(found)
        goal = _GOALS.get(name, {}).get(repos)
        work = f"   computing {statistics.median(computed[name]):.3f} s" if name in computed else ""
        aim = f"   goal ≤ {goal} s" if goal else ""
        print(f"{name:22} {took:.3f} s   × {took / lowest:.2f} of the floor{work}{aim}")
    slower = statistics.median(seconds["first reading, faults"]) / statistics.median(seconds["first reading"])
    print(f"faults                 × {slower:.2f} of the first reading   goal ≤ × 3")
    print(f"growth, first reading  {first['grown_mb']:.0f} MB   goal ≤ 60 MB")


if __name__ == "__main__":
    main()
