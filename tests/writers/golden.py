"""What each sample card looks like in each rendering; run this file as a module to write the pictures anew."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

from model.card import Card
from model.ids import ActionId
from model.language import CODES
from tests.support.cards import SAMPLES
from writers import discord_components, html, markdown, plain, slack_blocks, terminal

FOLDER = Path(__file__).parent / "golden"


def _terminal(card: Card) -> str:
    return terminal.render(card, 72, colour=True).replace("\x1b", "␛")


def _html(card: Card) -> str:
    return html.render(card).replace(html.style_sheet(), "(html.css)\n")


def _discord(card: Card) -> str:
    kept = replace(card, actions=tuple(replace(one, id=ActionId("A" * 22)) for one in card.actions))
    return (
        "\n---\n".join(json.dumps(p.body, ensure_ascii=False, indent=1) for p in discord_components.render(kept)) + "\n"
    )


def _slack(card: Card) -> str:
    bound = replace(card, actions=tuple(replace(a, id=ActionId(f"{n}")) for n, a in enumerate(card.actions, 1)))
    return "".join(json.dumps(one.body, ensure_ascii=False, indent=1) + "\n" for one in slack_blocks.render(bound))


RENDERERS: Mapping[str, Callable[[Card], str]] = {
    "plain": plain.render,
    "terminal": _terminal,
    "markdown": markdown.render,
    "html": _html,
    "discord": _discord,
    "slack": _slack,
}


def pictures() -> dict[str, str]:
    """Return file name → content."""
    return {
        f"{name}.{place}.{code}": render(make(code))
        for name, make in SAMPLES.items()
        for place, render in RENDERERS.items()
        for code in CODES
    }


if __name__ == "__main__":
    for name, content in pictures().items():
        (FOLDER / name).write_text(content, encoding="utf-8", newline="")
