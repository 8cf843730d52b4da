"""A card as data for programs: what a webhook is sent and a .json file holds; documented and versioned."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import replace

from pydantic import JsonValue

from model.card import CARD, Card
from writers import markdown, plain

VERSION = 1


def document(card: Card) -> dict[str, JsonValue]:
    """Return the card with its text in both forms and its blocks; what only works in a chat is left out."""
    bare = replace(card, actions=(), attachments=())
    blocks: JsonValue = CARD.dump_python(bare, mode="json")["blocks"]
    return {
        "version": VERSION,
        "run": card.run,
        "title": card.title,
        "subtitle": card.subtitle,
        "tone": card.tone.value,
        "language": card.language,
        "text": plain.render(bare),
        "markdown": markdown.render(bare),
        "blocks": blocks,
    }


def dumped(body: Mapping[str, JsonValue]) -> bytes:
    """Return JSON that is the same bytes for the same values."""
    return json.dumps(body, ensure_ascii=False, separators=(",", ":"), sort_keys=True).encode("utf-8", "replace")
