"""A disk that is full or breaks at the Nth write of a run, once or for good: nothing is torn, lost or done twice."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from collections.abc import Iterable
from pathlib import Path

import pytest

from tests.conftest import PROVE
from tests.kill.test_kill import _env, home, runs, say, scene, whole
from tests.support.nursery import Nursery
from tests.support.typed import ARB, messages
from writers.terminal import POSSIBLE_REPEAT

__all__ = ["home", "scene"]  # the fixtures

_RUN = "/report run weekly source=shop window=2026-11-09..2026-11-16"
_TITLE = "Engineering week"  # of the report
# Each thread counts its own calls; nearly all are those of the one that writes. The last number is never reached.
_NUMBERS = {"pwrite64": (*range(1, 61), *range(65, 161, 5), 240), "fdatasync": (*range(1, 13), 24)}
_FEW = [("pwrite64", "ENOSPC", 4, "+"), ("fdatasync", "EIO", 2, "+"), ("fdatasync", "EIO", 7, "")]
_ALL = [
    (call, error, number, lasting)
    for call, numbers in _NUMBERS.items()
    for error in ("ENOSPC", "EIO")
    for number in numbers
    for lasting in ("", "+")
]


def _injected(home: Path, call: str, error: str, when: str) -> tuple[subprocess.CompletedProcess[str], int]:
    """Ask for a report while the Nth such call on the database fails; return how it ended and how many failed."""
    trace = home.parent / "trace"
    files = [part for name in ("arb.db", "arb.db-wal") for part in ("-P", str(home / name))]
    injected = ("-e", f"trace={call}", "-e", f"inject={call}:error={error}:when={when}")
    command = ("strace", "-f", "-qq", "-o", str(trace), *files, *injected, *ARB, "say", "--json", _RUN)
    done = subprocess.run(
        command, check=False, env=_env(home), cwd=home.parent, capture_output=True, text=True, timeout=120
    )
    if "ptrace" in done.stderr:
        pytest.skip(f"processes cannot be traced here: {done.stderr.strip()}")
    return done, trace.read_text().count("(INJECTED)")


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed: nothing can make a write fail")
@pytest.mark.parametrize(("call", "error", "number", "lasting"), _ALL if PROVE else _FEW)
def test_a_write_fails(beds: Nursery, home: Path, call: str, error: str, number: int, lasting: str) -> None:
    """What was accepted is finished and shown by a later process, once; what was not accepted is not there at all."""
    first, failed = _injected(home, call, error, f"{number}{lasting}")
    if not PROVE:
        assert failed, "nothing failed, so nothing was tried"
    if number == _NUMBERS[call][-1]:
        assert not failed, "a run makes more such calls than are tried"
    with sqlite3.connect(home / "arb.db") as db:
        assert db.execute("pragma integrity_check").fetchone() == ("ok",)
    after = say(beds, home, "/arb status")
    assert after.returncode == 0, after.stderr
    found = runs(home)
    assert len(found) <= 1
    if not failed:
        assert (first.returncode, len(found)) == (0, 1)
    if found:
        whole(beds, home)
    _shown([first, after], len(found))


def _shown(said: Iterable[subprocess.CompletedProcess[str]], runs: int) -> None:
    """Assert that each report was shown: once, or once more where that says so, as nobody can ask a terminal."""
    reports = [str(m["text"]) for done in said for m in messages(done) if str(m["title"]).startswith(_TITLE)]
    marked = [POSSIBLE_REPEAT.text in text for text in reports]
    assert runs <= len(reports) <= 2 * runs, "lost, or shown twice"
    assert marked.count(False) <= runs, "a repeat that does not say so"
    assert marked.count(True) <= runs
