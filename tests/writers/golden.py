"""What each sample card looks like in each rendering; run this file as a module to write the pictures anew."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

from model.card import Card
from model.language import CODES
from tests.support.cards import SAMPLES
from writers import html, markdown, plain, terminal

FOLDER = Path(__file__).parent / "golden"


def _terminal(card: Card) -> str:
    return terminal.render(card, 72, colour=True).replace("\x1b", "␛")


def _html(card: Card) -> str:
    return html.render(card).replace(html.style_sheet(), "(html.css)\n")


RENDERERS: Mapping[str, Callable[[Card], str]] = {
    "plain": plain.render,
    "terminal": _terminal,
    "markdown": markdown.render,
    "html": _html,
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
