"""The real process: `arb` as it is typed."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.support.typed import Arb, from_nothing, messages


def test_say_json_prints_one_object_per_message(arb: Arb, tmp_path: Path, repository: Path) -> None:
    """Progress, then the report; exit code 0; buttons can be pressed by a later process."""
    home = tmp_path / "home"
    added = from_nothing(home, "say", "/source add git name=shop path=shop", root=tmp_path)
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


def test_error_exits_with_1(arb: Arb, tmp_path: Path) -> None:
    """Scripts can tell."""
    done = arb(tmp_path / "home", "say", "--json", "/report rnu weekly")
    assert done.returncode == 1
    assert messages(done)[0]["kind"] == "error"


@pytest.mark.parametrize(
    ("name", "value"),
    [("ARB_TIME_ZONE", "Mars/Olympus"), ("ARB_MASTER_KEYS", "short"), ("ARB_LOG_LEVEL", "LOUD")],
)
def test_wrong_setting_stops_the_start(arb: Arb, tmp_path: Path, name: str, value: str) -> None:
    """The variable is named; its value is not."""
    done = arb(tmp_path / "home", "say", "/arb help", root=None, typed="", **{name: value})
    assert done.returncode == 2
    assert name in done.stderr
    assert "Traceback" not in done.stderr


def test_chat_takes_plain_lines_where_there_is_no_terminal(arb: Arb, tmp_path: Path, repository: Path) -> None:
    """A number presses a button of the card before."""
    typed = "/source add git name=shop path=shop\n/report run weekly window=2026-11-09..2026-11-16\n1\nexit\n"
    done = arb(tmp_path / "home", "chat", root=tmp_path, typed=typed)
    assert done.returncode == 0, done.stderr
    assert "Engineering week · 9–15 Nov 2026" in done.stdout
    assert "Traceback" not in done.stderr


def test_demo_falls_back_to_the_last_week_with_commits(arb: Arb, tmp_path: Path, repository: Path) -> None:
    """It says so, prints the report and writes both files; a second call works too."""
    for _ in range(2):
        done = arb(tmp_path / "home", "demo", str(repository), "--out", str(tmp_path / "demo"), root=tmp_path)
        assert done.returncode == 0, done.stderr
        assert "Engineering week" in done.stdout
        assert (tmp_path / "demo" / "weekly.html").stat().st_size > 2000
        assert (tmp_path / "demo" / "weekly.md").stat().st_size > 500


def test_demo_of_a_folder_without_repository_says_so(arb: Arb, tmp_path: Path) -> None:
    """A clear error, no traceback."""
    (tmp_path / "empty").mkdir()
    done = arb(tmp_path / "home", "demo", str(tmp_path / "empty"), root=tmp_path)
    assert done.returncode == 1
    assert "Traceback" not in done.stderr
