"""Channels of Slack as destinations: added from a terminal, named in a report, paused and told when Slack says no."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
import pytest_asyncio
from pydantic import SecretStr

from bot.app import running
from bot.settings import Settings
from tests.support.databases import with_tables
from tests.support.slack import Stand, slack
from tests.support.talk import NOW, FixedClock, Talk, text


@pytest.fixture
def there() -> Iterator[Stand]:
    with slack() as stand:
        yield stand


@pytest_asyncio.fixture
async def talk(there: Stand, tmp_path: Path, repository: Path) -> AsyncIterator[Talk]:
    settings = Settings(
        home=with_tables(tmp_path / "home"),
        git_roots=(tmp_path,),
        language="en",
        time_zone="UTC",
        database_url=None,
        egress_allow=("127.0.0.1",),
        slack_bot_token=SecretStr("xoxb-CANARY-1"),
        slack_api_url=there.url,
    )
    async with running(settings, FixedClock(NOW)) as app:
        yield Talk(app)


async def test_a_channel_from_a_terminal(talk: Talk, there: Stand, repository: Path) -> None:
    """Added by its name, tried, named in a report, and posted to with its buttons, once."""
    added = await talk.say("/destination add slack channel=#eng")
    assert "Destination #eng added." in text(added)
    await talk.press(added, "Send a test")
    assert there.texts() == ["Test\n\nReports will come here: this message is a test, and no report.\n"]
    assert "slack" in text(await talk.say("/destination list"))
    again = await talk.say("/destination add slack name=second channel=<#C0ENG00|eng>")
    assert "#eng is there already" in text(again)
    await talk.say(f"/source add git name=shop path={repository}")
    await talk.say("/report new name=web template=weekly source=shop window=2026-11-09..2026-11-16 destinations=#eng")
    await talk.say('/schedule add web "weekdays 10:00"')
    await talk.say("/schedule run #1")
    await talk.app.take_up()
    while await talk.app.outbox.drain():
        pass
    posted = there.team.posted("C0ENG00")[1]
    kinds = [block["type"] for block in posted["blocks"]]
    assert (kinds[0], kinds[-1]) == ("header", "actions")
    assert all(one["action_id"].startswith("arb1:") for one in posted["blocks"][-1]["elements"])
    assert len(there.calls("chat.postMessage")) == 2


_REFUSED = (
    ("/destination add slack channel=#nowhere", "sees no Slack channel #nowhere"),
    ("/destination add slack channel=#old", "sees no Slack channel #old"),
    ("/destination add slack channel=C0OLD00", "archived"),
    ("/destination add discord channel=#eng", "ARB_DISCORD_TOKEN"),
    ("/report new name=web template=weekly destinations=#eng", "no destination called #eng"),
)


async def test_what_is_refused(talk: Talk) -> None:
    for line, piece in _REFUSED:
        said = await talk.say(line)
        assert piece in text(said).replace("\n", " "), text(said)
        assert "no destination yet" in text(await talk.say("/destination list")), line


async def test_without_a_token_it_says_what_to_set(there: Stand, tmp_path: Path) -> None:
    settings = Settings(home=with_tables(tmp_path / "other"), language="en", time_zone="UTC", database_url=None)
    async with running(settings, FixedClock(NOW)) as app:
        said = text(await Talk(app).say("/destination add slack channel=#eng"))
    assert "ARB_SLACK_BOT_TOKEN" in said
    assert there.asked == []


async def test_a_revoked_token(talk: Talk, there: Stand, repository: Path) -> None:
    """At most five calls; then nothing more, every channel of the team is paused, and its owner is told once."""
    await talk.say(f"/source add git name=shop path={repository}")
    for channel in ("eng", "ops", "secret"):
        await talk.say(f"/destination add slack channel=#{channel}")
    await talk.say("/report run weekly source=shop window=2026-11-09..2026-11-16 people=no")
    await talk.app.take_up()
    there.team.revoked = "token_revoked"
    before = len(there.asked)
    for _ in range(4):
        posted = text(await talk.say("/report post last #eng,#ops,#secret --confirmed"))
        assert "is on its way to #eng, #ops, #secret" in posted, posted
    clock = talk.app.workshop.clock
    assert isinstance(clock, FixedClock)
    for _ in range(40):
        await talk.app.outbox.drain()
        clock.at += timedelta(seconds=900)
    assert 1 <= len(there.asked) - before <= 5
    listed = text(await talk.say("/destination list"))
    assert listed.count("token_revoked") == 3
    there.team.revoked = ""
    await talk.say("/destination resume #eng")
    clock.at += timedelta(seconds=60)
    for _ in range(60):
        await talk.app.outbox.drain()
        clock.at += timedelta(seconds=2)
    assert [len(there.team.posted(id)) for id in ("C0ENG00", "C0OPS00", "G0SECRET")] == [4, 4, 4]
