"""The manifest of the Slack app: what Slack is to know of the commands, and what it is to tell us.

Limits: https://github.com/slackapi/manifest-schema, https://docs.slack.dev/reference/app-manifest
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Literal

from pydantic import JsonValue

from bot.platforms.slack_install import BACK
from bot.settings import load
from commands import COMMANDS
from commands.command import Command
from commands.help import about_group
from model.clock import SystemClock
from model.errors import ConfigError
from model.health import Check, Health
from model.language import CODES, Language, Message
from storage.database import Database
from storage.opening import try_open
from writers.slack_scopes import SCOPES

NAME, DESCRIPTION, HINT, COMMAND, MOST = 35, 140, 1000, 32, 50
EVENTS = (
    "app_mention", "message.im", "message.channels", "message.groups", "app_home_opened", "user_change",
    "app_uninstalled", "tokens_revoked",
)  # fmt: skip
# Slack's own commands: it refuses a whole manifest for one of them. https://slack.com/help/articles/201259356
RESERVED = frozenset({
    "active", "all", "apps", "archive", "away", "call", "canvas", "close", "collapse", "dm", "dnd", "expand", "feed",
    "feedback", "genie", "groups", "help", "huddle", "invite", "invite_people", "join", "kb", "keys", "kick", "leave",
    "list", "me", "msg", "mute", "open", "part", "prefs", "remind", "remove", "rename", "search", "shortcuts", "shrug",
    "star", "status", "timezone", "todo", "topic", "trigger", "unarchive", "unmute", "who", "whois",
})  # fmt: skip
_HEARD = "/slack/events"
_DUTY = "slack manifest"
_ABOUT = Message("Reports on what happened in code, issues and figures, in your chat.")
_LONG = Message(
    "Auto Report Builder collects from git, issue trackers and other sources what has happened, and writes reports "
    "whose every figure can be traced to where it is from. Say /arb start to begin, /report run for a report now, "
    "/schedule add to have one each morning."
)
_ADDRESS = re.compile(r"https://[^\s/?#]+(/[^\s?#]*)?")
_NAME_IT = Message("Name it: --url https://arb.acme.example, or set ARB_PUBLIC_URL.")
_ASK, _ASK_ABOUT = Message("Ask about this report"), Message("Ask what stands behind a report.")


def manifest(
    commands: Sequence[Command[Any]],
    language: Language,
    prefix: str = "",
    url: str | None = None,
    *,
    many: bool = False,
) -> dict[str, JsonValue]:
    """Return the manifest; `url`: where Slack reaches the bot, None: over Socket Mode.

    `many`: teams install the app by themselves, with tokens that run out.

    Raises:
        ConfigError: a command would have a name that Slack keeps for itself.
    """
    say, heard = language.say, None if url is None else f"{url.rstrip('/')}{_HEARD}"
    reached: dict[str, JsonValue] = {} if heard is None else {"request_url": heard}
    options: dict[str, JsonValue] = {} if heard is None else {"message_menu_options_url": heard}
    back: dict[str, JsonValue] = {"redirect_urls": [f"{url.rstrip('/')}{BACK}"]} if url and many else {}
    groups = dict.fromkeys(command.name.split()[0] for command in commands)
    return {
        "display_information": {
            "name": "Auto Report Builder",
            "description": say(_ABOUT),
            "long_description": say(_LONG),
        },
        "features": {
            "app_home": {
                "home_tab_enabled": True,
                "messages_tab_enabled": True,
                "messages_tab_read_only_enabled": False,
            },
            "bot_user": {"display_name": "arb", "always_online": True},
            "shortcuts": [{"name": say(_ASK), "type": "message", "callback_id": "ask", "description": say(_ASK_ABOUT)}],
            "slash_commands": [_group(name, commands, language, prefix, heard) for name in groups],
        },
        "oauth_config": {**back, "scopes": {"bot": list(SCOPES)}},
        "settings": {
            "event_subscriptions": {**reached, "bot_events": list(EVENTS)},
            "interactivity": {"is_enabled": True, **reached, **options},
            "org_deploy_enabled": many,  # an organisation may install it for all its teams
            "socket_mode_enabled": url is None,
            "token_rotation_enabled": many,
        },
    }


def as_yaml(made: Mapping[str, JsonValue], language: Language) -> str:
    """Return a manifest as YAML, with what each scope is for."""
    return "\n".join(_lines(made, language))


async def print_manifest(
    form: Literal["json", "yaml"], url: str | None, lang: str | None, tell: Callable[[str], None], *, many: bool
) -> bool:
    """Print the manifest, and note that it was given out as the commands are now. Raises ConfigError."""
    settings = load()
    code = next((known for known in CODES if known == lang), settings.language)
    address, language = url or settings.public_url, Language(code)
    if address is not None and not _ADDRESS.fullmatch(address):
        raise ConfigError("Slack takes no address but one with https://.", hint=_NAME_IT)
    if many and address is None:
        raise ConfigError("Teams install the app at an address of the bot, and none is given.", hint=_NAME_IT)
    made = manifest(COMMANDS, language, settings.command_prefix, address, many=many)
    tell(as_yaml(made, language) if form == "yaml" else json.dumps(made, indent=2, ensure_ascii=False))
    at = settings.database_url.get_secret_value() if settings.database_url else None
    opened = await try_open(at, settings.home, settings.master_keys, SystemClock())
    if not isinstance(opened, Check):  # else the doctor says why not
        await opened.duties.note(_DUTY, _digest(settings.command_prefix))
        await opened.close()
    return True


async def manifest_check(db: Database, prefix: str) -> Check:
    """Tell whether the manifest was given out as the commands are now: a bot cannot ask Slack which it knows."""
    part, known = Message("Commands in Slack"), await db.duties.mark(_DUTY) == _digest(prefix)
    if known:
        return Check(part, Health.OK, Message("The manifest was made from the commands as they are now."))
    means = Message("Slack may not know the commands as they are now.")
    return Check(part, Health.ATTENTION, means, Message("Put the manifest into your Slack app: arb slack manifest"))


def _digest(prefix: str) -> str:
    return hashlib.sha256(json.dumps(manifest(COMMANDS, Language("en"), prefix)).encode()).hexdigest()


def _group(
    name: str, commands: Sequence[Command[Any]], language: Language, prefix: str, heard: str | None
) -> dict[str, JsonValue]:
    if f"{prefix}{name}" in RESERVED or len(f"/{prefix}{name}") > COMMAND:
        raise ConfigError(
            "Slack does not take a command called /{name}.",
            hint=Message("Set ARB_COMMAND_PREFIX to something short, such as acme-."),
            name=f"{prefix}{name}",
        )
    verbs = " | ".join(command.name.split()[1] for command in commands if command.name.split()[0] == name)
    return {
        "command": f"/{prefix}{name}",
        **({} if heard is None else {"url": heard}),
        "description": language.say(about_group(name)),
        "usage_hint": verbs if len(verbs) <= HINT else f"{verbs[: HINT - 1]}…",
        "should_escape": True,  # people and channels come as their ids
    }


def _lines(value: JsonValue | Mapping[str, JsonValue], language: Language, indent: str = "") -> Iterator[str]:
    """Yield lines of YAML; texts are written as JSON writes them, which YAML reads too."""
    if isinstance(value, Mapping):
        for key, one in value.items():
            if isinstance(one, dict | list):
                yield f"{indent}{key}:"
                yield from _lines(one, language, f"{indent}  ")
            else:
                yield f"{indent}{key}: {json.dumps(one, ensure_ascii=False)}"
    elif isinstance(value, list):
        for item in value:
            if isinstance(item, dict):
                first, *rest = _lines(item, language, f"{indent}  ")
                yield from (f"{indent}- {first.strip()}", *rest)
            else:
                why = SCOPES.get(str(item))
                yield f"{indent}- {json.dumps(item, ensure_ascii=False)}" + (f"  # {language.say(why)}" if why else "")
