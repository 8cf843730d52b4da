"""What an attacker writes into a repository is data in every rendering of every card."""

from __future__ import annotations

import csv
import io
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from markdown_it import MarkdownIt

from tests.support.repositories import Builder, init
from tests.support.repository import seconds
from tests.support.talk import Talk, content, text
from writers import terminal

_SUBJECTS = [
    "<!channel> <!here> <@U0CEO>",
    "@everyone @here <@&1>",
    "{{7*7}} {% for x in range(9) %}boo{% endfor %}",
    "\x1b[31mred\x1b[0m \x9b2J \x07",
    "\u202eevil\u202c \u2066x\u2069 \u200b\u200bhidden",
    "![x](https://evil.example/p.png) [a](javascript:alert(1)) <script>alert(1)</script>",
    '=HYPERLINK("https://evil.example","x")',
    "{f1} {f1.change} {0.__class__}",
    "```\nfence\n``` **bold** `code`",
    "long " * 2000,
    "\U000e0068\U000e0069 tags",
]
_NAMES = [
    "<!channel>",
    "@everyone",
    "{{7*7}}",
    "\x1b[31mRed",
    "{f1}",
    "=cmd()",
    "<b>Bold</b>",
    "a|b",
    "[x](e.example)",
]


@pytest.fixture
def hostile(tmp_path: Path) -> Path:
    """Return a repository whose subjects, names, paths and branches are all attacks."""
    made = Builder(init(tmp_path / "hostile"))
    for n, subject in enumerate(_SUBJECTS):
        name = _NAMES[n % len(_NAMES)].replace("<", "(").replace(">", ")")  # git takes no angle brackets in names
        made.commit(
            "main",
            seconds("2026-11-10T09:00Z") + n,
            {f"{_NAMES[n % len(_NAMES)]}/x{n}".encode(): b"x\n"},
            subject=subject.encode("utf-8", "surrogatepass"),
            author=f"{name} <a{n}@evil.example>".encode(),
        )
    made.commit("@everyone-{{7}}", seconds("2026-10-01T09:00Z"), {b"y": b"y\n"}, subject=b"<!channel>", parents=[1])
    made.write()
    return tmp_path / "hostile"


async def report(talk: Talk, hostile: Path, template: str) -> str:
    """Run a report over the hostile repository; return its plain text."""
    await talk.say(f"/source add git name=hostile path={hostile}")
    said = await talk.say(f"/report run {template} window=2026-11-09..2026-11-16")
    assert said.kind == "card", text(said)
    return text(said)


def inert(shown: str) -> None:
    """Assert that a text has nothing in it that a terminal or a reader would obey."""
    assert not [c for c in shown if (ord(c) < 32 and c not in "\n\t\r") or 0x7F <= ord(c) < 0xA0]
    assert not set(shown) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\u200e\u200f")
    assert not [c for c in shown if 0xE0000 <= ord(c) < 0xE1000]


@pytest.mark.parametrize("template", ["weekly", "daily", "standup"])
async def test_plain_and_terminal(talk: Talk, hostile: Path, template: str) -> None:
    """No control, nothing computed, nothing endless."""
    shown = await report(talk, hostile, template)
    inert(shown)
    assert not re.search(r"\b49\b", shown.replace("{{7*7}}", ""))
    assert max(map(len, shown.splitlines())) <= 110
    for line in ("/report why last commits", "/report why last 1", "/report show last", "/report diff last"):
        said = await talk.say(line)
        inert(text(said))
        inert(terminal.render(said.card, 100, colour=False))


async def test_html(talk: Talk, hostile: Path) -> None:
    """No script, no image, no link, no handler, nothing loaded."""

    class Reader(HTMLParser):
        tags: set[str] = set()  # noqa: RUF012  # one reader, one test
        links: list[str] = []  # noqa: RUF012

        def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
            self.tags.add(tag)
            self.links += [value or "" for name, value in attrs if name in ("href", "src", "action", "style")]
            assert not [name for name, _ in attrs if name.startswith("on")]

    await report(talk, hostile, "weekly")
    page = content(await talk.say("/report export last html")).decode()
    inert(page)
    reader = Reader()
    reader.feed(page)
    assert not reader.tags & {"script", "img", "iframe", "object", "form", "link", "b"}
    assert all(link.startswith("#") for link in reader.links)


async def test_markdown(talk: Talk, hostile: Path) -> None:
    """Read again as GitHub reads it: no link, no picture, no HTML but the one empty comment that splits a mention."""
    await report(talk, hostile, "weekly")
    page = content(await talk.say("/report export last md")).decode()
    inert(page)
    tokens = [
        t for block in MarkdownIt("commonmark").enable("table").parse(page) for t in [block, *(block.children or [])]
    ]
    assert not [t for t in tokens if t.type in ("link_open", "image", "html_block")]
    assert {t.content for t in tokens if t.type == "html_inline"} <= {"<!-- -->"}
    assert "@everyone" not in page


async def test_json_and_csv(talk: Talk, hostile: Path) -> None:
    """JSON reads back; no cell is a formula."""
    await report(talk, hostile, "weekly")
    document = json.loads(content(await talk.say("/report export last json")))
    assert any("{{7*7}}" in str(fact["labels"]) for fact in document["facts"])
    rows = csv.reader(io.StringIO(content(await talk.say("/report export last csv")).decode("utf-8-sig")))
    assert not [cell for row in rows for cell in row if cell[:1] in ("=", "+", "@", "\t", "\r")]
