"""A pydantic model as the JSON Schema that every vendor's structured output takes."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

from pydantic import BaseModel, JsonValue

_KEPT = ("type", "properties", "items", "required", "additionalProperties", "enum")


@cache
def schema_of(model: type[BaseModel]) -> Mapping[str, JsonValue]:
    """Return the schema of a model whose fields are all required, without references and bounds.

    Vendors refuse bounds, or ignore them: what comes back is validated by the model itself.
    """
    whole: dict[str, JsonValue] = model.model_json_schema()
    parts = whole.get("$defs")
    found = _bare(whole, parts if isinstance(parts, dict) else {})
    return found if isinstance(found, dict) else {}


def _bare(node: JsonValue, parts: Mapping[str, JsonValue]) -> JsonValue:
    if not isinstance(node, dict):
        return node
    reference = node.get("$ref")
    if isinstance(reference, str):
        return _bare(parts[reference.rpartition("/")[2]], parts)
    kept: dict[str, JsonValue] = {key: node[key] for key in _KEPT if key in node}
    properties = kept.get("properties")
    if isinstance(properties, dict):
        kept["properties"] = {name: _bare(one, parts) for name, one in properties.items()}
    if "items" in kept:
        kept["items"] = _bare(kept["items"], parts)
    return kept
