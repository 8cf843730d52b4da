"""What Slack refuses of a message or a view: its documented limits, and the checks of slack_sdk's own classes.

https://docs.slack.dev/reference/block-kit/blocks, and docs of chat.postMessage.
"""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from slack_sdk.errors import SlackObjectFormationError
from slack_sdk.models.blocks import Block
from slack_sdk.models.views import View

_TYPES = {
    "header": 150, "context": 10, "rich_text": None, "table": None, "image": None, "actions": 25, "section": None,
    "divider": None,
}  # fmt: skip
_IN_VIEWS = {"header", "context", "rich_text", "actions", "section", "divider", "input"}
_INPUTS = {
    "plain_text_input", "number_input", "datepicker", "static_select", "multi_static_select", "external_select",
    "multi_external_select",
}  # fmt: skip
_IN_RICH = {"rich_text_section", "rich_text_list", "rich_text_preformatted", "rich_text_quote"}
_STYLES = {"bold", "italic", "strike", "code", "underline"}


def problems(blocks: Sequence[Any], files: Mapping[str, Any] | None = None, people: Collection[str] = ()) -> list[str]:
    """Return why Slack would refuse blocks; `files`: those that are there, by id. `people`: who may be mentioned."""
    found = ["more than 50 blocks"] if len(blocks) > 50 else []
    ids = [block.get("block_id") for block in blocks if block.get("block_id")]
    found += ["block_id twice"] if len(ids) != len(set(ids)) else []
    found += ["block_id too long"] if any(len(id) > 255 for id in ids) else []
    actions = [one["action_id"] for one in walk(blocks) if "action_id" in one]
    found += ["action_id twice"] if len(actions) != len(set(actions)) else []
    found += ["action_id too long"] if any(len(id) > 255 for id in actions) else []
    found += ["more than one table"] if sum(block["type"] == "table" for block in blocks) > 1 else []
    found += ["longer than 13,000 characters"] if sum(len(text) for text in texts(blocks)) > 13_000 else []
    found += ["a mention of nobody"] if pinged(blocks) - set(people) else []
    for block in blocks:
        found += list(_of(block, files))
    return found


def pinged(blocks: Sequence[Any]) -> set[str]:
    """Return the users who are told by blocks."""
    return {one["user_id"] for one in walk(blocks) if one.get("type") == "user"}


def view_problems(view: Mapping[str, Any]) -> list[str]:
    """Return why Slack would refuse a view: https://docs.slack.dev/reference/views"""
    modal, blocks = view.get("type") == "modal", view.get("blocks", [])
    found = [] if modal or view.get("type") == "home" else ["neither modal nor home"]
    try:
        View(**view).validate_json()
    except SlackObjectFormationError as error:
        found.append(str(error))
    found += ["no title"] if modal and not view.get("title", {}).get("text") else []
    inputs = [block for block in blocks if block["type"] == "input"]
    found += ["an input, and nothing to submit it with"] if inputs and not view.get("submit") else []
    found += ["larger than 250 KB"] if len(json.dumps(view)) > 250_000 else []
    found += ["too much carried along"] if len(view.get("private_metadata", "")) > 3000 else []
    ids = [block["block_id"] for block in blocks if "block_id" in block]
    found += ["block_id twice"] if len(ids) != len(set(ids)) else []
    actions = [one["action_id"] for one in walk(blocks) if "action_id" in one]
    found += ["action_id twice"] if len(actions) != len(set(actions)) else []
    found += ["an id too long"] if any(len(id) > 255 for id in (*ids, *actions)) else []
    found += ["a mention"] if pinged(blocks) else []
    for block in blocks:
        found += [] if block["type"] in _IN_VIEWS else [f"a block that a view has not: {block['type']}"]
        found += [problem for one in walk(block) for problem in _element(one)]
        found += _input(block) if block["type"] == "input" else _whole(block)
        found += ["section"] if block["type"] == "section" and not 0 < len(block["text"]["text"]) <= 3000 else []
    return found


def walk(value: Any) -> Iterator[Mapping[str, Any]]:
    """Yield every object in blocks."""
    if isinstance(value, dict):
        yield value
        value = list(value.values())
    for one in value if isinstance(value, list) else ():
        yield from walk(one)


def texts(blocks: Sequence[Any]) -> list[str]:
    """Return every text that blocks show, in order."""
    shown = ("text", "fallback", "alt_text")
    return [one[key] for one in walk(list(blocks)) for key in shown if isinstance(one.get(key), str)]


def _of(block: Mapping[str, Any], files: Mapping[str, Any] | None) -> Iterator[str]:
    kind = block["type"]
    if kind not in _TYPES:
        yield f"a block that a message has not: {kind}"
        return
    known = Block.parse(dict(block))
    if known is None:
        yield f"slack_sdk knows no {kind}"
    else:
        known.validate_json()
    for one in walk(dict(block)):
        yield from _element(one)
    yield from _image(block, files) if kind == "image" else _whole(block)


def _input(block: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with an input: https://docs.slack.dev/reference/block-kit/blocks/input-block"""
    one = block["element"]
    if one["type"] not in _INPUTS:
        yield f"no input: {one['type']}"
    if any(not 0 < len(block.get(part, {"text": "x"})["text"]) <= 2000 for part in ("label", "hint")):
        yield "label or hint"
    if len(one.get("placeholder", {"text": ""})["text"]) > 150:
        yield "placeholder"
    if one["type"] == "plain_text_input":
        most = one.get("max_length", 3000)
        yield from [] if 1 <= most <= 3000 and len(one.get("initial_value", "")) <= most else ["characters of a text"]
    if one["type"] == "number_input" and not re.fullmatch(r"-?\d+(\.\d+)?", one.get("initial_value", "0")):
        yield "a number that is none"
    if one["type"] == "datepicker" and not re.fullmatch(r"\d{4}-\d{2}-\d{2}", one.get("initial_date", "2026-01-01")):
        yield "a date that is none"
    if "select" in one["type"]:
        yield from _select(one)


def _select(one: Mapping[str, Any]) -> Iterator[str]:
    initial = [*one.get("initial_options", ()), *([one["initial_option"]] if "initial_option" in one else ())]
    if ("initial_options" in one) != one["type"].startswith("multi_") and initial:
        yield "an initial option of another kind"
    if "initial_options" in one and not initial:
        yield "no initial options"
    options = one.get("options", ())
    if "static" in one["type"]:
        yield from [] if 0 < len(options) <= 100 else ["options of a select"]
        yield from [] if all(option in options for option in initial) else ["an initial option that is none"]
    for option in (*options, *initial):
        if not 0 < len(option["text"]["text"]) <= 75 or not 0 < len(option["value"]) <= 150:
            yield "an option"
    values = [option["value"] for option in options or initial]
    if len(values) != len(set(values)):
        yield "an option twice"


def _whole(block: Mapping[str, Any]) -> Iterator[str]:
    match block["type"]:
        case "header":
            if not 0 < len(block["text"]["text"]) <= 150 or block["text"]["type"] != "plain_text":
                yield "header"
        case "context":
            if not 0 < len(block["elements"]) <= 10 or any(len(one["text"]) > 3000 for one in block["elements"]):
                yield "context"
        case "rich_text":
            if not block["elements"] or any(one["type"] not in _IN_RICH for one in block["elements"]):
                yield "rich_text"
        case "table":
            yield from _table(block)
        case "actions":
            if not 0 < len(block["elements"]) <= 25 or any(len(one["text"]["text"]) > 75 for one in block["elements"]):
                yield "actions"


def _element(one: Mapping[str, Any]) -> Iterator[str]:
    kind = one.get("type")
    if kind == "mrkdwn":
        yield "markup"
    if kind in ("usergroup", "broadcast", "channel"):
        yield "a mention"
    if kind in ("text", "link", "plain_text", "raw_text") and not one.get("text"):
        yield f"an empty {kind}"
    if isinstance(one.get("style"), dict) and set(one["style"]) - _STYLES:
        yield "no such style"
    if kind == "link" and not re.match(r"https?://.{1,2990}$", str(one["url"])):
        yield "a link that is none, or too long"
    if kind == "date" and not isinstance(one["timestamp"], int):
        yield "a date that is none"
    if kind in _IN_RICH | {"rich_text"} and not one.get("elements"):
        yield "nothing in a section"


def _table(block: Mapping[str, Any]) -> Iterator[str]:
    rows = block["rows"]
    if not 0 < len(rows) <= 100 or any(not 0 < len(row) <= 20 for row in rows):
        yield "rows or columns of a table"
    if len(block.get("column_settings", ())) > 20:
        yield "settings of a table"
    if sum(len(text) for text in texts(rows)) > 10_000:
        yield "characters of a table"
    if any(cell["type"] not in ("raw_text", "rich_text") for row in rows for cell in row):
        yield "cell of a table"


def _image(block: Mapping[str, Any], files: Mapping[str, Any] | None) -> Iterator[str]:
    if not 0 < len(block.get("alt_text", "")) <= 2000:
        yield "alt_text"
    id = block.get("slack_file", {}).get("id")
    if files is not None and (id not in files or not files[id].get("mimetype")):
        yield "invalid slack file"
