"""Buttons on Discord: in rows, each with an id that says nothing but which action it is."""

from __future__ import annotations

from collections.abc import Sequence

from pydantic import JsonValue

from model.card import Action
from writers.discord_markdown import size
from writers.discord_pages import Solid
from writers.safe import inert

BUTTON = "arb1:"  # begins the id of every button; what follows is the action's
_MOST_LABEL = 80  # characters of a label (https://discord.com/developers/docs/components/reference#button)
_IN_A_ROW = 5


def rows_of(actions: Sequence[Action]) -> list[Solid]:
    """Return buttons in rows; an action that nobody has kept cannot be pressed, and is left out."""
    pressed = [action for action in actions if action.id is not None]
    return [_row(pressed[n : n + _IN_A_ROW]) for n in range(0, len(pressed), _IN_A_ROW)]


def _row(actions: Sequence[Action]) -> Solid:
    buttons: list[JsonValue] = [
        {"type": 2, "style": 2, "label": _label(action.label), "custom_id": f"{BUTTON}{action.id}"}
        for action in actions
    ]
    return Solid({"type": 1, "components": buttons}, weight=1 + len(buttons))


def _label(text: str) -> str:
    """Return the words on a button; a letter may count twice."""
    label = inert(text, _MOST_LABEL).strip() or "…"
    return label if size(label) <= _MOST_LABEL else inert(text, _MOST_LABEL // 2)
