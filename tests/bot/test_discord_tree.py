"""The commands as Discord is told of them: within its limits, typed, in both languages."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any

import pytest

from bot.platforms.discord_tree import ASK, CHARACTERS, characters, digest, spoken_words, tree
from commands import COMMANDS
from commands.forms import is_secret
from model.language import Language
from tests.support.discord_limits import Invalid
from tests.support.discord_modals import check_tree


@cache
def _tree() -> list[Any]:
    """Return the commands as they are told, made once: each test looks at many of them."""
    return [dict(one) for one in tree(COMMANDS)]


def _verb(name: str) -> Mapping[str, Any]:
    group, verb = name.split()
    return next(o for c in _tree() if c["name"] == group for o in c["options"] if o["name"] == verb)


def _options(name: str) -> Mapping[str, Mapping[str, Any]]:
    return {one["name"]: one for one in _verb(name)["options"]}


@pytest.mark.parametrize("prefix", ["", "acme-team-0123456"])
def test_discord_takes_every_command(prefix: str) -> None:
    """Names, descriptions, options and characters, also with the longest prefix."""
    made = tree(COMMANDS, prefix)
    check_tree(made)
    assert all(characters(one) <= CHARACTERS for one in made)
    assert {one["name"] for one in made[:-1]} == {prefix + c.name.split()[0] for c in COMMANDS}


def test_what_discord_would_refuse_is_refused_here() -> None:
    """The stand-in's rules do bite."""
    made = [dict(one) for one in tree(COMMANDS)]
    with pytest.raises(Invalid):
        check_tree([{**made[0], "description": "x" * 101}])
    with pytest.raises(Invalid):
        check_tree([{**made[0], "name": "Report"}])
    with pytest.raises(Invalid):
        check_tree([made[0], made[0]])


def test_options_have_types_choices_and_completion() -> None:
    """Derived from the arguments: nothing is required, as a form asks for what is missing."""
    run = _options("report run")
    assert (run["report"]["type"], run["report"]["autocomplete"]) == (3, True)
    assert [one["value"] for one in run["view"]["choices"]] == ["management", "development", "operations"]
    assert run["here"]["type"] == 5
    days = _options("arb settings")["stale_days"]
    assert (days["type"], days["min_value"], days["max_value"]) == (4, 1, 365)
    assert not any(one.get("required") for c in tree(COMMANDS)[:-1] for o in c["options"] for one in o["options"])  # type: ignore[union-attr, index, call-overload]


def test_every_command_is_described_in_korean() -> None:
    """Where Discord is used in Korean its descriptions are."""
    korean = Language("ko")
    for command in COMMANDS:
        told = _verb(command.name)["description_localizations"]["ko"]
        assert told.rstrip("…") in korean.say(command.help)
        assert told != _verb(command.name)["description"]
    assert tree(COMMANDS)[-1]["name_localizations"] == {"ko": korean.say(ASK)}


def test_a_secret_is_no_option() -> None:
    """Secrets are typed into forms only."""
    for command in COMMANDS:
        secrets = {name for name, field in command.arguments.model_fields.items() if is_secret(field)}
        assert not secrets & _options(command.name).keys()


def test_another_tree_has_another_digest() -> None:
    """And the same one the same."""
    assert digest(tree(COMMANDS)) == digest(tree(COMMANDS))
    assert digest(tree(COMMANDS)) != digest(tree(COMMANDS[1:]))
    assert digest(tree(COMMANDS)) != digest(tree(COMMANDS, "x-"))


def test_options_become_words() -> None:
    """As one would type them."""
    given: list[dict[str, object]] = [
        {"name": "a", "value": True},
        {"name": "b", "value": 7},
        {"name": "c", "value": "x y"},
        {"name": "d"},
        {"name": "e", "value": "<@123>, <@!45> <#6> <@x>"},
    ]
    people = "discord:123, discord:45 <#6> <@x>"
    assert spoken_words(given) == {"a": "yes", "b": "7", "c": "x y", "e": people}
