"""What Discord refuses of a message, by its documentation; independent of what we send."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from simcord import components  # at the top: it takes seconds, and a server that imports it answers late

V2 = 1 << 15
Component = Mapping[str, Any]


class Invalid(Exception):
    """Discord's code 50035."""


def check(body: Mapping[str, Any], files: Mapping[str, bytes], *, editing: bool = False) -> None:
    """Raise Invalid where a message of components is none that Discord takes, by our reading or by simcord's."""
    need(editing or body.get("flags", 0) & V2, "these are messages of components")
    need(not (set(body) & {"content", "embeds", "poll", "sticker_ids"}), "no content beside components")
    everything = list(walk(body["components"]))
    need(1 <= len(everything) <= 40, f"40 components, not {len(everything)}")
    texts = [one["content"] for one in everything if one["type"] == 10]
    need(sum(len(text.encode("utf-16-le")) // 2 for text in texts) <= 4000, "4,000 characters over all texts")
    need(all(text.strip() for text in texts), "a text is not empty")
    for name in ("custom_id", "id"):
        given = [one[name] for one in everything if one.get(name)]
        need(len(given) == len(set(given)), f"each {name} once")
    need(all(0 <= one.get("id", 0) < 1 << 31 for one in everything), "ids have 32 bits")
    for one in body["components"]:
        need(one["type"] in (1, 9, 10, 12, 13, 14, 17), "a component that stands by itself")
    for one in everything:
        _component(one)
    shown = {url.removeprefix("attachment://") for one in everything for url in _urls(one)}
    need(shown == set(files), f"attachments are shown, and what is shown is attached: {shown} {set(files)}")
    need(all(len(data) <= 10 << 20 for data in files.values()), "10 MiB a file")
    need(len(files) <= 10, "10 files")
    need(all(re.fullmatch(r"[A-Za-z0-9_.-]+", name) for name in files), "names of files in ASCII")
    nonce = body.get("nonce")
    need(nonce is None or len(str(nonce)) <= 25, "25 characters of nonce")
    allowed = body.get("allowed_mentions", {})
    need(len(allowed.get("users", ())) <= 100, "100 users")
    need(not (allowed.get("users") and "users" in allowed.get("parse", ())), "users are named or parsed")
    simulated("validate_components", body["components"], flags=V2)


def simulated(rules: str, made: Any, **more: int) -> None:
    """Have another one's rules look at something too; raise Invalid."""
    try:
        getattr(components, rules)(made, **more)
    except components.ComponentValidationError as error:
        raise Invalid(str(error)) from None


def walk(components: Sequence[Component]) -> Iterator[Component]:
    """Yield components, and those inside them."""
    for one in components:
        yield one
        yield from walk(one.get("components", ()))


def pinged(body: Mapping[str, Any]) -> set[str]:
    """Return whom a message tells: what its raw text names, as far as `allowed_mentions` lets it."""
    text = "\n".join(one["content"] for one in walk(body["components"]) if one["type"] == 10)
    allowed = body.get("allowed_mentions", {"parse": ["users", "roles", "everyone"]})
    parse, users = allowed.get("parse", ()), allowed.get("users", ())
    found = {id for id in re.findall(r"<@!?(\d+)>", text) if "users" in parse or id in users}
    if "everyone" in parse:
        found |= set(re.findall(r"@(everyone|here)", text))
    return found | ({f"&{id}" for id in re.findall(r"<@&(\d+)>", text)} if "roles" in parse else set())


def need(holds: object, rule: str) -> None:
    if not holds:
        raise Invalid(rule)


def _component(one: Component) -> None:
    inner = [c["type"] for c in one.get("components", ())]
    match one["type"]:
        case 17:
            need(inner and set(inner) <= {1, 9, 10, 12, 13, 14}, "what a container may hold")
            need(0 <= (one.get("accent_color") or 0) <= 0xFFFFFF, "a colour")
        case 1:
            need(1 <= len(inner) <= 5 and set(inner) == {2}, "1 to 5 buttons a row")
        case 2:
            need(one["style"] in (1, 2, 3, 4, 5), "a style")
            need(1 <= len(one["label"]) <= 80, "80 characters of label")
            need(1 <= len(one["custom_id"]) <= 100, "100 characters of id")
        case 10:
            need(1 <= len(one["content"]) <= 4000, "4,000 characters of text")
        case 12:
            need(1 <= len(one["items"]) <= 10, "1 to 10 pictures")
            need(all(1 <= len(item.get("description", "x")) <= 1024 for item in one["items"]), "1,024 characters")
        case 14:
            need(one.get("spacing", 1) in (1, 2), "spacing")
        case 13:
            pass
        case other:
            raise Invalid(f"no component {other}")


def _urls(one: Component) -> list[str]:
    if one["type"] == 12:
        return [item["media"]["url"] for item in one["items"]]
    return [one["file"]["url"]] if one["type"] == 13 else []
