"""What Discord refuses of modals, choices and commands, by its documentation; independent of what we send."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from tests.support.discord_limits import need, simulated

_NAME = re.compile(r"[-_'\w]{1,32}")


def check_modal(modal: Mapping[str, Any]) -> None:
    """Raise Invalid where Discord would not open it, by our reading or by simcord's."""
    simulated("validate_modal", modal)
    need(1 <= len(modal["title"]) <= 45, "45 characters of title")
    need(1 <= len(modal["custom_id"]) <= 100, "100 characters of id")
    labels = modal["components"]
    need(1 <= len(labels) <= 5, "1 to 5 components")
    need(all(label["type"] == 18 for label in labels), "labels only")
    ids = [label["component"]["custom_id"] for label in labels]
    need(len(ids) == len(set(ids)), "each id once")
    for label in labels:
        need(1 <= len(label["label"]) <= 45, "45 characters of label")
        need(1 <= len(label.get("description", "x")) <= 100, "100 characters of description")
        one = label["component"]
        need(1 <= len(one["custom_id"]) <= 100, "100 characters of id")
        need(one["type"] in (3, 4), "inputs that we know")
        (_select if one["type"] == 3 else _input)(one)


def _input(one: Mapping[str, Any]) -> None:
    need(one["style"] in (1, 2), "a style")
    need(len(one.get("value", "")) <= min(4000, one.get("max_length", 4000)), "4,000 characters of text")
    need(one["style"] == 2 or "\n" not in one.get("value", ""), "one line")
    need(1 <= len(one.get("placeholder", "x")) <= 100, "100 characters of placeholder")


def _select(one: Mapping[str, Any]) -> None:
    options = one["options"]
    need(1 <= len(options) <= 25, "1 to 25 options")
    values = [option["value"] for option in options]
    need(len(values) == len(set(values)), "each value once")
    need(all(1 <= len(o["value"]) <= 100 and 1 <= len(o["label"]) <= 100 for o in options), "100 characters")
    need(sum(bool(o.get("default")) for o in options) <= one["max_values"] <= len(options), "so many at most")
    need(not one.get("required", True) or one["min_values"] >= 1, "what is required is chosen")


def check_choices(choices: Sequence[Mapping[str, Any]]) -> None:
    """Raise Invalid where Discord would not offer them."""
    need(len(choices) <= 25, "25 choices")
    need(all(1 <= len(o["name"]) <= 100 and 1 <= len(o["value"]) <= 100 for o in choices), "100 characters")


def check_tree(commands: Sequence[Mapping[str, Any]]) -> None:
    """Raise Invalid where Discord would not take the commands."""
    need(sum(one["type"] == 1 for one in commands) <= 100, "100 commands")
    need(sum(one["type"] == 3 for one in commands) <= 15, "15 commands of messages")
    names = [(one["type"], one["name"]) for one in commands]
    need(len(names) == len(set(names)), "each name once")
    for one in commands:
        need(set(one["contexts"]) <= {0, 1, 2} and set(one["integration_types"]) <= {0, 1}, "where it is")
        if one["type"] == 3:
            need(1 <= len(one["name"]) <= 32 and "description" not in one and "options" not in one, "a menu entry")
        else:
            _option(one, 0)
            need(_characters(one) <= 8000, "8,000 characters")


def _option(one: Mapping[str, Any], depth: int) -> None:
    need(_NAME.fullmatch(one["name"]) and one["name"] == one["name"].lower(), f"a name: {one['name']}")
    texts = [one["description"], *one.get("description_localizations", {}).values()]
    need(all(1 <= len(text) <= 100 for text in texts), "100 characters of description")
    need(set(one.get("description_localizations", {})) <= {"ko"}, "a language that Discord knows")
    options = one.get("options", ())
    need(len(options) <= 25, "25 options")
    need(len({o["name"] for o in options}) == len(options), "each option once")
    need(not (one.get("choices") and one.get("autocomplete")), "choices or completion")
    check_choices(one.get("choices", ()))
    if depth:
        need(one["type"] in (range(1, 2) if depth == 1 else range(3, 12)), "a type")
        need("min_value" not in one or one["type"] in (4, 10), "bounds of numbers")
        need(not one.get("autocomplete") or one["type"] in (3, 4, 10), "what can be completed")
    required = [bool(o.get("required")) for o in options]
    need(required == sorted(required, reverse=True), "what is required comes first")
    for option in options:
        _option(option, depth + 1)


def _characters(one: Mapping[str, Any]) -> int:
    own = len(one["name"]) + max(map(len, (one["description"], *one.get("description_localizations", {}).values())))
    choices = sum(len(o["name"]) + len(o["value"]) for o in one.get("choices", ()))
    return own + choices + sum(_characters(o) for o in one.get("options", ()))
