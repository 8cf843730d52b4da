"""Tickets of a help desk over JSON, from `/source add` to the report, in both languages."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from model.card import Tone
from model.language import Code
from tests.stories.test_forms import submit
from tests.support.json_api import SECRET, Service, service
from tests.support.outside import response, saying
from tests.support.talk import Talk, talking, text

_LIST = (
    "records=. figures='tickets \"Tickets\" (by=status) = count' labels='status = state' numbers='amount = total.value'"
)
_RUN = "/report run weekly source=desk window=2026-11-09..2026-11-16"


@pytest.fixture
async def there() -> AsyncIterator[Service]:
    """Return a help desk with tickets of two weeks."""
    async with service() as there:
        for number in range(1, 9):
            there.add(number, f"2026-11-{9 + number % 5:02}T10:00:00Z", state="open" if number % 3 else "done")
        there.add(90, "2026-11-01T10:00:00Z", state="open")
        there.add(91, "2026-11-03T10:00:00Z", state="open")
        yield there


@pytest.fixture
async def talk(tmp_path: Path, there: Service) -> AsyncIterator[Talk]:
    async with talking(tmp_path / "home", tmp_path, opened=("127.0.0.1",)) as talk:
        yield talk


async def _added(talk: Talk, there: Service, settings: str, lang: Code = "en") -> None:
    asked = await talk.say(f"/source add json name=desk url={there.url} access=headers {settings}", lang=lang)
    assert asked.form is not None, text(asked)
    done = await submit(talk, asked, {"headers": f"Authorization: {SECRET}"})
    assert done.kind == "card", text(done)


async def _all(talk: Talk, line: str, lang: Code = "en") -> str:
    """Return the report together with what its owner is told beside it."""
    return "\n".join([text(said) for said in await talk.hear(line, lang=lang)])


async def test_a_week_of_tickets(talk: Talk, there: Service, tmp_path: Path) -> None:
    """Counted, compared with the week before; the secret is asked for in a form and stands nowhere."""
    await _added(talk, there, _LIST)
    report = await talk.say(_RUN)
    assert "Tickets: 8 (1 the week before)." in text(report), text(report)
    assert "desk 1/1" in text(report)
    assert (await talk.say("/report verify last")).card.tone is Tone.GOOD
    assert "11, 1 of the last 7 days" in text(await talk.say("/source show desk"))
    data = b"".join(path.read_bytes() for path in (tmp_path / "home").glob("arb.db*"))
    assert b"canary" not in data


async def test_the_same_in_korean(talk: Talk, there: Service) -> None:
    """From the form to the report; what is wrong is told in Korean too."""
    await _added(talk, there, "figures='open \"열린 티켓\" (unit=count) = length(@)'", "ko")
    shown = text(await talk.say(_RUN.replace("2026-11-09..2026-11-16", "2026-11-16..2026-11-23"), lang="ko"))
    assert "열린 티켓: 10" in shown, shown
    there.faults += [saying(response(200, b"[NaN]"))] * 2
    again = await _all(talk, _RUN.replace("2026-11-09..2026-11-16", "2026-11-16..2026-11-23"), "ko")
    assert "응답이 UTF-8 JSON이 아닙니다." in again, again
    assert "열린 티켓: 10" not in again


async def test_what_could_not_be_read_has_no_figure(talk: Talk, there: Service) -> None:
    """Although some of it was stored before it broke off."""
    await _added(talk, there, _LIST)
    there.tickets[5]["created_at"] = "soon"
    shown = await _all(talk, _RUN)
    assert "desk 0/1 (Entry 6 has no time that can be read" in shown, shown
    assert "Tickets: " not in shown


async def test_without_its_headers_it_is_not_added(talk: Talk, there: Service) -> None:
    said = await talk.say(f"/source add json name=desk url={there.url} {_LIST}")
    assert said.kind == "error"
    assert "access=headers" in text(said)
    assert "no source" in text(await talk.say("/source list"))
    wrong = await talk.say(f"/source add json name=desk url={there.url} records=. figures='tickets = sum it'")
    assert wrong.form is not None
    assert "neither a label nor a number" in text(wrong)
