"""One field of a form as an input of Slack's modals, and what it holds back into what one would type; pure.

Limits: https://docs.slack.dev/reference/block-kit/block-elements and .../blocks/input-block
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from pydantic import JsonValue

from model.form import Field
from model.language import Language, Message
from writers.safe import inert
from writers.slack_text import Json

TEXT = 3000  # characters of a text input
OPTIONS, OPTION, VALUE = 100, 75, 150  # of a select; characters of an option's label, and of its value
LABEL, HINT, PLACEHOLDER = 120, 250, 100  # Slack takes 2,000, 2,000 and 150: a modal has a size, too
_NUMBER = re.compile(r"-?[0-9]{1,15}(\.[0-9]{1,9})?")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_BROKEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ud800-\udfff]")  # what JSON or a text field has not


@dataclass(frozen=True, slots=True)
class Input:
    """A block that asks for a field, and how many bytes it takes for what the field holds."""

    block: Json
    holds: int


def input_of(field: Field, language: Language, room: int) -> Input | None:
    """Return a field's input; None where what it holds takes more than `room` bytes, or more than Slack takes."""
    for element in _elements(field, language):
        held = {key: element[key] for key in element if key.startswith(("initial", "options"))}
        holds = _bytes(held) if held else 0  # what is empty is asked for, however full the modal is
        if holds <= room:
            return Input(_labelled(field, element, language), holds)
    return None


def option(value: str, label: str) -> Json:
    """Return one thing to choose."""
    return {"value": value, "text": plain(inert(label, OPTION).strip(" ") or "…")}


def plain(text: str) -> Json:
    """Return text that is no markup."""
    return {"type": "plain_text", "text": text, "emoji": False}


def typed(held: Mapping[str, Any]) -> str:
    """Return what an input holds, as one would type it."""
    if isinstance(several := held.get("selected_options"), list):
        return ", ".join(str(one.get("value", "")) for one in several if isinstance(one, dict))
    if isinstance(one := held.get("selected_option"), dict):
        return str(one.get("value", ""))
    return str(held.get("selected_date") or held.get("value") or "")


def _labelled(field: Field, element: Json, language: Language) -> Json:
    made: Json = {
        "type": "input",
        "block_id": field.name,
        "label": plain(inert(field.label, LABEL).strip(" ") or field.name[:LABEL]),
        "element": {**element, "action_id": field.name},
        "optional": not field.required,
    }
    hint = inert(_hint(field, language), HINT).strip(" ")
    return {**made, "hint": plain(hint)} if hint else made


def _hint(field: Field, language: Language) -> str:
    if field.error:
        return field.error
    if field.control == "secret":
        return language.say(Message("It can be read while you type; it is kept sealed and never shown again."))
    return ""


def _elements(field: Field, language: Language) -> Sequence[Json]:
    """Return the ways to ask for a field, the best one first."""
    if field.control == "secret":
        return (_text(field, ""),)
    value = _BROKEN.sub("\N{REPLACEMENT CHARACTER}", field.value or "")
    made: list[Json] = []
    if field.control == "switch":
        made.append(_static(_yes_no(language), value, several=False))
    elif field.choices and all(0 < len(one) <= VALUE for one, _ in field.choices):
        several, choices = field.control == "choices", dict(field.choices)
        if len(choices) <= OPTIONS:
            made.append(_static(list(choices.items()), value, several=several))
        made.append(_external([one for one in _parts(value, several=several) if one in choices], several=several))
    elif field.names and all(len(one) <= VALUE for one in _parts(value, several=field.several)):
        made.append(_external(_parts(value, several=field.several), several=field.several))
    elif field.control == "number" and (not value or _NUMBER.fullmatch(value)):
        made.append({"type": "number_input", "is_decimal_allowed": True, **({"initial_value": value} if value else {})})
    elif field.control == "date" and (not value or _is_date(value)):
        made.append({"type": "datepicker", **({"initial_date": value} if value else {})})
    return [*made, _text(field, value)] if len(value) <= TEXT else made


def _is_date(value: str) -> bool:
    try:
        return _DATE.fullmatch(value) is not None and date.fromisoformat(value).year > 0
    except ValueError:
        return False


def _yes_no(language: Language) -> Sequence[tuple[str, str]]:
    return [(word, language.say(Message(word))) for word in ("yes", "no")]


def _static(choices: Sequence[tuple[str, str]], value: str, *, several: bool) -> Json:
    options = [option(one, label) for one, label in choices]
    chosen = [made for made in options if made["value"] in _parts(value, several=several)]
    listed: list[JsonValue] = [*options]
    made: Json = {"type": "multi_static_select" if several else "static_select", "options": listed}
    return {**made, **_initial(chosen, several=several)}


def _external(values: Sequence[str], *, several: bool) -> Json:
    chosen = [option(one, one) for one in values]
    made: Json = {"type": "multi_external_select" if several else "external_select", "min_query_length": 0}
    return {**made, **_initial(chosen, several=several)}


def _initial(chosen: Sequence[Json], *, several: bool) -> Json:
    if not chosen:
        return {}
    return {"initial_options": [*chosen]} if several else {"initial_option": chosen[0]}


def _parts(value: str, *, several: bool) -> Sequence[str]:
    parts = [part.strip() for part in value.split(",")] if several else [value]
    return list(dict.fromkeys(part for part in parts if part))


def _text(field: Field, value: str) -> Json:
    made: Json = {"type": "plain_text_input", "multiline": field.control == "long" or "\n" in value, "max_length": TEXT}
    if value:
        made["initial_value"] = value
    example = inert(field.example or ", ".join(value for value, _ in field.choices), PLACEHOLDER).strip(" ")
    return {**made, "placeholder": plain(example)} if example else made


def _bytes(value: JsonValue) -> int:
    return len(json.dumps(value))
