"""Where a run went, told in words; what did not arrive is sent again by a button; what waited is shown on return."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from commands.door import Visitor
from model.card import Card
from model.delivery import Address, Delivery, DeliveryState, Payload, Platform, Receipt
from model.ids import EventId, WorkspaceId
from model.language import Code, Message
from model.report import Run
from storage.claims_deliveries import Wanted
from storage.presence import serving
from tests.support.talk import NOW, Talk, text
from tests.support.typed import Arb

_OPS = Address(Platform.WEBHOOK, "acme", "ops")

_WHY = Message("It answered {status}.", {"status": "503"})
_WORDS = {
    "en": ("sent 20 Nov 2026", "not sent: It answered 503", "unknown: it may have arrived", "waiting, next try"),
    "ko": ("에 보냄", "보내지 못함: ", "알 수 없음: 도착했을 수도", "대기 중, 다음 시도"),
}


async def _workspace(talk: Talk) -> WorkspaceId:
    return await talk.app.workshop.db.entrances.enter(Platform.TERMINAL, "acme")


async def _newest(talk: Talk) -> Run:
    async with talk.app.workshop.db.read(await _workspace(talk)) as stores:
        return await stores.runs.named("last")


async def _of(talk: Talk) -> Sequence[Delivery]:
    async with talk.app.workshop.db.read(await _workspace(talk)) as stores:
        return [one for one in await stores.deliveries.of_run((await _newest(talk)).id) if not one.to.private]


async def _went(talk: Talk, *states: DeliveryState) -> None:
    """Have the newest run go to so many places, and end there like this."""
    db, run = talk.app.workshop.db, await _newest(talk)
    for n, state in enumerate(states):
        to = Address(Platform.WEBHOOK, "acme", f"ops{n}")
        async with db.write(run.workspace) as stores:
            await stores.deliveries.put(to, [Payload({"text": "x"})], run=run.id)
        (one,) = await db.outgoing.claim(talk.app.owner, Wanted((Platform.WEBHOOK,), (), {}), 1, 40)
        async with db.write(run.workspace) as stores:
            match state:
                case DeliveryState.SENT:
                    await stores.deliveries.sent(one, Receipt("c", "m", NOW), 1)
                case DeliveryState.WAITING:
                    await stores.deliveries.wait(one, NOW + timedelta(minutes=5), _WHY)
                case _:
                    await stores.deliveries.end(one, state, _WHY)


@pytest.mark.parametrize("lang", ["en", "ko"])
async def test_show_says_where_a_run_went(ready: Talk, lang: Code) -> None:
    await _went(ready, DeliveryState.SENT, DeliveryState.REFUSED, DeliveryState.UNKNOWN, DeliveryState.WAITING)
    shown = await ready.say("/report show last", lang=lang)
    for words in _WORDS[lang]:
        assert words in text(shown)
    again = [one.label for one in shown.card.actions if one.command == "report resend"]
    assert len(again) == 2


async def test_a_run_that_only_its_reader_saw_says_nothing_of_it(ready: Talk) -> None:
    assert "Where it went" not in text(await ready.say("/report show last"))


async def test_what_may_have_arrived_is_sent_again_by_its_button(ready: Talk) -> None:
    await _went(ready, DeliveryState.UNKNOWN, DeliveryState.REFUSED)
    shown = await ready.say("/report show last")
    (pressed,) = await ready.press(shown, "Send again: webhook ops0")
    assert "1 message is sent again" in text(pressed)
    first, second = await _of(ready)
    assert (first.state, first.repeated) == (DeliveryState.WAITING, True)
    assert second.state is DeliveryState.REFUSED
    assert "1 message is sent again" in text(await ready.say("/report resend last"))
    assert "needs to be sent again" in text(await ready.say("/report resend last"))


async def test_only_who_may_sends_again(ready: Talk) -> None:
    await _went(ready, DeliveryState.REFUSED)
    assert (await ready.say("/report resend last", user="jun")).kind == "error"
    assert [one.state for one in await _of(ready)] == [DeliveryState.REFUSED]


async def test_cancel_takes_back_what_waits(ready: Talk) -> None:
    await _went(ready, DeliveryState.WAITING, DeliveryState.SENT)
    assert "1 message of it that waited will not be sent" in text(await ready.say("/report cancel last"))
    assert [one.state for one in await _of(ready)] == [DeliveryState.REFUSED, DeliveryState.SENT]
    assert (await ready.say("/report cancel last")).kind == "error"


async def test_a_report_waits_for_whoever_went_away(ready: Talk) -> None:
    """Its process is gone; the next time it is shown first, once, with buttons that work."""
    visitor = Visitor("mina", "mina", Address(Platform.TERMINAL, "acme", "mina", "a process that is no more"), "en")
    line = "/report run weekly source=shop window=2026-11-02..2026-11-09"
    await ready.app.door.say(EventId("terminal:left"), visitor, line)
    await ready.app.runs.drain()
    await ready.app.outbox.drain()
    first, *rest = await ready.hear("/arb status")
    assert "2–8 Nov 2026" in text(first)
    assert len(rest) == 1
    assert len(await ready.hear("/arb status")) == 1
    assert (await ready.press(first, "Why?"))[-1].kind == "card"


async def test_a_failed_run_is_told_to_who_waits(ready: Talk) -> None:
    visitor = Visitor("mina", "mina", Address(Platform.TERMINAL, "acme", "mina", "a process that is no more"), "en")
    await ready.app.door.say(EventId("terminal:left"), visitor, "/report run weekly source=shop")
    await ready.say("/arb me", user="jun")
    await ready.say("/arb role jun admin")
    cancelled = (await ready.say("/report cancel last", user="jun")).card
    assert isinstance(cancelled, Card)
    first, *_ = await ready.hear("/arb status")
    assert first.kind == "error"
    assert "jun cancelled it" in text(first)


def test_a_line_leaves_sending_to_whoever_stays(arb: Arb, tmp_path: Path, repository: Path) -> None:
    """While somebody serves, `arb say` sends to its own terminal alone; without him it sends all that waits."""
    home, week = tmp_path / "home", "window=2026-11-09..2026-11-16"
    for line in (
        f"/source add git name=shop path={repository}",
        "/destination add file name=archive form=txt",
        "/report new name=web template=weekly destinations=archive",
    ):
        assert arb(home, "say", line, root=tmp_path).returncode == 0
    with serving(home):
        shown = arb(home, "say", f"/report run web people=no {week}", root=tmp_path)
        assert "commits" in shown.stdout.lower(), shown.stderr
        assert arb(home, "say", "/report post last", root=tmp_path).returncode == 0
        assert list((home / "outbox").iterdir()) == []
        assert "archive: waiting" in arb(home, "say", "/report show last", root=tmp_path).stdout
    assert arb(home, "say", "/arb help", root=tmp_path).returncode == 0
    assert len(list((home / "outbox").iterdir())) == 1


async def test_a_part_that_did_not_arrive_is_told(ready: Talk) -> None:
    """A message is not sent while a part of it is not."""
    db, run = ready.app.workshop.db, await _newest(ready)
    async with db.write(run.workspace) as stores:
        await stores.deliveries.put(_OPS, [Payload({"text": "root"}), Payload({"text": "part"})], run=run.id)
    hook = Wanted((Platform.WEBHOOK,), (), {})
    for state in (DeliveryState.SENT, DeliveryState.REFUSED):
        (one,) = await db.outgoing.claim(ready.app.owner, hook, 1, 40)
        async with db.write(run.workspace) as stores:
            if state is DeliveryState.SENT:
                await stores.deliveries.sent(one, Receipt("c", "m", NOW), 1)
            else:
                await stores.deliveries.end(one, state, _WHY)
    shown = await ready.say("/report show last")
    assert "webhook ops: part 2 of 2: not sent: It answered 503" in text(shown)
    assert "2개 중 2번째 부분: 보내지 못함" in text(await ready.say("/report show last", lang="ko"))
    (pressed,) = await ready.press(shown, "Send again: webhook ops")
    assert "1 message is sent again" in text(pressed)
    assert [one.state for one in await _of(ready)] == [DeliveryState.SENT, DeliveryState.WAITING]


@pytest.mark.parametrize("lang", ["en", "ko"])
async def test_who_may_not_resume_a_place_does_not_by_sending_again(ready: Talk, lang: Code) -> None:
    """An editor paused it; a viewer whose run was posted there has it sent again, and it waits."""
    await ready.say("/arb me", user="jun")
    await ready.say("/report run weekly source=shop window=2026-11-09..2026-11-16", user="jun")
    await _went(ready, DeliveryState.REFUSED)
    (one,) = await _of(ready)
    async with ready.app.workshop.db.write(await _workspace(ready)) as stores:
        await stores.places.close(one.to, _WHY, whole=False)
    told = text(await ready.say("/report resend last", user="jun", lang=lang))
    assert {"en": "once an editor resumes it", "ko": "편집자가 다시 시작"}[lang] in told
    async with ready.app.workshop.db.read(await _workspace(ready)) as stores:
        assert await stores.places.closed(one.to) is not None
    assert [one.state for one in await _of(ready)] == [DeliveryState.WAITING]
