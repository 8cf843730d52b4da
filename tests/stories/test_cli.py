"""The real process: `arb` as it is typed."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

ARB = [sys.executable, "-m", "bot.cli"]
_ROOT = Path(__file__).parents[2]


def arb(
    home: Path, *arguments: str, root: Path | None = None, typed: str = "", **more: str
) -> subprocess.CompletedProcess[str]:
    """Run `arb` in an environment that is empty but for what is given."""
    env = {
        "PATH": os.environ["PATH"], "PYTHONPATH": str(_ROOT), "ARB_HOME": str(home), "USER": "mina",
        "ARB_LANGUAGE": "en", "ARB_TIME_ZONE": "UTC", "PYTHONWARNINGS": "error", "PYTHONUTF8": "1",
        **more,
    }  # fmt: skip
    if root is not None:
        env["ARB_GIT_ROOTS"] = str(root)
    return subprocess.run(
        [*ARB, *arguments],
        check=False,
        env=env,
        cwd=root or home.parent,
        input=typed,
        capture_output=True,
        text=True,
        timeout=60,
    )


def messages(done: subprocess.CompletedProcess[str]) -> list[dict[str, object]]:
    """Return the messages of a --json call."""
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_say_json_prints_one_object_per_message(tmp_path: Path, repository: Path) -> None:
    """Progress, then the report; exit code 0; buttons can be pressed by a later process."""
    home = tmp_path / "home"
    added = arb(home, "say", "/source add git name=shop path=shop", root=tmp_path)
    assert added.returncode == 0, added.stderr
    done = arb(home, "say", "--json", "/report run weekly source=shop window=2026-11-09..2026-11-16", root=tmp_path)
    progress, report = messages(done)
    assert done.returncode == 0, done.stderr
    assert (progress["kind"], report["kind"]) == ("progress", "card")
    assert set(report) == {"kind", "title", "text", "actions", "fields", "private", "files", "run"}
    actions = {a["label"]: a["id"] for a in report["actions"]}  # type: ignore[attr-defined]
    pressed = arb(home, "say", "--json", "--press", actions["Why?"], root=tmp_path)
    assert pressed.returncode == 0
    assert messages(pressed)[0]["kind"] == "card"


def test_error_exits_with_1(tmp_path: Path) -> None:
    """Scripts can tell."""
    done = arb(tmp_path / "home", "say", "--json", "/report rnu weekly")
    assert done.returncode == 1
    assert messages(done)[0]["kind"] == "error"


@pytest.mark.parametrize(
    ("name", "value"),
    [("ARB_TIME_ZONE", "Mars/Olympus"), ("ARB_MASTER_KEYS", "short"), ("ARB_LOG_LEVEL", "LOUD")],
)
def test_wrong_setting_stops_the_start(tmp_path: Path, name: str, value: str) -> None:
    """The variable is named; its value is not."""
    env = {**os.environ, "ARB_HOME": str(tmp_path / "home"), name: value}
    done = subprocess.run(
        [*ARB, "say", "/arb help"], check=False, env=env, cwd=_ROOT, capture_output=True, text=True, timeout=60
    )
    assert done.returncode == 2
    assert name in done.stderr
    assert "Traceback" not in done.stderr


def test_chat_takes_plain_lines_where_there_is_no_terminal(tmp_path: Path, repository: Path) -> None:
    """A number presses a button of the card before."""
    typed = "/source add git name=shop path=shop\n/report run weekly window=2026-11-09..2026-11-16\n1\nexit\n"
    done = arb(tmp_path / "home", "chat", root=tmp_path, typed=typed)
    assert done.returncode == 0, done.stderr
    assert "Engineering week · 9–15 Nov 2026" in done.stdout
    assert "Traceback" not in done.stderr


def test_demo_falls_back_to_the_last_week_with_commits(tmp_path: Path, repository: Path) -> None:
    """It says so, prints the report and writes both files; a second call works too."""
    for _ in range(2):
        done = arb(tmp_path / "home", "demo", str(repository), "--out", str(tmp_path / "demo"), root=tmp_path)
        assert done.returncode == 0, done.stderr
        assert "Engineering week" in done.stdout
        assert (tmp_path / "demo" / "weekly.html").stat().st_size > 2000
        assert (tmp_path / "demo" / "weekly.md").stat().st_size > 500


def test_demo_of_a_folder_without_repository_says_so(tmp_path: Path) -> None:
    """A clear error, no traceback."""
    (tmp_path / "empty").mkdir()
    done = arb(tmp_path / "home", "demo", str(tmp_path / "empty"), root=tmp_path)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
