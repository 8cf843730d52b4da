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
_SCHEMA = "shared/contracts/slack.manifest.schema.json"
SCHEMA = next((found for one in ROOT.parents if (found := one / _SCHEMA).is_file()), None)
URL = "https://arb.acme.example"
# What each event needs, https://docs.slack.dev/reference/events; nothing for what is not here.
NEEDS = {
    "app_mention": "app_mentions:read", "message.im": "im:history", "message.channels": "channels:history",
    "message.groups": "groups:history", "user_change": "users:read",
}  # fmt: skip


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


@pytest.mark.skipif(SCHEMA is None, reason=f"{_SCHEMA} is not here")
@pytest.mark.parametrize("url", [None, URL])
def test_slacks_own_schema(url: str | None) -> None:
    """Validated against https://github.com/slackapi/manifest-schema where that is at hand."""
    import jsonschema

    assert SCHEMA is not None
    schema = json.loads(SCHEMA.read_text(encoding="utf-8"))
    for code in CODES:
        jsonschema.validate(made(code, url, many=url is not None), schema)


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
