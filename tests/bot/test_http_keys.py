"""Programs with keys over real sockets: who is let in, how many, and that nothing is told to those who are not."""

from __future__ import annotations

import logging
from pathlib import Path

import pytest

from tests.bot.web import Got, Web, web
from tests.stories.test_keys import made
from tests.support.talk import Talk


def limits(got: Got) -> tuple[int, int]:
    return int(got.headers["x-ratelimit-limit"]), int(got.headers["x-ratelimit-remaining"])


async def asked(here: Web, key: str, **headers: str) -> Got:
    return await here.get("/api/key", x_api_key=key, **headers)


async def test_a_good_key_and_no_other(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    """By either header, for its tenant alone, while its owner may; wrong ones are answered alike, and not logged."""
    with caplog.at_level(logging.DEBUG, "bot"):
        async with web(tmp_path / "home") as here:
            talk = Talk(here.app)
            key = await made(talk)
            told = await asked(here, key, x_tenant="acme")
            assert (told.status, told.json["tenants"], told.json["may"]) == (200, ["acme"], ["ingest", "read"])
            assert limits(told) == (100, 99)
            assert (await here.get("/api/key", authorization=f"Bearer {key}")).status == 200
            wrong = [await asked(here, one) for one in ("", key[:-1], key + "x", f"{key},{key}", "x" * 5000)]
            wrong += [await here.get(path) for path in (f"/api/key?x-api-key={key}", "/api/key")]
            assert {(one.status, one.body) for one in wrong} == {(401, wrong[0].body)}
            assert (await asked(here, key, x_tenant="rival")).status == 403
            only = await made(talk, "/arb keys new only may=ingest")
            assert (await asked(here, only)).json == {"error": "This key may not do that.", "needs": "read"}
            await talk.say("/arb keys revoke ci")
            assert (await asked(here, key)).body == wrong[0].body
    assert not any(secret in caplog.text for secret in (key, only))


async def test_how_many_may_come(tmp_path: Path) -> None:
    """A hundred a minute with a key; then 429, with when to go on. A header names nobody else."""
    async with web(tmp_path / "home") as here:
        talk = Talk(here.app)
        key, other = await made(talk), await made(talk, "/arb keys new other")
        for n in range(100):
            assert limits(await asked(here, key, x_forwarded_for=f"1.1.1.{n}")) == (100, 99 - n)
        full = await asked(here, key)
        assert (full.status, limits(full)) == (429, (100, 0))
        assert 1 <= int(full.headers["retry-after"]) <= 61
        assert (await asked(here, other)).status == 200
        async with here.app.workshop.db.read((await here.app.workshop.db.entrances.workspaces())[0]) as stores:
            counted = {one.name: one.requests for one in await stores.keys.all()}
    assert counted == {"ci": 100, "other": 1}


async def test_guessing_is_locked_out_by_address(tmp_path: Path) -> None:
    """Twenty wrong keys in a minute; behind a trusted proxy only whoever guessed is shut out."""
    async with web(tmp_path / "home", trusted_proxies="127.0.0.1") as here:
        key = await made(Talk(here.app))
        statuses = [(await asked(here, f"arb_{n}", x_forwarded_for="6.6.6.6")).status for n in range(22)]
        assert statuses == [401] * 20 + [429] * 2
        assert (await asked(here, key, x_forwarded_for="6.6.6.6")).status == 429
        assert (await asked(here, key, x_forwarded_for="6.6.6.6, 1.1.1.1")).status == 200
