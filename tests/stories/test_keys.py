"""API keys through the door: made, shown once, listed, made anew, ended; told of before they end."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest

from delivery.expiring import tell_of_keys
from model.language import Code
from tests.support.talk import NOW, FixedClock, Talk, text

_KEY = re.compile(r"arb_[\w-]{43}")


async def made(talk: Talk, line: str = "/arb keys new ci", lang: Code = "en") -> str:
    """Have a key made; return it."""
    said = await talk.say(line, lang=lang)
    assert said.kind == "card", text(said)
    (found,) = _KEY.findall(text(said))
    return str(found)


@pytest.mark.parametrize("lang", ["en", "ko"])
async def test_a_key_from_its_making_to_its_end(talk: Talk, lang: Code) -> None:
    """Shown once, and in no byte of the database; the audit knows who did what."""
    entrances = talk.app.workshop.db.entrances
    key = await made(talk, lang=lang)
    listed = text(await talk.say("/arb keys", lang=lang))
    assert key not in listed
    assert key[:8] in listed
    assert {"en": "push results in", "ko": "결과 보내기"}[lang] in listed
    again = await made(talk, "/arb keys rotate ci", lang=lang)
    assert again != key
    assert await entrances.key_holder(key) is not None
    last = await made(talk, "/arb keys rotate ci now=yes", lang=lang)
    assert await entrances.key_holder(again) is None
    assert await entrances.key_holder(last) is not None
    assert {"en": "revoked", "ko": "폐기"}[lang] in text(await talk.say("/arb keys revoke ci", lang=lang))
    assert await entrances.key_holder(last) is None
    data = b"".join(path.read_bytes() for path in talk.app.settings.home.glob("arb.db*"))
    assert not any(secret.encode() in data for secret in (key, again, last))
    audited = text(await talk.say("/arb audit what=arb", lang=lang))
    assert "what=revoke name=ci" in audited


async def test_who_may_have_one(talk: Talk) -> None:
    """An editor his own; nobody makes another's anew, and only admins end it."""
    await talk.say("/arb me")
    for user in ("jun", "sora"):
        await talk.say("/arb me", user=user)
    assert (await talk.say("/arb keys new mine", user="jun")).kind == "error"
    for user in ("jun", "sora"):
        await talk.say(f"/arb role {user} editor")
    jun = await talk.say("/arb keys new mine", user="jun")
    assert jun.kind == "card"
    for line, user in (("revoke", "sora"), ("rotate", "sora"), ("rotate", "mina")):
        assert (await talk.say(f"/arb keys {line} mine", user=user)).kind == "error", (line, user)
    assert (await talk.say("/arb keys revoke mine")).kind == "card"
    for line in ("new", "rotate mine2", "new mine", "new x days=366", "new x may=everything", "new ../x", "list x y z"):
        said = await talk.say(f"/arb keys {line}", user="jun")
        assert said.kind in ("error", "form"), (line, text(said))


async def test_a_key_in_a_line_is_not_kept(talk: Talk) -> None:
    key = await made(talk)
    assert (await talk.say(f"/arb help {key}")).kind == "error"
    data = b"".join(path.read_bytes() for path in talk.app.settings.home.glob("arb.db*"))
    assert key.encode() not in data


async def test_its_owner_is_told_before_it_ends(talk: Talk) -> None:
    """Once, with a button that makes it anew."""
    await made(talk)
    db = talk.app.workshop.db
    (workspace,) = await db.entrances.workspaces()
    clock = talk.app.workshop.clock
    assert isinstance(clock, FixedClock)
    for days, told in ((80, 0), (84, 1), (85, 1)):
        clock.at = NOW + timedelta(days=days)
        async with db.write(workspace) as stores:
            await tell_of_keys(stores)
        await talk.app.outbox.drain()
        heard = [said for said in await talk.hear("/arb keys") if "API key ci ends in" in said.card.title]
        assert len(heard) == (told if days == 84 else 0), days
        for said in heard:
            assert "0 requests came with it" in text(said)
            assert any("made anew" in text(one) for one in await talk.press(said, "Make it anew"))
