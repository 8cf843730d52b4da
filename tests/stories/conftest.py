"""A bot and a small repository for the stories."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.repository import small_repository
from tests.support.talk import Talk, talking


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a repository with two weeks of work and two open branches."""
    return small_repository(tmp_path / "shop")


@pytest.fixture
async def talk(tmp_path: Path, repository: Path) -> AsyncIterator[Talk]:
    """Return a bot that nobody has talked to yet."""
    async with talking(tmp_path / "home", tmp_path) as talk:
        yield talk


@pytest.fixture
async def ready(talk: Talk, repository: Path) -> Talk:
    """Return a bot that knows the repository as `shop` and has run its weekly report."""
    await talk.say(f"/source add git name=shop path={repository}")
    await talk.say("/report run weekly source=shop window=2026-11-09..2026-11-16")
    return talk
