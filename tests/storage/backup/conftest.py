"""Databases that a test has for itself: a restore wants that nobody else is connected."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.databases import KINDS, Place, Server, with_tables


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Place]:
    """A migrated database of each kind that is nobody else's."""
    if request.param == "sqlite":
        yield Place("sqlite", None, with_tables(tmp_path / "home"))
        return
    server: Server = request.getfixturevalue("postgres_server")
    with server.fresh(request.getfixturevalue("postgres_template")) as name:
        yield Place("postgres", server.database(name), tmp_path / "home")
