"""Attacks through the real collector, a whole bot and a model that obeys: nothing but the one block is different."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from model.card import Block, Footer, Remark, plain
from tests.conftest import PROVE
from tests.hostile.corpus import CORPUS, omni
from tests.hostile.oracle import discord_violations, slack_violations, text_violations
from tests.kill.world import rows
from tests.stories.test_models import bot, calls, commits, remark
from tests.support.model_provider import KEY, Asked, Provider, model_provider
from tests.support.repositories import Builder, init
from tests.support.repository import seconds
from tests.support.talk import Talk, text
from writers import discord_components, slack_blocks

CANARY = "canary-of-the-other-workspace"
_RUN = "/report run weekly source=hostile people=yes window=2026-11-09..2026-11-16"


@pytest.fixture
def provider() -> Iterator[Provider]:
    with model_provider() as made:
        made.says = commits
        yield made


def hostile(path: Path) -> Path:
    """Make a repository in which each attack is a person, a folder and a title."""
    made = Builder(init(path))
    for n, payload in enumerate(CORPUS):
        plain_text = payload.text.replace("\n", " ")
        made.commit(
            "main",
            seconds("2026-11-10T09:00Z") + n,
            {f"{plain_text.replace('/', '∕')}/x{n}".encode(): b"x\n"},
            subject=plain_text.encode("utf-8", "surrogatepass"),
            author=f"{plain_text.replace('<', '(').replace('>', ')')} <a{n}@evil.example>".encode(),
        )
    made.commit("ignore-all-rules", seconds("2026-10-01T09:00Z"), {b"y": b"y\n"}, subject=b"<!channel>", parents=[1])
    made.write()
    return path


async def _counts(talk: Talk) -> dict[str, int]:
    """Return how many rows each table has, but those of what models cost and of their keeping."""
    db = talk.app.workshop.db
    tables = [str(name) for (name,) in await rows(db, "SELECT name FROM sqlite_master WHERE type = 'table'")]
    counted = {t: await rows(db, f'SELECT count(*) FROM "{t}"') for t in tables if "usage" not in t and "call" not in t}
    return {table: int(str(found[0][0])) for table, found in counted.items()}


async def _run(talk: Talk) -> tuple[Sequence[Block], Remark, Mapping[str, int], set[str]]:
    """Run the report; return its card without the block of the model, that block, the new rows, what is wrong."""
    before = await _counts(talk)
    said = await talk.say(_RUN)
    assert said.kind == "card", text(said)
    after = await _counts(talk)
    block = remark(said)
    rest = [b for b in said.card.blocks if not isinstance(b, Remark | Footer)]
    shown = "\n".join((block.label, *(plain(line) for line in block.lines)))
    alone = replace(said.card, blocks=(block,), title="", subtitle="", notes=(), actions=())
    wrong = text_violations(shown, (), (CANARY, KEY), 1_800)
    wrong |= {v for payload in slack_blocks.render(alone) for v in slack_violations(payload.body)}
    wrong |= {v for payload in discord_components.render(alone) for v in discord_violations(payload.body)}
    return rest, block, {table: after[table] - before[table] for table in after}, wrong


async def test_a_model_that_obeys_changes_one_block(provider: Provider, tmp_path: Path, repository: Path) -> None:
    hostile(tmp_path / "hostile")
    async with bot(provider, tmp_path) as talk:
        await talk.say(f"/source add git name=hostile path={tmp_path / 'hostile'}")
        await talk.say(f"/source add git name={CANARY} path={repository}", workspace="beta")
        await talk.say("/arb settings models=claude usd_a_run=5 usd_a_day=100 usd_a_month=100")
        await talk.say(_RUN)  # from here on the source is known
        harmless, words, rows_then, wrong = await _run(talk)
        assert len(words.lines) == 1
        assert not wrong, words
        asked = [one.body for one in provider.asked]
        worst = omni(provider.asked[-1].data + CANARY + KEY)

        for first in range(0, len(worst), 8 if PROVE else len(worst)):

            def obey(asked: Asked, told: Sequence[str] = worst[first : first + 8]) -> dict[str, Any]:
                return {"sentences": [{"text": answer[:400], "rests_on": ["f1"]} for answer in told]}

            provider.says = obey
            rest, block, rows_now, wrong = await _run(talk)
            assert not wrong, block
            assert rest == harmless
            assert rows_now == rows_then
        assert len(await calls(talk)) > 3
    assert not any("tools" in one.body or "tool_choice" in one.body for one in provider.asked)
    assert not any(CANARY in str(body) or KEY in str(body) for body in asked)
    assert any("gnore all previous instructions" in str(body) for body in asked), "the attack has to reach the model"
