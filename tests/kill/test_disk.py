"""A disk that is full or breaks at the Nth write of a run, once or for good: nothing is torn, lost or done twice."""

from __future__ import annotations

import shutil
import sqlite3
import subprocess
from pathlib import Path

import pytest

from tests.conftest import PROVE
from tests.kill.test_kill import _env, home, runs, say, scene, whole
from tests.support.nursery import Nursery
from tests.support.typed import ARB

__all__ = ["home", "scene"]  # the fixtures

_RUN = "/report run weekly source=shop window=2026-11-09..2026-11-16"
_FEW = [("pwrite64", "ENOSPC", 4, "+"), ("fdatasync", "EIO", 2, "+")]
_ALL = [
    (call, error, number, lasting)
    for call, most in (("pwrite64", 60), ("fdatasync", 12))
    for error in ("ENOSPC", "EIO")
    for number in range(1, most + 1)
    for lasting in ("", "+")
]


def _injected(home: Path, call: str, error: str, when: str) -> tuple[int, int]:
    """Ask for a report while the Nth such call on the database fails; return the exit code and how many failed."""
    trace = home.parent / "trace"
    files = [part for name in ("arb.db", "arb.db-wal") for part in ("-P", str(home / name))]
    inject = f"inject={call}:error={error}:when={when}"
    command = ("strace", "-f", "-qq", "-o", str(trace), *files, "-e", f"trace={call}", "-e", inject, *ARB, "say", _RUN)
    done = subprocess.run(
        command, check=False, env=_env(home), cwd=home.parent, capture_output=True, text=True, timeout=120
    )
    if "ptrace" in done.stderr:
        pytest.skip(f"processes cannot be traced here: {done.stderr.strip()}")
    return done.returncode, trace.read_text().count("(INJECTED)")


@pytest.mark.skipif(shutil.which("strace") is None, reason="strace is not installed: nothing can make a write fail")
@pytest.mark.parametrize(("call", "error", "number", "lasting"), _ALL if PROVE else _FEW)
def test_a_write_fails(beds: Nursery, home: Path, call: str, error: str, number: int, lasting: str) -> None:
    """What was accepted is finished by a later process, once; what was not accepted is not there at all."""
    code, failed = _injected(home, call, error, f"{number}{lasting}")
    if not failed and not PROVE:
        raise AssertionError("nothing failed, so nothing was tried")
    with sqlite3.connect(home / "arb.db") as db:
        assert db.execute("pragma integrity_check").fetchone() == ("ok",)
    after = say(beds, home, "/arb status")
    assert after.returncode == 0, after.stderr
    found = runs(home)
    assert len(found) <= 1
    if not failed:
        assert (code, len(found)) == (0, 1)
    if found:
        whole(beds, home)
