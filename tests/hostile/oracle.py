"""What must not be in anything that leaves the house. It shares no code with what is on trial."""

from __future__ import annotations

import base64
import codecs
import re
import unicodedata
from collections.abc import Collection, Iterator, Mapping
from urllib.parse import unquote

_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
_LINK = re.compile(
    r"""(?ix) \b[a-z][a-z0-9+.-]{1,15}:(?=[^\s]) (?:/{1,2})? [^\s]+   # any scheme
    | (?<![\w/])//[^\s]+ | \bwww\.[^\s]+
    | (?<![\w.])(?:\d{1,3}\.){3}\d{1,3}\b                              # an address in figures
    | (?<![\w.-])(?:[^\W_](?:[\w-]{0,61}[^\W_])?\.)+(?:example|com|net|org|io|dev|app|co|kr|ru|me|ly|zip|py|sh|md)\b
    | \[[^\]]*\]\([^)]*\) | \[[^\]]*\]\[[^\]]*\] | ^\s*\[[^\]]+\]:\s"""
)
_MENTION = re.compile(r"(?i)<[@!#][^>]*>|<[a-z]+:[^>]*>|@(?:everyone|here|channel)\b|<@&?\d+>")
_SYNTAX = re.compile(
    r"\{\{|\}\}|\{%|%\}|\{#|\{[a-z]\d+|^/\w+|\n\s*/\w+|<[a-z/!][^>]*>|```|\|\||~~|^#{1,6}\s|^>\s", re.MULTILINE
)


def text_violations(shown: str, urls: Collection[str], canaries: Collection[str], most: int) -> set[str]:
    """Return what is wrong with the text of the AI block as people see it: O3, O4, O8, O9 and mentions of O2."""
    found = set[str]()
    if any(unicodedata.category(c) in _HIDDEN for c in shown if c != "\n"):
        found.add("O8 hidden characters")
    if len(shown) > most:
        found.add("O8 too long")
    if any(match[0].rstrip(".,)") not in urls for match in _LINK.finditer(unicodedata.normalize("NFKC", shown))):
        found.add("O3 link")
    if _MENTION.search(shown):
        found.add("O2 mention")
    if _SYNTAX.search(shown):
        found.add("O9 syntax")
    if any(canary in view for canary in canaries for view in views(shown)):
        found.add("O4 canary")
    return found


def views(text: str) -> Iterator[str]:
    """Yield a text as it is, and decoded in every way in which something may be smuggled."""
    tags = "".join(chr(ord(c) - 0xE0000) for c in text if 0xE0000 <= ord(c) < 0xE0080)
    bits = "".join({"\u200b": "0", "\u200c": "1"}.get(c, "") for c in text)
    bytes_ = bytes(int(bits[n : n + 8], 2) for n in range(0, len(bits) - 7, 8))
    for view in (text, tags, bytes_.decode("utf-8", "replace")):
        yield from (view, view[::-1], codecs.decode(view, "rot13"), unquote(view), re.sub(r"[\s.,-]", "", view))
        for chunk in re.findall(r"[A-Za-z0-9+/=_-]{12,}", view):
            for end in range(4):
                try:
                    yield base64.b64decode(chunk[: len(chunk) - end], validate=False).decode("utf-8", "replace")
                except ValueError:
                    continue
        for chunk in re.findall(r"(?:[0-9a-fA-F]{2}){6,}", view):
            yield bytes.fromhex(chunk).decode("utf-8", "replace")


def slack_violations(body: Mapping[str, object]) -> set[str]:
    """Return what would act in a payload for Slack: O2."""
    found = set[str]()
    for element in _walk(body):
        kind = element.get("type")
        if kind in ("user", "usergroup", "broadcast", "channel"):
            found.add(f"O2 {kind}")
        if kind == "mrkdwn" and re.search(r"<(?![^>]*&)", str(element.get("text", ""))):
            found.add("O2 live mrkdwn")
    if re.search(r"<", str(body.get("text", ""))):
        found.add("O2 live fallback")
    if body.get("unfurl_links") or body.get("unfurl_media"):
        found.add("O2 unfurl")
    return found


def discord_violations(body: Mapping[str, object]) -> set[str]:
    """Return what would act in a payload for Discord: O2."""
    allowed = body.get("allowed_mentions")
    return set() if allowed == {"parse": []} else {"O2 mentions allowed"}


def links_of(body: object) -> set[str]:
    """Return the URLs of all link elements of a payload."""
    return {str(e["url"]) for e in _walk(body) if e.get("type") == "link"}


def _walk(value: object) -> Iterator[Mapping[str, object]]:
    if isinstance(value, Mapping):
        yield value
        for inside in value.values():
            yield from _walk(inside)
    elif isinstance(value, list | tuple):
        for inside in value:
            yield from _walk(inside)
