"""A bot and a small repository for the stories.

Every story of a process has the same folder, emptied before it: what was prepared there once, a repository and a bot
that knows it, is put back from a copy.
"""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests.support.repository import small_repository
from tests.support.talk import Talk, talking


@pytest.fixture(scope="session")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder in which the stories of this process play, and their copies lie beside it."""
    return tmp_path_factory.mktemp("stories") / "stage"


@pytest.fixture
def tmp_path(stage: Path) -> Path:
    """Return an empty folder, the same one for every story."""
    shutil.rmtree(stage, ignore_errors=True)
    stage.mkdir()
    return stage


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """Return a repository with two weeks of work and two open branches."""
    kept = tmp_path.with_name("shop")
    if not kept.exists():
        small_repository(kept)
    return Path(shutil.copytree(kept, tmp_path / "shop"))


@pytest.fixture
async def talk(tmp_path: Path, repository: Path) -> AsyncIterator[Talk]:
    """Return a bot that nobody has talked to yet."""
    async with talking(tmp_path / "home", tmp_path) as talk:
        yield talk


@pytest.fixture
async def ready(tmp_path: Path, repository: Path) -> AsyncIterator[Talk]:
    """Return a bot that knows the repository as `shop` and has run its weekly report."""
    home, kept = tmp_path / "home", tmp_path.with_name("home")
    if not kept.exists():
        async with talking(home, tmp_path) as talk:
            await talk.say(f"/source add git name=shop path={repository}")
            await talk.say("/report run weekly source=shop window=2026-11-09..2026-11-16")
        shutil.copytree(home, kept)
        shutil.rmtree(home)
    shutil.copytree(kept, home)
    async with talking(home, tmp_path) as talk:
        yield talk
