"""An answer as it comes, at the terminal: checked sentences on one line, then the whole in its place; and stopped."""

from __future__ import annotations

import asyncio
import io
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from bot.platforms.status_line import StatusLine
from bot.platforms.terminal import Said, Terminal
from model.card import plain
from tests.stories.test_models import bot, remark
from tests.support.model_provider import Provider, model_provider
from tests.support.pace import SHOWN, both, paced
from tests.support.talk import Talk, text

_RUN = "/report run weekly source=shop window=2026-11-09..2026-11-16"


@pytest.fixture
def provider() -> Iterator[Provider]:
    with model_provider() as made:
        made.says = both
        yield made


@asynccontextmanager
async def _asking(talk: Talk, heard: list[Said]) -> AsyncIterator[tuple[asyncio.Task[bool], io.StringIO]]:
    """Ask at a terminal that has a line for how far it is; wait until the first sentence stands there."""
    out = io.StringIO()
    terminal = Terminal(talk.app, "mina", "acme", "en", heard.append, status=StatusLine(out))
    asking = asyncio.create_task(terminal.say("/ask how many commits?"))
    async with asyncio.timeout(30):
        while SHOWN[0] not in out.getvalue():
            assert not asking.done(), heard
            await asyncio.sleep(0.02)
    yield asking, out
    asking.cancel()


async def test_an_answer_comes_sentence_by_sentence(provider: Provider, tmp_path: Path, repository: Path) -> None:
    """What has passed the gate is shown while the rest is on its way; stopped, nothing more is said."""
    async with bot(provider, tmp_path) as talk:
        await talk.say("/arb settings models=claude")
        await talk.say(_RUN)
        heard: list[Said] = []
        with paced(provider) as pace:
            async with _asking(talk, heard) as (asking, out):
                assert "claude-sonnet-5-5 is writing" in out.getvalue()
                assert not heard
                assert SHOWN[1] not in out.getvalue()
                pace.go.set()
                assert await asking
        assert [plain(line) for line in remark(heard[-1]).lines] == list(SHOWN)
        assert out.getvalue().endswith("\r\x1b[K"), "the line is taken away"
        heard.clear()
        with paced(provider):
            async with _asking(talk, heard) as (asking, _):
                assert "1 question was stopped" in text(await talk.say("/ask stop"))
                assert not await asking
        assert not heard
        assert "Commits: 4" in text(await talk.say("/ask how many commits?"))
