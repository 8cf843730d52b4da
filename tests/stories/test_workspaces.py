"""One team on several platforms: a server of Discord is brought into a terminal's workspace."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import timedelta

import pytest

from commands.door import Answer, Visitor
from model.card import Card
from model.delivery import Address, Platform
from model.ids import EventId, row_id
from model.language import Code
from model.member import Role
from tests.stories.test_people import code_of
from tests.support.talk import FixedClock, Talk, text
from writers import plain

_SAYS = {
    "en": ("Bring everybody here into the workspace of mina?", "Bring everybody along", "in the workspace of mina now",
           "You are Minnie here now.", "workspace of its own again"),
    "ko": ("여기 있는 모든 사람을 mina의 워크스페이스로 옮길까요?", "모두 함께 옮기기",
           "mina의 워크스페이스에 있습니다", "이제 여기에서는 Minnie입니다.", "다시 독립된 워크스페이스"),
}  # fmt: skip


@dataclass
class Server:
    """A server of Discord in which people talk to the same bot."""

    talk: Talk
    lang: Code = "en"
    account: str = "200000000000000009"
    users: dict[str, Role] = field(default_factory=lambda: {"7": Role.OWNER, "8": Role.NOBODY})

    def _visitor(self, user: str) -> Visitor:
        here = Address(Platform.DISCORD, self.account, "300")
        return Visitor(user, f"user{user}", here, self.lang, self.users[user], groups=())

    async def say(self, line: str, user: str = "7") -> Card:
        return _card(await self.talk.app.door.say(_event(), self._visitor(user), line))

    async def press(self, card: Card, label: str, user: str = "7") -> Card:
        id = next(str(one.id) for one in card.actions if one.label == label)
        return _card(await self.talk.app.door.press(_event(), self._visitor(user), id))


def _event() -> EventId:
    return EventId(f"discord:{row_id()}")


def _card(answer: Answer | None) -> Card:
    assert answer is not None
    assert isinstance(answer.shows, Card)
    return answer.shows


async def _opened(talk: Talk) -> str:
    return code_of(await talk.say("/arb link workspace"))


@pytest.mark.parametrize("lang", ["en", "ko"])
async def test_a_server_comes_into_a_terminals_workspace(ready: Talk, lang: Code) -> None:
    """Everybody there sees its sources; who is the same person has his role and language; it can be taken back."""
    asks, yes, done, one, again = _SAYS[lang]
    server = Server(ready, lang)
    await server.say("/arb me language=ko" if lang == "ko" else "/arb me language=en")
    asked = await server.say(f"/arb link {await _opened(ready)}")
    assert asks in plain.render(asked)
    assert done in plain.render(await server.press(asked, yes))
    assert "shop" in plain.render(await server.say("/source list"))

    await ready.say(f"/arb me shown=Minnie language={lang}")
    mine = await server.say(f"/arb link {code_of(await ready.say('/arb link'))}")
    assert one in plain.render(await server.press(mine, "Yes, that is me" if lang == "en" else "네, 저입니다"))
    me = plain.render(await server.say("/arb me"))
    assert "terminal:mina" in me
    assert "discord:7" in me
    assert "Minnie" in me
    assert "discord:200000000000000009" in text(await ready.say("/arb audit", lang="en"))

    assert again in plain.render(await server.say("/arb unlink workspace"))
    assert "shop" not in plain.render(await server.say("/source list"))
    assert "shop" in text(await ready.say("/source list"))


async def test_the_one_asked_for_a_report_gets_it_where_he_asked(ready: Talk) -> None:
    """A run of the other platform's person is the same workspace's: it is listed for both."""
    server = Server(ready)
    await server.press(await server.say(f"/arb link {await _opened(ready)}"), "Bring everybody along")
    await server.press(await server.say(f"/arb link {code_of(await ready.say('/arb link'))}"), "Yes, that is me")
    started = await server.say("/report run weekly source=shop window=2026-11-09..2026-11-16")
    assert started.run is not None
    assert started.run in text(await ready.say("/report history"))


async def test_who_may_not_and_what_cannot(ready: Talk) -> None:
    """Owners only, on both sides; an empty one only; each code once, for ten minutes, and elsewhere."""
    server = Server(ready)
    await ready.say("/arb me", user="jun")
    assert "Only an owner" in text(await ready.say("/arb link workspace", user="jun"))
    code = await _opened(ready)
    assert "not good" in text(await ready.say(f"/arb link {code}", user="jun"))  # it ties nobody
    await server.say("/arb me")
    server.users["9"] = Role.ADMIN
    assert "Only an owner" in plain.render(await server.say(f"/arb link {code}", user="9"))
    assert "has its Terminal already" in text(await ready.say(f"/arb link {code} confirmed=yes", workspace="rival"))
    assert "at home" in plain.render(await server.say("/arb unlink workspace"))
    await server.say("/target set commits at least 20")
    assert "only an empty one" in plain.render(await server.say(f"/arb link {code} confirmed=yes"))
    await server.say("/target remove commits")
    clock = ready.app.workshop.clock
    assert isinstance(clock, FixedClock)
    clock.at += timedelta(minutes=10)
    assert "not good" in plain.render(await server.say(f"/arb link {code} confirmed=yes"))
    code = await _opened(ready)
    assert "now" in plain.render(await server.say(f"/arb link {code} confirmed=yes"))
    assert "not good" in text(await ready.say(f"/arb link {code} confirmed=yes", workspace="third"))


async def test_one_that_was_brought_takes_nobody_along(ready: Talk) -> None:
    """Chains would leave people in a workspace that nobody enters."""
    server = Server(ready)
    await server.say(f"/arb link {await _opened(ready)} confirmed=yes")
    code = code_of(await ready.say("/arb link workspace", workspace="fourth"))
    refused = text(await ready.say(f"/arb link {code} confirmed=yes"))
    assert "Others were brought into this workspace" in refused


async def test_reports_that_go_there_keep_it(ready: Talk) -> None:
    """A place is not taken back while something is still sent to it."""
    server = Server(ready)
    await server.say(f"/arb link {await _opened(ready)} confirmed=yes")
    db = ready.app.workshop.db
    workspace = await db.entrances.enter(Platform.DISCORD, server.account)
    async with db.write(workspace) as stores:
        owner = (await stores.members.all())[0].id
        await stores.destinations.add("#eng", "discord", {}, owner, Address(Platform.DISCORD, server.account, "300"))
    assert "Reports still go to this place" in plain.render(await server.say("/arb unlink workspace"))
    async with db.write(workspace) as stores:
        await stores.destinations.remove((await stores.destinations.named("#eng")).id)
    assert "of its own again" in plain.render(await server.say("/arb unlink workspace"))
