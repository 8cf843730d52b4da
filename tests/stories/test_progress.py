"""Whoever waits for a run sees how far it is."""

from __future__ import annotations

import io
import os
import pty
import re
import select
import shutil
import subprocess
import time
from pathlib import Path

import pytest

from bot.platforms.status_line import StatusLine
from commands.door import Visitor
from model.card import Card
from model.delivery import Address, Platform
from model.ids import EventId, RunId
from model.language import Code
from storage.progress import Progress
from tests.support.talk import Talk
from tests.support.typed import ARB, Arb
from writers import plain

_ROOT = Path(__file__).parents[2]
_SAYS = {
    "en": ("It waits for its turn.", "Reading sources", "Reading sources: 2 of 3", "Working out the figures"),
    "ko": ("차례를 기다리고 있습니다.", "소스 읽는 중", "소스 읽는 중: 3개 중 2개", "수치 측정 중"),
}


@pytest.mark.parametrize("lang", ["en", "ko"])
async def test_show_tells_how_far_a_run_is(ready: Talk, lang: Code) -> None:
    """What it does now, and how much of that is done."""
    visitor = Visitor("mina", "mina", Address(Platform.TERMINAL, "acme", "mina"), lang)

    async def shown(cause: str) -> str:
        answer = await ready.app.door.say(EventId(f"terminal:{cause}"), visitor, "/report show last")
        assert answer is not None
        assert isinstance(answer.shows, Card)
        return plain.render(answer.shows)

    waits, begins, reads, measures = _SAYS[lang]
    await ready.app.door.say(EventId("terminal:asked"), visitor, "/report run weekly")
    assert waits in await shown("1")
    db = ready.app.workshop.db
    (claim,) = await db.claims.claim_runs(ready.app.owner, 1, 30.0)
    assert re.search(rf"{begins}$", await shown("2"), re.MULTILINE)
    for said, progress in ((reads, Progress("collect", 2, 3)), (measures, Progress("measure"))):
        async with db.write(claim.workspace) as stores:
            assert await stores.progress.note(RunId(claim.id), progress, claim.fence)
        assert said in await shown(said)
    async with db.write(claim.workspace) as stores:  # a step that is done: what was written of it is old
        await stores.runs.finish(RunId(claim.id), "collect", b"x", claim.fence, 1.0)
        assert await stores.progress.note(RunId(claim.id), Progress("collect", 2, 3), claim.fence)
    assert measures in await shown("4")


def test_the_line_is_written_over_itself_and_fits(monkeypatch: pytest.MonkeyPatch) -> None:
    """A line that is too long would leave its beginning behind; a Korean letter takes two columns."""
    monkeypatch.setenv("COLUMNS", "20")
    out = io.StringIO()
    line = StatusLine(out)
    for text in ("7Q2F · 소스 읽는 중: 3개 중 2개", "7Q2F · 소스 읽는 중: 3개 중 2개", "short"):
        line.show(text)
    line.clear()
    line.clear()
    assert out.getvalue() == "\r\x1b[K7Q2F · 소스 읽는\r\x1b[Kshort\r\x1b[K"


_GIT = """#!/bin/sh
while [ -e "$(dirname "$0")/hold" ]; do sleep 0.05; done
exec {git} "$@"
"""


def _waiting_git(folder: Path) -> Path:
    """Return a file; as long as it is there, git waits."""
    folder.mkdir()
    (folder / "git").write_text(_GIT.format(git=shutil.which("git")))
    (folder / "git").chmod(0o755)
    return folder / "hold"


def _read(terminal: int, until: str, so_far: str = "") -> str:
    """Return what stands on a terminal once a text is there."""
    end = time.monotonic() + 30
    while until not in so_far:
        ready, _, _ = select.select([terminal], [], [], max(0.0, end - time.monotonic()))
        assert ready, so_far
        so_far += os.read(terminal, 65536).decode("utf-8", "replace")
    return so_far


@pytest.mark.some(of=lambda case: case["lang"] == "ko")
@pytest.mark.parametrize("lang", ["en", "ko"])
def test_chat_shows_it_on_one_line(arb: Arb, tmp_path: Path, repository: Path, lang: str) -> None:
    """At a real terminal; before the card comes, the line is taken away."""
    home, bin_ = tmp_path / "home", tmp_path / "bin"
    hold = _waiting_git(bin_)
    arb(home, "say", f"/source add git name=shop path={repository}", root=tmp_path)
    ours, theirs = pty.openpty()
    env = {
        "PATH": f"{bin_}:{os.environ['PATH']}", "PYTHONPATH": str(_ROOT), "ARB_HOME": str(home), "USER": "mina",
        "ARB_LANGUAGE": lang, "ARB_TIME_ZONE": "UTC", "PYTHONUTF8": "1", "ARB_GIT_ROOTS": str(tmp_path),
        "TERM": "xterm", "PROMPT_TOOLKIT_NO_CPR": "1", "COLUMNS": "100", "LINES": "40",
    }  # fmt: skip
    with subprocess.Popen([*ARB, "chat"], env=env, stdin=theirs, stdout=theirs, stderr=theirs, cwd=tmp_path) as chat:
        try:
            _read(ours, "arb>")
            hold.touch()
            os.write(ours, b"/report run weekly window=2026-11-09..2026-11-16\r")
            line = {"en": "Reading sources: 0 of 1", "ko": "소스 읽는 중: 1개 중 0개"}[lang]
            seen = _read(ours, line)
            hold.unlink()
            seen = _read(ours, "arb>", seen[seen.index(line) :])
            assert seen.startswith(f"{line}\r\x1b[K"), seen
            assert seen.count(line) == 1
            os.write(ours, b"exit\r")
            assert chat.wait(20) == 0
        finally:
            chat.kill()
    os.close(ours)
    os.close(theirs)
