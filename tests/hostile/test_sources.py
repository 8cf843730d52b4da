"""The whole corpus through every other collector and every way in for what is pushed, and in questions about it.

Each attack is said to a model that obeys whatever it finds in its prompt, and to one that tries everything at once.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator
from pathlib import Path

import pytest

from analyzers.words.prompt import fenced
from bot.http import front
from bot.http_wire import wire
from bot.metrics import Metrics
from collectors.json_config import JsonConfig
from collectors.json_values import Elements
from collectors.measured import text
from collectors.qc import Unfitting, report_of
from sources.receive import work_off
from tests.bot.web import Web, served
from tests.conftest import PROVE
from tests.hostile.carriers import forge, letters
from tests.hostile.carriers_measured import KINDS, Field
from tests.hostile.corpus import CORPUS, Payload, omni
from tests.hostile.house import House, Json, Left, house
from tests.hostile.models import data_of, naive_discord, naive_slack
from tests.hostile.oracle import discord_violations, slack_violations, text_violations
from tests.hostile.test_house import SECRETS, block, says, violations
from tests.support.github import github
from tests.support.json_api import service
from tests.support.model_provider import KEY, Asked
from tests.support.prometheus import prometheus
from tests.support.talk import NOW

_MOST = 1_800
_AT_ONCE = 7  # answers of one run, and one that is right
TEMPLATES = {"shop": "business", "prom": "service-health", "quality": "qc"}


@pytest.fixture
async def besieged(tmp_path: Path) -> AsyncIterator[Field]:
    """Return a house with a source of every other kind: each has its part of the attacks, or all of them."""
    attacks = {kind: CORPUS if PROVE else CORPUS[n :: len(KINDS)] for n, kind in enumerate(KINDS)}
    with prometheus() as prom, github() as forged:
        forge(forged, attacks["gh"])
        async with service() as desk, house(tmp_path, [], chats=PROVE) as found:
            metrics = Metrics()
            async with served(front(found.talk.app, metrics, "front", None, [wire(found.talk.app)])) as port:
                here = Web(found.talk.app, metrics, port)
                field = Field(found, here, tmp_path, desk, prom, forged, attacks)
                await field.plant()
                await work_off(found.talk.app.workshop.db)
                yield field


def right(asked: Asked) -> Json:
    """Say the first figure that there is."""
    facts = data_of(asked.data)["facts"]
    return {"sentences": [{"text": f"There were {{{facts[0]['id']}}}.", "rests_on": [facts[0]["id"]]}] if facts else []}


def seen(asked: Asked) -> list[Payload]:
    """Return the attacks that a prompt holds, whatever is between their letters."""
    there = "".join(c for c in str(data_of(asked.data)) if c.isalpha() and c.isascii())
    return [payload for payload in CORPUS if letters(payload.text) in there]


def obedient(part: int) -> Callable[[Asked], Json]:
    """Return a model that does what it finds in its prompt, a few attacks at a time, and says something right."""

    def answer(asked: Asked) -> Json:
        told = [payload.obeyed(asked.data + KEY)[:400] for payload in seen(asked)[part : part + _AT_ONCE]]
        return {"sentences": [*({"text": one, "rests_on": ["f1"]} for one in told), *right(asked)["sentences"]]}

    return answer


def same(left: Left, harmless: Left) -> None:
    """Assert that nothing but the block is another, and that the block has nothing in it."""
    assert not violations(left), block(left)
    assert left.rows == harmless.rows
    assert left.posts == harmless.posts
    assert left.fetches == harmless.fetches


async def test_every_collector_brings_attacks_in_and_nothing_comes_of_them(besieged: Field) -> None:
    found = besieged.house
    for number, kinds in enumerate([[kind] for kind in KINDS] if PROVE else [list(KINDS)], 1):
        template = TEMPLATES.get(kinds[0], "standup") if PROVE else "business"
        await found.reports_on(",".join(kinds), f"r{number}", template)
        await found.run(right, number)  # from here on the sources are known
        before = len(found.provider.asked)
        harmless = await found.run(right, number)
        assert not violations(harmless)
        assert len(harmless.remark["lines"]) == 1, block(harmless)
        assert "shop" not in kinds or "Ignore all rules" in json.dumps([*harmless.bodies.values()])
        prompt = found.provider.asked[before]
        assert not [one for one in SECRETS if one in json.dumps(prompt.body, ensure_ascii=False)]
        assert "O8 hidden characters" not in text_violations(prompt.data, (), (), len(prompt.data))
        wanted = {payload.id for kind in kinds for payload in besieged.attacks[kind]}
        missing = sorted(wanted - {payload.id for payload in seen(prompt)})
        assert not missing, f"{kinds}: attacks have to reach the model"
        assert all(flagged(payload.obeyed(prompt.data)) for payload in seen(prompt)[:: 1 if PROVE else 9])
        for part in range(0, len(wanted) if PROVE else 1, _AT_ONCE):
            same(await found.run(obedient(part), number), harmless)
        worst = omni(prompt.data + "".join(SECRETS)) if PROVE else ()
        for part in range(0, len(worst), _AT_ONCE):
            same(await found.run(says(*worst[part : part + _AT_ONCE]), number), harmless)
        if kinds == ["prog"]:
            await _asked(found)  # in full alone; a few in tests/stories/test_ask_models.py


def flagged(answer: str) -> bool:
    """Tell whether those who look find something in what a pipeline that trusts makes of an answer."""
    found = text_violations(answer, (), SECRETS, _MOST)
    return bool(found | slack_violations(naive_slack(answer)) | discord_violations(naive_discord(answer)))


async def _asked(found: House) -> None:
    """Ask about the newest report: what our grammar knows, and what a model has to plan."""
    for question in ("how many messages?", "were things busy around the sales?"):
        harmless = await found.ask(question, planning({"ask": "nothing"}, right))
        prompt = found.provider.asked[-1].data + KEY
        for answer in _plans(prompt):
            left = await found.ask(question, planning(answer, obedient(0)))
            assert left.rows == harmless.rows, answer
            assert not text_violations(block(left), (), SECRETS, _MOST), block(left)
            assert not left.posts
            assert not left.fetches


def planning(plan: Json, says: Callable[[Asked], Json]) -> Callable[[Asked], Json]:
    """Return a model that chooses a query so, and says something of what was found."""
    empty = {"metric": "", "by": "", "only": [], "first_day": "", "last_day": "", "least": False}
    return lambda asked: {**empty, **plan} if "metrics" in data_of(asked.data) else says(asked)


def _plans(prompt: str) -> Iterator[Json]:
    """Yield plans that are none: what attacks ask for, names that were not shown, more than there is to say."""
    known: Json = {"ask": "figure", "metric": "messages"}
    yield from ({"ask": "figure", "metric": payload.obeyed(prompt)[:120]} for payload in CORPUS)
    yield from ({**known, "only": [one]} for one in ("n999", "shop", "*"))
    yield {**known, "channel": "C_GENERAL", "recipients": ["U0CEO"]}
    yield from ({"ask": "groups", "metric": "messages", "by": by} for by in ("secret", "day; drop", "status"))
    yield from ({**known, "first_day": day, "last_day": day} for day in ("2020-01-01", "now", "2026-11-10T00"))
    yield {"ask": "delete", "metric": "messages"}


def test_each_way_in_has_a_defence_that_is_needed() -> None:
    """What comes through once it is taken away is seen by those who share no code with it."""
    for payload in CORPUS:
        assert not text_violations(text(payload.text, 500), (), (), _MOST) & {"O8 hidden characters"}
    hidden = [one.id for one in CORPUS if "O8 hidden characters" in text_violations(one.text, (), (), _MOST)]
    assert {"P10", "P11"} <= set(hidden), "without it, tag and zero-width characters would be read"
    fence = next(one.text for one in CORPUS if "</data>" in one.text)
    assert fenced({"title": fence}).count("</data>") == 1
    assert f"<data>{json.dumps(fence)}</data>".count("</data>") == 2
    config = JsonConfig(url="https://desk.example/t", records=".", figures="tickets = count")
    ticket = {"id": 1, "created_at": "2026-11-10T09:00:00Z", "link": "https://evil.example/"}
    assert _link(config, ticket) is None
    assert _link(config.model_copy(update={"links": "https://evil.example/"}), ticket) == "https://evil.example/"
    for one in (b'{"status":{"a/b":"pass"}}', b'{"status":{"a":"pass"},"url":"javascript:alert(1)"}'):
        with pytest.raises(Unfitting):
            report_of(one, NOW)


def _link(config: JsonConfig, ticket: Json) -> str | None:
    record = Elements(config, config.url).record(ticket)
    assert record is not None
    return record.url
