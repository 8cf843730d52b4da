"""The doctor on Slack: each way in is tried, each trouble says what to do, no secret is shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path

import pytest

from bot.doctor import examine
from bot.platforms.slack_manifest import print_manifest
from bot.settings import Settings
from model.delivery import Platform
from model.health import Health
from model.language import Message
from storage.installations import Tokens
from tests.support.databases import Place
from tests.support.slack import SaysNo, Stand, slack
from tests.support.slack_front import APP_TOKEN, SECRET
from tests.support.slack_oauth import CLIENT, CLIENT_SECRET


@pytest.fixture
def there() -> Iterator[Stand]:
    with slack() as stand:
        yield stand


async def looked_at(home: Path, there: Stand, **more: object) -> Mapping[str, tuple[Health, str, str]]:
    """Return what the doctor says of Slack: part → state, meaning, what to do."""
    reached = {"slack_api_url": there.url, "egress_allow": "127.0.0.1", "slack_bot_token": there.team.token}
    given = {"home": home, **reached, **more}
    checks = [one async for one in examine(Settings.model_validate(given), {}, "default")]
    said = {one.part.plain(): (one.health, one.means.plain(), one.do.plain() if one.do else "") for one in checks}
    assert "CANARY" not in str(said)
    return {part: found for part, found in said.items() if "Slack" in part}


async def test_ways_in(sqlite_place: Place, there: Stand, monkeypatch: pytest.MonkeyPatch) -> None:
    """Posting only; Socket Mode, well and refused; a signing secret that is none; commands that Slack may not know."""
    home = sqlite_place.home
    only = await looked_at(home, there)
    assert only["Slack: People talk to it"][:1] == (Health.OK,)
    assert "Commands in Slack" not in only
    tokens: list[str] = []

    def opens(token: str, _: object) -> dict[str, str]:
        tokens.append(token)
        if token != APP_TOKEN:
            raise SaysNo("invalid_auth")
        return {"url": "wss://slack.example/link"}

    there.of_app["apps.connections.open"] = opens
    there.team.scopes += ",commands,app_mentions:read,users:read"
    well = await looked_at(home, there, slack_app_token=APP_TOKEN, slack_signing_secret=SECRET)
    states = {part: state for part, (state, _, _) in well.items()}
    assert states == {
        "Slack": Health.OK, "Slack's scopes": Health.OK, "Slack: Socket Mode": Health.OK,
        "Slack: Signing secret": Health.OK, "Commands in Slack": Health.ATTENTION,
    }  # fmt: skip
    assert "arb slack manifest" in well["Commands in Slack"][2]
    monkeypatch.setenv("ARB_HOME", str(home))
    printed: list[str] = []
    assert await print_manifest("json", None, "en", printed.append, many=False)
    ill = await looked_at(home, there, slack_app_token="xapp-CANARY-2", slack_signing_secret="not one")
    assert ill["Commands in Slack"][0] is Health.OK
    assert ill["Slack: Socket Mode"][0] is Health.CRITICAL
    assert "connections:write" in ill["Slack: Socket Mode"][2]
    assert ill["Slack: Signing secret"][0] is Health.CRITICAL
    assert tokens == [APP_TOKEN, "xapp-CANARY-2"]
    other = await looked_at(home, there, slack_app_token=APP_TOKEN, command_prefix="acme-")
    assert other["Commands in Slack"][0] is Health.ATTENTION, "they have other names now"


async def test_teams_that_installed_it(sqlite_place: Place, there: Stand) -> None:
    """Who may install it, whose token is taken, who took it out."""
    db = await sqlite_place.open()
    for account, token in (
        ("T0ACME", there.team.token),
        ("T0DEAD", "xoxb-CANARY-dead"),
        ("T0GONE", "xoxb-CANARY-gone"),
    ):
        await db.installations.keep(await db.entrances.enter(Platform.SLACK, account), Tokens(token), ("chat:write",))
    gone = await db.installations.of(Platform.SLACK, "T0GONE")
    assert gone is not None
    await db.installations.close(gone, Message("The app was taken out."))
    await db.close()
    client = {"slack_client_id": CLIENT, "slack_client_secret": CLIENT_SECRET, "slack_bot_token": None}
    found = await looked_at(sqlite_place.home, there, **client)
    assert found["Slack: Installation"][0] is Health.ATTENTION
    assert found["Slack T0ACME"][0] is Health.OK
    assert (found["Slack T0DEAD"][0], "invalid_auth" in found["Slack T0DEAD"][1]) == (Health.CRITICAL, True)
    assert "/slack/install" in found["Slack T0DEAD"][2]
    assert (found["Slack T0GONE"][0], found["Slack T0GONE"][1]) == (Health.ATTENTION, "The app was taken out.")
    half = await looked_at_settings(sqlite_place.home, there)
    assert half == (Health.CRITICAL, "ARB_SLACK_CLIENT_SECRET is not set, and only the other half of it is.")


async def looked_at_settings(home: Path, there: Stand) -> tuple[Health, str]:
    """Return what is said where only the client's id is set."""
    given = {"home": home, "slack_api_url": there.url, "egress_allow": "127.0.0.1", "slack_client_id": CLIENT}
    checks = [one async for one in examine(Settings.model_validate(given), {}, "default")]
    found = next(one for one in checks if one.part.plain() == "Settings" and one.health is Health.CRITICAL)
    return found.health, found.means.plain()
