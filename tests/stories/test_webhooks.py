"""What others push, from `/source hook` to the report: over real sockets, on a whole bot."""

from __future__ import annotations

import asyncio
import json
import logging
import re
from collections.abc import Iterator
from pathlib import Path
from random import Random

import pytest

from model.language import Code
from model.record import Commit, Repository
from model.window import Window
from sources.receive import work_off
from tests.bot.web import Got, Web, web
from tests.collectors.test_custom import SIGNING, slack, standard
from tests.stories.test_forms import submit
from tests.stories.test_github import DAY, HOUR
from tests.support.github import TOKEN, StandIn, github
from tests.support.github_pushes import Delivery, deliveries
from tests.support.talk import NOW, Talk, content, text

WAY = re.compile(r"/webhooks/(\w+)/([\w-]{22})\b")
_SECRET = re.compile(r"whsec_[\w+/=]+")
_RUN = "/report run github source=gh window=2026-11-14..2026-11-21"


@pytest.fixture
def there() -> Iterator[StandIn]:
    with github() as there:
        api = there.repo("acme/api")
        api.pull(NOW - 3 * DAY, merged=NOW - DAY, reviews=(("jun", NOW - 2 * DAY),))
        api.pull(NOW - 2 * DAY, author="jun")
        api.issue(NOW - 3 * DAY, closed=NOW - HOUR, comments=(("mina", NOW - 2 * DAY),))
        api.commit(NOW - 2 * DAY)
        api.deploy(NOW - DAY)
        api.run(NOW - DAY)
        yield there


async def hooked(talk: Talk, source: str, lang: Code = "en", more: str = "") -> tuple[str, str]:
    """Give a source an address; return its path and its secret."""
    said = text(await talk.say(f"/source hook {source} {more}", lang=lang))
    path, secret = WAY.search(said), _SECRET.search(said)
    assert path, said
    assert secret, said
    return path[0], secret[0]


async def added(talk: Talk, there: StandIn) -> None:
    asked = await talk.say(f"/source add github name=gh repositories=acme/api api_url={there.url}")
    assert (await submit(talk, asked, {"token": TOKEN})).kind == "card"


async def send(here: Web, path: str, secret: str, delivery: Delivery) -> Got:
    return await here.post(path, delivery.body, **delivery.headers(secret))


async def stored(talk: Talk) -> dict[tuple[str, str], object]:
    """Return what is stored of the only source that can be compared: not what reading alone brings."""
    db = talk.app.workshop.db
    (workspace,) = await db.entrances.workspaces()
    async with db.read(workspace) as stores:
        (source,) = await stores.sources.all()
        window = Window(NOW - 30 * DAY, NOW + DAY, "UTC")
        found = [record async for _, record in stores.records.overlapping([source.id], window)]
    return {(r.kind, r.key): r for r in found if not isinstance(r.body, Repository | Commit)}


@pytest.mark.some(of=lambda case: case["lang"] == "en")  # what is said in Korean, programs are told as well
@pytest.mark.parametrize("lang", ["en", "ko"])
async def test_github_pushes(tmp_path: Path, there: StandIn, lang: Code, caplog: pytest.LogCaptureFixture) -> None:
    """Shuffled, each twice: the same report as by reading alone, in fewer questions; nothing of a body is logged."""
    with caplog.at_level(logging.DEBUG, "bot"):
        async with web(tmp_path / "home", egress_allow="127.0.0.1", public_url="https://arb.example/") as here:
            talk = Talk(here.app)
            await added(talk, there)
            path, secret = await hooked(talk, "gh", lang)
            shown = text(await talk.say("/source hook gh", lang=lang))
            assert f"https://arb.example{path}" in shown
            assert secret not in shown
            read = await talk.say(_RUN)
            whole = await stored(talk)
            api = there.repos["acme/api"]
            api.pull(NOW - 5 * HOUR, author="sora", merged=NOW - HOUR, reviews=(("jun", NOW - 2 * HOUR),))
            made = deliveries(there, "acme/api") * 2
            Random(1).shuffle(made)
            answers = [(await send(here, path, secret, one)).status for one in made]
            assert sorted(answers) == [200] * (len(made) // 2) + [202] * (len(made) // 2)
            assert await work_off(here.app.workshop.db) == len(made) // 2
            pushed = await stored(talk)
            assert {at: one for at, one in pushed.items() if at in whole} == whole
            there.queries.clear()
            again = await talk.say(_RUN)
            assert not any("reviews(" in query for query in there.queries)
            new = (await stored(talk)).items() - pushed.items()
            assert [at for at, _ in new] == [("first_merge", "acme/api#4")]  # which no push tells
            count = {"en": f"{len(made) // 2} events", "ko": f"이벤트 {len(made) // 2}개"}[lang]
            assert count in text(await talk.say("/source hook gh", lang=lang))
    assert "Pull requests merged 1" in text(read)
    assert "Pull requests merged 2" in text(again)
    assert not any(word in caplog.text for word in ("sora", "Do 1", secret))


async def test_who_is_refused(tmp_path: Path, there: StandIn) -> None:
    """Another's secret, another's address, another repository, nothing at all: each is told by its status."""
    async with web(tmp_path / "home", egress_allow="127.0.0.1") as here:
        talk = Talk(here.app)
        await added(talk, there)
        path, secret = await hooked(talk, "gh")
        delivery = deliveries(there, "acme/api")[0]
        foreign = Delivery("issues", {"repository": {"full_name": "acme/other"}}, "f" * 36)
        assert (await send(here, path, "whsec_another-secret-altogether", delivery)).status == 401
        assert (await here.post(path, delivery.body)).status == 401
        assert (await send(here, path, secret, foreign)).status == 403
        form = delivery.headers(secret) | {"content-type": "application/x-www-form-urlencoded"}
        assert (await here.post(path, delivery.body, **form)).status == 400
        for wrong in (
            path[:-1] + "x",
            path.replace("github", "custom"),
            "/webhooks/github/",
            "/webhooks/github/" + "x" * 300,
        ):
            assert (await send(here, wrong, secret, delivery)).status == 404, wrong
        twice = {**delivery.headers(secret)}
        assert (await here.post(path, delivery.body, **twice)).status == 202
        other = Delivery("issues", {"repository": {"full_name": "acme/api"}}, delivery.id)
        assert (await send(here, path, secret, other)).status == 409
        assert (await here.get(path)).status == 405
        _, newer = await hooked(talk, "gh", more="renew=yes")
        assert (await send(here, path, secret, delivery)).status == 401
        assert (await send(here, path, newer, delivery)).status == 200
        await talk.say("/source unhook gh")
        assert (await send(here, path, newer, delivery)).status == 404


async def test_a_push_that_cannot_be_read_stands_in_no_others_way(tmp_path: Path, there: StandIn) -> None:
    """Signed, whole, and with an instant before there were any: it alone is given up."""
    async with web(tmp_path / "home", egress_allow="127.0.0.1") as here:
        talk = Talk(here.app)
        await added(talk, there)
        path, secret = await hooked(talk, "gh")
        made = deliveries(there, "acme/api")
        first = dict(made[0].payload)
        bad = {**first, "pull_request": {**first["pull_request"], "created_at": "0001-01-01T00:00:00+14:00"}}
        sent = [*made, Delivery("pull_request", bad, "b" * 36), Delivery("push", {**first, "commits": None}, "c" * 36)]
        assert {(await send(here, path, secret, one)).status for one in sent[:-1]} == {202}
        assert (await send(here, path, secret, sent[-1])).status == 400
        assert await work_off(here.app.workshop.db) == len(made) + 1
        assert await work_off(here.app.workshop.db) == 0
        assert "Could not be read 1" in " ".join(text(await talk.say("/source hook gh")).split())
        assert (await talk.say(_RUN)).kind == "card"
        assert len(await stored(talk)) > 5


async def test_whoever_sends_wrong_ones_is_heard_no_more(tmp_path: Path, there: StandIn) -> None:
    """Sixty a minute from one address to one of ours; the others go on."""
    async with web(tmp_path / "home", egress_allow="127.0.0.1", trusted_proxies="127.0.0.1") as here:
        talk = Talk(here.app)
        await added(talk, there)
        path, secret = await hooked(talk, "gh")
        delivery = deliveries(there, "acme/api")[0]
        wrong = [
            (await here.post(path, b"{}", **(delivery.headers("x" * 20) | {"x-forwarded-for": "6.6.6.6"}))).status
            for _ in range(62)
        ]
        assert wrong == [401] * 60 + [429] * 2
        foreign = Delivery("issues", {"repository": {"full_name": "acme/other"}}, "f" * 36)  # of an organization's hook
        assert {(await send(here, path, secret, foreign)).status for _ in range(61)} == {403}
        good = delivery.headers(secret)
        assert (await here.post(path, delivery.body, **(good | {"x-forwarded-for": "6.6.6.6"}))).status == 429
        assert (await here.post(path, delivery.body, **(good | {"x-forwarded-for": "1.1.1.1"}))).status == 202
        flood = await asyncio.gather(*(send(here, path, secret, delivery) for _ in range(20)))
        assert {one.status for one in flood} == {200}


@pytest.mark.parametrize("lang", ["en", "ko"])
async def test_programs_push(tmp_path: Path, lang: Code) -> None:
    """An event that is told twice is one; what a program counts is a figure of a report, and nothing is a command."""
    async with web(tmp_path / "home") as here:
        talk = Talk(here.app)
        assert (await talk.say("/source add custom name=shop", lang=lang)).kind == "card"
        path, secret = await hooked(talk, "shop", lang)
        at = "2026-11-19T10:00:00Z"
        for n in range(3):
            entry = {"key": str(n), "at": at, "title": "@everyone [x](https://evil.example)", "of": "sales"}
            message = {"id": "1", "at": at, "author": "jun", "text": "/arb erase", "channel": "general"}
            push = standard(
                {"entries": [{**entry, "numbers": {"amount": 2.5}}], "messages": [message]}, secret, f"msg_{n:08}"
            )
            first, second = [await here.post(path, push.body, **push.headers) for _ in range(2)]
            assert (first.status, second.status) == (202, 200), first.body
        other = standard({"entries": []}, secret, "msg_00000000")
        assert (await here.post(path, other.body, **other.headers)).status == 409
        wrong = standard({"entries": [{"key": "1"}]}, secret, "msg_00000009")
        refused = await here.post(path, wrong.body, **wrong.headers)
        assert (refused.status, refused.json["error"]) == (400, "entries.0.at: Field required")
        assert await work_off(here.app.workshop.db) == 3
        run = "/report run weekly source=shop window=2026-11-14..2026-11-21"
        assert (await talk.say(run, lang=lang)).kind == "card"
        facts = json.loads(content(await talk.say("/report export last json", lang=lang)))["facts"]
    found = {fact["metric"]: fact["value"] for fact in facts if not fact["labels"]}
    assert {name: found[name] for name in ("sales", "sales_amount", "messages")} == {
        "sales": 3, "sales_amount": 7.5, "messages": 1,
    }  # fmt: skip


def _records(shown: str) -> str:
    return next((line for line in shown.splitlines() if "of the last 7 days" in line), "")


async def test_slack_pushes(tmp_path: Path) -> None:
    """Its signing secret is typed into a form; its address is proved by a challenge."""
    async with web(tmp_path / "home") as here:
        talk = Talk(here.app)
        await talk.say("/source add slack name=chat team=T0ACME")
        assert (await talk.say(f"/source hook chat secret={SIGNING}")).kind == "error"
        asked = await talk.say("/source hook chat")
        assert asked.form is not None
        path = WAY.search(text(await submit(talk, asked, {"secret": SIGNING})))
        assert path is not None
        challenge = slack(None, type="url_verification", challenge="prove it")
        assert (await here.post(path[0], challenge.body, **challenge.headers)).json == {"challenge": "prove it"}
        event = slack({"type": "message", "user": "U1", "channel": "C0A", "ts": "1763546400.000100", "text": "canary"})
        assert [(await here.post(path[0], event.body, **event.headers)).status for _ in range(2)] == [202, 200]
        assert await work_off(here.app.workshop.db) == 1
        assert "1 event" in text(await talk.say("/source hook chat"))
        assert (await here.post(path[0], event.body)).status == 401
        before = _records(text(await talk.say("/source show chat")))
        assert (await talk.say("/source edit chat channels=C0A,C0B")).kind == "card"
        assert _records(text(await talk.say("/source show chat"))) == before != ""  # nobody could push them again
    assert b"canary" not in b"".join(file.read_bytes() for file in (tmp_path / "home").glob("arb.db*"))
