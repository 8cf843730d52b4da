"""Owners: a process that was killed is known to be dead at once."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path

import pytest

from storage.owners import Owner

_LIVE = """
import sys
from pathlib import Path
from storage.owners import Owner
owner = Owner.enter(Path(sys.argv[1]))
print(owner.id, flush=True)
sys.stdin.read()
"""


@pytest.mark.parametrize("local", [True, False])
def test_a_killed_process_is_dead_at_once(tmp_path: Path, local: bool) -> None:
    """However often it is asked: each loop of a process asks for itself."""
    me = Owner.enter(tmp_path, local=local)
    command = (sys.executable, "-c", _LIVE, str(tmp_path))
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        other = process.stdout.readline().strip()
        assert me.is_alive(other)
        process.send_signal(signal.SIGKILL)
        process.wait()
        assert [me.is_alive(other) for _ in range(3)] == [False] * 3
    assert [path.name for path in (tmp_path / "owners").iterdir()] == [me.id]
    me.leave()


def test_who_leaves_is_gone(tmp_path: Path) -> None:
    first, second = Owner.enter(tmp_path), Owner.enter(tmp_path)
    assert first.is_alive(first.id)
    assert first.is_alive(second.id)
    second.leave()
    second.leave()
    assert not first.is_alive(second.id)
    first.leave()
    assert list((tmp_path / "owners").iterdir()) == []


def test_an_owner_on_another_machine_counts_as_alive(tmp_path: Path) -> None:
    here, shared = Owner.enter(tmp_path), Owner.enter(tmp_path, local=False)
    assert not here.is_alive("elsewhere")
    assert shared.is_alive("elsewhere")
    here.leave()
    shared.leave()
