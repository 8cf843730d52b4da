"""Messages as JSON, so that a problem stored today is told in the reader's language tomorrow."""

from __future__ import annotations

import json
from collections.abc import Mapping

from pydantic import JsonValue, TypeAdapter

from model.language import Message
from storage.columns import storable

_JSON: TypeAdapter[dict[str, JsonValue]] = TypeAdapter(dict[str, JsonValue])


def dump_message(message: Message) -> str:
    """Return a message as JSON: numbers and text stay, messages in it stay messages, the rest becomes text."""
    return json.dumps(_dumped(message))


def load_message(text: str) -> Message:
    """Return the message that was stored."""
    return _loaded(_JSON.validate_json(text))


def _dumped(message: Message) -> dict[str, JsonValue]:
    return {"text": storable(message.text), "values": {name: _value(value) for name, value in message.values.items()}}


def _value(value: object) -> JsonValue:
    match value:
        case Message():
            return _dumped(value)
        case str():
            return storable(value)
        case int() | float() | None:
            return value
        case _:
            return str(value)


def _loaded(found: Mapping[str, JsonValue]) -> Message:
    values = found["values"]
    if not isinstance(values, dict):
        raise TypeError("a stored message holds an object of values")
    return Message(str(found["text"]), {name: _loaded(v) if isinstance(v, dict) else v for name, v in values.items()})
