"""The manifest: within Slack's limits in both languages, no name that Slack keeps for itself, no scope too many."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.platforms.slack_manifest import EVENTS, RESERVED, as_yaml, manifest
from commands import COMMANDS
from model.errors import ConfigError
from model.language import CODES, Code, Language
from tests.support.typed import Arb
from writers.slack_scopes import SCOPES

ROOT = Path(__file__).parents[2]
URL = "https://arb.acme.example"
# What each event needs, https://docs.slack.dev/reference/events; nothing for what is not here.
NEEDS = {
    "app_mention": "app_mentions:read", "message.im": "im:history", "message.channels": "channels:history",
    "message.groups": "groups:history", "user_change": "users:read",
}  # fmt: skip

# Fields that Slack knows of those that we could use, by kind and length: https://github.com/slackapi/manifest-schema
# (schemas/manifest.schema.2.0.0.json as of July 2026).
FIELDS: dict[str, tuple[type, int, int]] = {
    "display_information": (dict, 1, 4), "display_information.name": (str, 1, 35),
    "display_information.description": (str, 1, 140), "display_information.long_description": (str, 175, 4000),
    "display_information.background_color": (str, 4, 7),
    "features": (dict, 0, 10), "features.app_home": (dict, 0, 3), "features.app_home.home_tab_enabled": (bool, 0, 0),
    "features.app_home.messages_tab_enabled": (bool, 0, 0),
    "features.app_home.messages_tab_read_only_enabled": (bool, 0, 0),
    "features.bot_user": (dict, 1, 2), "features.bot_user.display_name": (str, 1, 80),
    "features.bot_user.always_online": (bool, 0, 0),
    "features.shortcuts": (list, 1, 10), "features.shortcuts[].name": (str, 1, 24),
    "features.shortcuts[].type": (str, 6, 7), "features.shortcuts[].callback_id": (str, 1, 255),
    "features.shortcuts[].description": (str, 1, 150),
    "features.slash_commands": (list, 1, 50), "features.slash_commands[].command": (str, 2, 32),
    "features.slash_commands[].url": (str, 1, 3000), "features.slash_commands[].description": (str, 1, 2000),
    "features.slash_commands[].usage_hint": (str, 1, 1000), "features.slash_commands[].should_escape": (bool, 0, 0),
    "oauth_config": (dict, 0, 4), "oauth_config.redirect_urls": (list, 0, 1000), "oauth_config.scopes": (dict, 0, 4),
    "oauth_config.scopes.bot": (list, 0, 255), "oauth_config.scopes.bot_optional": (list, 0, 255),
    "settings": (dict, 0, 12), "settings.event_subscriptions": (dict, 0, 4),
    "settings.event_subscriptions.request_url": (str, 1, 3500),
    "settings.event_subscriptions.bot_events": (list, 0, 100),
    "settings.interactivity": (dict, 1, 3), "settings.interactivity.is_enabled": (bool, 0, 0),
    "settings.interactivity.request_url": (str, 1, 3500),
    "settings.interactivity.message_menu_options_url": (str, 1, 3500),
    "settings.org_deploy_enabled": (bool, 0, 0), "settings.socket_mode_enabled": (bool, 0, 0),
    "settings.token_rotation_enabled": (bool, 0, 0),
}  # fmt: skip
NEEDED = (
    "display_information", "display_information.name", "features.bot_user.display_name", "features.shortcuts[].name",
    "features.shortcuts[].type", "features.shortcuts[].callback_id", "features.shortcuts[].description",
    "features.slash_commands[].command", "features.slash_commands[].description", "settings.interactivity.is_enabled",
)  # fmt: skip


def made(code: Code = "en", url: str | None = URL, *, many: bool = False, prefix: str = "") -> Any:
    return manifest(COMMANDS, Language(code), prefix, url, many=many)


@pytest.mark.parametrize("code", CODES)
def test_limits(code: Code) -> None:
    found = made(code)
    about = found["display_information"]
    assert len(about["name"]) <= 35
    assert 0 < len(about["description"]) <= 140
    assert 175 <= len(about["long_description"]) <= 4000
    features = found["features"]
    assert 0 < len(features["slash_commands"]) <= 50
    for one in features["slash_commands"]:
        assert re.fullmatch(r"/[a-z0-9_-]{1,31}", one["command"])
        assert 0 < len(one["description"]) <= 2000
        assert 0 < len(one["usage_hint"]) <= 1000
    for one in features["shortcuts"]:
        assert 0 < len(one["name"]) <= 24
        assert 0 < len(one["description"]) <= 150
    assert len(features["bot_user"]["display_name"]) <= 80
    assert len(EVENTS) == len(set(EVENTS)) <= 100
    if code == "ko":
        assert not {one["description"] for one in features["slash_commands"]} & {
            one["description"] for one in made("en")["features"]["slash_commands"]
        }


def test_every_group_is_there_and_none_is_slacks() -> None:
    names = [one["command"] for one in made()["features"]["slash_commands"]]
    assert names == [f"/{name}" for name in dict.fromkeys(command.name.split()[0] for command in COMMANDS)]
    assert not {name.removeprefix("/") for name in names} & RESERVED
    assert {"me", "status", "remind", "invite", "topic", "who", "dnd"} <= RESERVED
    assert made(prefix="acme-")["features"]["slash_commands"][0]["command"] == "/acme-report"


@pytest.mark.parametrize("name", sorted(RESERVED))
def test_a_name_of_slacks_is_refused(name: str) -> None:
    """Slack refuses the whole manifest for one; a prefix helps."""
    given = [command for command in COMMANDS if command.name.startswith("report ")]
    renamed = [type(one)(**{**_fields(one), "name": one.name.replace("report", name, 1)}) for one in given]
    with pytest.raises(ConfigError, match=f"/{name}") as refused:
        manifest(renamed, Language("en"))
    assert "ARB_COMMAND_PREFIX" in str(refused.value.hint)


def _fields(one: Any) -> dict[str, Any]:
    return {name: getattr(one, name) for name in one.__dataclass_fields__}


def test_least_scopes() -> None:
    """Every event has its scope, and the table in the docs has each with the same reason."""
    scopes = made()["oauth_config"]["scopes"]
    assert scopes == {"bot": list(SCOPES)}, "no scope of a person's"
    assert {scope for event, scope in NEEDS.items() if event in EVENTS} <= set(SCOPES)
    page = (ROOT / "docs/slack.md").read_text(encoding="utf-8")
    for scope, why in SCOPES.items():
        assert f"| `{scope}` | {why.plain()} |" in page, f"docs/slack.md has no row for {scope}"
    assert len(re.findall(r"^\| `[a-z_]+:?[a-z:]*` \| .* \|$", page, re.MULTILINE)) >= len(SCOPES)


def test_ways_to_the_bot() -> None:
    """Socket Mode without an address; with one, everything comes there; rotation only where teams install."""
    here, there, many = made(url=None), made(), made(many=True)
    assert "url" not in json.dumps(here)
    assert [one["settings"]["socket_mode_enabled"] for one in (here, there, many)] == [True, False, False]
    heard = f"{URL}/slack/events"
    assert there["settings"]["event_subscriptions"]["request_url"] == heard
    assert there["settings"]["interactivity"]["message_menu_options_url"] == heard
    assert {one["url"] for one in there["features"]["slash_commands"]} == {heard}
    for name in ("token_rotation_enabled", "org_deploy_enabled"):
        assert [one["settings"][name] for one in (here, there, many)] == [False, False, True]
    assert many["oauth_config"]["redirect_urls"] == [f"{URL}/slack/oauth_redirect"]
    assert "redirect_urls" not in there["oauth_config"]


@pytest.mark.parametrize("code", CODES)
def test_yaml_says_the_same(code: Code) -> None:
    """Read back line by line; each scope says what it is for."""
    found = made(code, many=True)
    text = as_yaml(found, Language(code))
    assert _parsed(list(_indented(text))) == found
    for scope, why in SCOPES.items():
        assert f'- "{scope}"  # {Language(code).say(why)}' in text


def _indented(text: str) -> Iterator[tuple[int, str]]:
    for line in text.splitlines():
        bare = line.lstrip(" ")
        yield len(line) - len(bare), bare


def _parsed(lines: list[tuple[int, str]]) -> Any:
    """Read the YAML that we write: mappings and lists by indentation, scalars as JSON."""
    indent, first = lines[0]
    starts = [n for n, (at, text) in enumerate(lines) if at == indent]
    blocks = [lines[a:b] for a, b in zip(starts, [*starts[1:], len(lines)], strict=True)]
    if first.startswith("- "):
        return [_item(block, indent) for block in blocks]
    found = {}
    for (_, text), *below in blocks:
        key, _, value = text.partition(":")
        found[key] = _parsed(below) if below else json.loads(value)
    return found


def _item(block: list[tuple[int, str]], indent: int) -> Any:
    text = block[0][1].removeprefix("- ")
    if text.startswith('"'):
        return json.JSONDecoder().raw_decode(text)[0]
    return _parsed([(indent + 2, text), *block[1:]])


@pytest.mark.parametrize(("url", "many"), [(None, False), (URL, False), (URL, True)])
def test_nothing_but_what_slack_knows(url: str | None, many: bool) -> None:
    """Slack refuses a whole manifest for one field that it does not know, or one that is missing or too long."""
    for code in CODES:
        found = _fields_of(made(code, url, many=many))
        assert set(found) <= set(FIELDS), "Slack knows no such field"
        for path, values in found.items():
            kind, least, most = FIELDS[path]
            assert {type(value) for value in values} == {kind}, path
            for value in values:
                assert kind is bool or least <= len(value) <= most, (path, value)
                assert not path.endswith("url") or value.startswith("https://"), path
        for path in NEEDED:
            one_each = len(found[path.partition("[]")[0]][0]) if "[]" in path else 1
            assert len(found[path]) == one_each, f"{path} is needed"


def _fields_of(manifest: Any) -> dict[str, list[Any]]:
    """Return each field of a manifest by where it stands, with all its values."""
    found: dict[str, list[Any]] = {}

    def walk(value: Any, path: str) -> None:
        if path and not path.endswith("[]"):
            found.setdefault(path, []).append(value)
        for name, one in value.items() if isinstance(value, dict) else ():
            walk(one, f"{path}.{name}".lstrip("."))
        for one in value if isinstance(value, list) else ():
            walk(one, f"{path}[]")

    walk(manifest, "")
    return found


def test_as_it_is_typed(arb: Arb, tmp_path: Path) -> None:
    """JSON is what Slack takes; whoever asks for teams without an address is told what to type."""
    home = tmp_path / "home"
    done = arb(home, "slack", "manifest")
    assert (done.returncode, json.loads(done.stdout)) == (0, made(url=None)), done.stderr
    korean = arb(home, "slack", "manifest", "--format", "yaml", "--lang", "ko", ARB_PUBLIC_URL=URL)
    assert korean.stdout.strip() == as_yaml(made("ko"), Language("ko"))
    for wrong in (("--many",), ("--url", "http://arb.acme.example"), ("--url", "https://x?y")):
        refused = arb(home, "slack", "manifest", *wrong)
        assert (refused.returncode, refused.stdout) == (2, "")
        assert "--url https://" in refused.stderr
