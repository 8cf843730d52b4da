"""What stands in a message of Slack where a picture cannot."""

from __future__ import annotations

from pydantic import JsonValue

from model.delivery import Payload


def without_pictures(payload: Payload) -> list[JsonValue]:
    """Return the blocks of a payload with words in the place of its pictures."""
    blocks, pictures = payload.body.get("blocks"), payload.body.get("pictures")
    found: list[JsonValue] = []
    for block in blocks if isinstance(blocks, list) else []:
        id = str(block.get("block_id")) if isinstance(block, dict) else ""
        picture = pictures.get(id) if isinstance(pictures, dict) else None
        instead = picture.get("instead") if isinstance(picture, dict) else None
        found.append({**instead, "block_id": id} if isinstance(instead, dict) else block)
    return found
