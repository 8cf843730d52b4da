"""The commands as Discord shows them: groups with subcommands and typed options, in both languages.

Limits: https://docs.discord.com/developers/interactions/application-commands
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import JsonValue

from commands.command import Command
from commands.forms import is_secret, option_of
from commands.help import about_group
from model.language import Language, Message

NAME, DESCRIPTION, OPTIONS, CHOICES, CHARACTERS = 32, 100, 25, 25, 8000
ASK = Message("Ask about this report")  # what one can do with a message
_ENGLISH, _KOREAN = Language("en"), Language("ko")
_GROUP, _SUBCOMMAND = 1, 1
_TEXT, _WHOLE, _SWITCH, _DECIMAL = 3, 4, 5, 10  # types of an option
_MESSAGE = 3  # a command of a message's menu
_MENTIONED = re.compile(r"<@!?(\d{1,20})>")
_WHERE: Mapping[str, JsonValue] = {"contexts": [0, 1], "integration_types": [0]}  # servers and direct messages


def tree(commands: Sequence[Command[Any]], prefix: str = "") -> tuple[Mapping[str, JsonValue], ...]:
    """Return what Discord is to know of the commands; `prefix` goes before every name."""
    groups = dict.fromkeys(command.name.split()[0] for command in commands)
    made = [_group(name, [c for c in commands if c.name.split()[0] == name], prefix) for name in groups]
    menu: Mapping[str, JsonValue] = {
        "type": _MESSAGE,
        "name": _ENGLISH.say(ASK),
        "name_localizations": {"ko": _KOREAN.say(ASK)},
        **_WHERE,
    }
    return (*made, menu)


def digest(made: Sequence[Mapping[str, JsonValue]]) -> str:
    """Return what tells one tree from another."""
    return hashlib.sha256(json.dumps(made, ensure_ascii=False, sort_keys=True).encode()).hexdigest()


def characters(made: Mapping[str, Any]) -> int:
    """Return how many characters Discord counts in a command: names, descriptions and choices, the longest of each."""
    own = sum(
        max(len(str(made.get(key, ""))), *map(len, made.get(f"{key}_localizations", {}).values()), 0)
        for key in ("name", "description")
    )
    choices = sum(len(choice["name"]) + len(str(choice["value"])) for choice in made.get("choices", ()))
    return own + choices + sum(characters(option) for option in made.get("options", ()))


def _group(name: str, commands: Sequence[Command[Any]], prefix: str) -> Mapping[str, JsonValue]:
    made: dict[str, JsonValue] = {"type": _GROUP, "name": prefix + name, **_described(about_group(name)), **_WHERE}
    return made | {"options": [dict(_subcommand(command)) for command in commands]}


def _subcommand(command: Command[Any]) -> Mapping[str, JsonValue]:
    """Return one command; an option without a label is none that people give."""
    schemas = command.arguments.model_json_schema()["properties"] if command.arguments.model_fields else {}
    options: list[JsonValue] = [
        {
            "name": name,
            **_described(_labelled(option_of(field).label, option_of(field).example)),
            **_typed(schemas[name]),
        }
        | ({"autocomplete": True} if option_of(field).names else {})
        for name, field in command.arguments.model_fields.items()
        if option_of(field).label.text and not is_secret(field)
    ]
    return {
        "type": _SUBCOMMAND,
        "name": command.name.split()[1],
        **_described(command.help),
        "options": options[:OPTIONS],
    }


def _labelled(label: Message, example: str) -> Message:
    return Message("{label}, such as {example}", {"label": label, "example": example}) if example else label


def _typed(schema: Mapping[str, Any]) -> Mapping[str, JsonValue]:
    """Return type, bounds and choices of an option; none is required: what is missing is asked for in a form."""
    kinds = [one for one in schema.get("anyOf", (schema,)) if one.get("type") != "null"]
    kind = kinds[0] if len(kinds) == 1 else {}
    choices = kind.get("enum", [kind["const"]] if "const" in kind else [])
    if choices and len(choices) <= CHOICES:
        return {"type": _TEXT, "choices": [{"name": str(one), "value": str(one)} for one in choices]}
    match kind.get("type"):
        case "boolean":
            return {"type": _SWITCH}
        case "integer":
            return {"type": _WHOLE, **_bounds(kind)}
        case "number":
            return {"type": _DECIMAL, **_bounds(kind)}
        case _:
            return {"type": _TEXT}


def _bounds(kind: Mapping[str, Any]) -> Mapping[str, JsonValue]:
    pairs = (("min_value", "minimum"), ("max_value", "maximum"))
    return {ours: kind[theirs] for ours, theirs in pairs if theirs in kind}


def _described(text: Message) -> Mapping[str, JsonValue]:
    return {
        "description": _short(_ENGLISH.say(text)),
        "description_localizations": {"ko": _short(_KOREAN.say(text))},
    }


def _short(text: str) -> str:
    return text if len(text) <= DESCRIPTION else text[: DESCRIPTION - 1] + "…"


def spoken_words(options: Iterable[Mapping[str, Any]]) -> Mapping[str, str]:
    """Return the options that somebody gave, as one would type them."""
    return {str(one["name"]): _word(one["value"]) for one in options if "value" in one}


def _word(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    return called(str(value))


def called(text: str) -> str:
    """Return a text in which people who are mentioned are called as a line calls them."""
    return _MENTIONED.sub(r"discord:\1", text)
