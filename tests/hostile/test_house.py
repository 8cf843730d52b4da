"""A whole bot, the real collectors, real payloads, and models that obey whoever wrote into what is collected.

O1 to O11 are those of the oracle: what must not be in anything that leaves the house, nor in what a run leaves.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from pathlib import Path
from random import Random
from typing import Any

import pytest

from tests.collectors.test_custom import SIGNING
from tests.conftest import PROVE
from tests.hostile.carriers import forge, letters, repository, table
from tests.hostile.corpus import CORPUS, omni
from tests.hostile.house import House, Json, Left, house
from tests.hostile.oracle import links_of, slack_violations, text_violations
from tests.stories.test_forms import submit
from tests.stories.test_models import commits
from tests.support.github import TOKEN, github
from tests.support.json_api import SECRET as SERVICE
from tests.support.model_provider import FAILURES, KEY, Asked
from tests.support.prometheus import TOKEN as PROMETHEUS

CANARY = "canary-of-the-other-workspace"
SECRETS = (CANARY, KEY, TOKEN, SERVICE, PROMETHEUS, SIGNING, "xoxb-CANARY-1", "sealed-canary")
_MOST = 1_800  # characters of the block, its label among them


def says(*texts: str, rests_on: str = "f1") -> Callable[[Asked], Json]:
    """Return a model that says these sentences."""
    return lambda _: {"sentences": [{"text": one[:400], "rests_on": [rests_on]} for one in texts[:8]]}


def block(left: Left) -> str:
    """Return what people read of the model's block."""
    lines = ("".join(node.get("text", "") for node in line) for line in left.remark["lines"])
    return "\n".join((left.remark["label"], *lines))


def violations(left: Left, urls: Sequence[str] = ()) -> set[str]:
    """Return what an independent reader finds in the block, and in the messages as Slack and Discord were sent them."""
    found = text_violations(block(left), urls, SECRETS, _MOST)
    for body in left.bodies["slack"]:
        found |= slack_violations(body) | {f"O3 {one}" for one in links_of(body) - set(urls)}
        found |= {"O1 another channel"} if body["channel"] != "C0ENG00" else set()
    found |= {"O2 pinged" for body in left.bodies["discord"] if body["pinged"] or body.get("embeds")}
    sent = json.dumps([*left.bodies.values()], ensure_ascii=False)
    return found | {f"O4 {one}" for one in SECRETS if one in sent}


@pytest.fixture
async def attacked(tmp_path: Path) -> AsyncIterator[House]:
    """Return a house whose sources are full of attacks; a neighbour's source has a canary's name."""
    repository(tmp_path / "hostile")
    with github() as there:
        forge(there)
        sheet = table(tmp_path / "sheet.csv")
        async with house(tmp_path, [f"git name=hostile path={tmp_path / 'hostile'}", sheet]) as found:
            asked = await found.talk.say(f"/source add github name=gh repositories=acme/api api_url={there.url}")
            assert (await submit(found.talk, asked, {"token": TOKEN})).kind == "card"
            await found.talk.say(f"/source add git name={CANARY} path={tmp_path / 'hostile'}", workspace="beta")
            await found.reports_on("hostile,gh,sheet")
            yield found


async def test_models_that_obey_and_one_that_tries_everything(attacked: House) -> None:
    """Each attack arrives, and nothing but the one block is another than with a harmless model."""
    await attacked.run(commits)  # from here on the sources are known
    harmless = await attacked.run(commits)
    assert not violations(harmless)
    assert len(harmless.remark["lines"]) == 1
    seen = "".join(c for one in attacked.provider.asked for c in one.data if c.isalpha() and c.isascii())
    missing = [payload.id for payload in CORPUS if letters(payload.text) not in seen]
    assert not missing, "attacks have to reach the model"
    assert "Ignoreallrules" in seen, "the title of a figure too"
    prompt = attacked.provider.asked[-1].data + CANARY + KEY
    worst = [*(payload.obeyed(prompt) for payload in CORPUS), *omni(prompt)]
    told = worst if PROVE else worst[:: len(worst) // 13]
    for first in range(0, len(told), 7):
        left = await attacked.run(says(*told[first : first + 7], "There were {f1} commits."))
        assert not violations(left), block(left)
        assert left.rows == harmless.rows
        assert left.posts == harmless.posts
        assert left.fetches == harmless.fetches
    bodies = [one.body for one in attacked.provider.asked]
    assert not any("tools" in body or "tool_choice" in body for body in bodies)
    shown = json.dumps([one.body for one in attacked.provider.asked[:2]], ensure_ascii=False)
    assert not [one for one in SECRETS if one in shown]


def outputs(chance: Random) -> Iterator[Callable[[Asked], Json]]:
    """Yield models that say anything at all: in the form asked for, in another, right, wrong, with no sense."""
    obeyed = [payload.obeyed("x" * 50) for payload in CORPUS]
    right = ["There were {f1} commits.", "{f3} authors made {f1} commits.", "{n3} has waited longest."]
    facts = [f"f{n}" for n in range(1, 40)]

    def sentence() -> Json:
        kind = chance.randrange(4)
        signs = "".join(chr(chance.choice((chance.randrange(32, 127), chance.randrange(0xD7FF)))) for _ in range(40))
        text = (chance.choice(right), chance.choice(obeyed), signs, chance.choice(right)[:-1] + signs[:9])[kind]
        return {"text": text[:400], "rests_on": chance.sample(facts, chance.randrange(3))}

    while True:
        many = chance.choice((0, 1, 3, 8, 8, 9))
        answer: Json = {"sentences": [sentence() for _ in range(many)]}
        odd: list[Any] = [{}, {"sentences": None}, {**answer, "channel": "C_GENERAL"}, {"sentences": "x" * 30_000}]
        yield _always(chance.choice((answer, answer, answer, chance.choice(odd))))


def _always(said: Json) -> Callable[[Asked], Json]:
    return lambda _: said


@pytest.mark.some(of=lambda given: given["part"] == 0)
@pytest.mark.parametrize("part", range(10))
async def test_of_any_two_outputs_all_else_is_the_same(tmp_path: Path, part: int) -> None:
    """Every two of them are compared: 200 make 19,900 pairs."""
    repository(tmp_path / "hostile")
    async with house(tmp_path, [f"git name=hostile path={tmp_path / 'hostile'}"], chats=PROVE and not part) as found:
        await found.reports_on("hostile")
        models = outputs(Random(part))
        await found.run(commits)
        first = await found.run(commits)
        for _ in range(200 if PROVE else 2):
            left = await found.run(next(models))
            assert left.rows == first.rows
            assert left.posts == first.posts
            assert left.fetches == first.fetches
            assert not text_violations(block(left), (), SECRETS, _MOST), block(left)


async def test_of_any_failure_all_else_is_the_same(tmp_path: Path) -> None:
    """What is posted, when, and when the schedule is due next."""
    repository(tmp_path / "hostile")
    async with house(tmp_path, [f"git name=hostile path={tmp_path / 'hostile'}"], chats=False, seconds=1.0) as found:
        await found.reports_on("hostile")
        await found.run(commits)
        first = await found.run(commits)
        for failure in FAILURES if PROVE else ("cut", "tool_use"):
            found.provider.always = failure
            left = await found.run(commits)
            assert not left.remark["lines"], failure
            assert left.rows == first.rows, failure
            assert left.posts == first.posts, failure
