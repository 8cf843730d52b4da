"""A language model's words have a room of their own: however many they are, all else of a message is the same."""

from __future__ import annotations

import json
from bisect import bisect_left
from collections.abc import Callable

import pytest

from model.card import Card, Figure, Footer, Remark, Span, Text, text_line
from model.delivery import Payload
from model.ids import FactId
from tests.writers.test_webhook import Make, make
from writers import discord_components, slack_blocks

__all__ = ["make"]

Render = Callable[[Card], tuple[Payload, ...]]
_URL = "https://git.example/" + "x" * 150
_LABEL = "some-model · 2 of 2 figures checked · $0.003 · sources: demo"
_LINE = (
    Span("*_`[x](y) "),
    Span("feature/pay", url=_URL),
    Figure("1,234", FactId("f1")),
    Span(" commits." + " more" * 25),
)
REMARKS = (Remark(_LABEL, ()), Remark(_LABEL, ((Span("Short."),),)), Remark("some-model · " + "x" * 300, (_LINE,) * 8))


def card(filler: int, remark: Remark) -> Card:
    lines = tuple(text_line("word " * 20) for _ in range(filler))
    foot = Footer(text_line("Read: demo 1/1 · run 7Q2F"))
    return Card("Week", (Text(lines), remark, foot), "en")


def others(payloads: tuple[Payload, ...]) -> list[object]:
    """Return messages without what the model says, and without the marks that are drawn from them."""

    def kept(value: object) -> object:
        if isinstance(value, dict):
            own = ("block_id" in value or value.get("type") == 10) and "some-model" in json.dumps(value)
            return None if own else {k: kept(v) for k, v in value.items() if k != "block_id"}
        if isinstance(value, list | tuple):
            return [kept(one) for one in value]
        return value.partition("some-model")[0] if isinstance(value, str) else value

    return [kept(payload.body) for payload in payloads]


@pytest.mark.parametrize("render", [slack_blocks.render, discord_components.render], ids=["slack", "discord"])
def test_no_length_moves_anything_else(render: Render) -> None:
    """Neither how many messages there are nor what stands in which of them."""
    for filler in (0, 5, *range(14, 40, 3), 75, 400):
        first, *further = [others(render(card(filler, remark))) for remark in REMARKS]
        assert all(other == first for other in further), filler
        assert "some-model" in json.dumps([p.body for p in render(card(filler, REMARKS[2]))]) or filler == 400


def test_no_length_takes_the_blocks_of_a_webhook(make: Make) -> None:
    """Just before a card is too large, a long remark does not make it so."""

    def degraded(lines: int, remark: Remark) -> tuple[str, ...]:
        long = Text(tuple(text_line("word " * 200) for _ in range(lines)))
        return make("https://unused.example").render(Card("t", (long, remark), "en"))[0].degraded

    first = bisect_left(range(100), True, 55, 95, key=lambda lines: bool(degraded(lines, REMARKS[0])))
    for lines in (first - 2, first - 1):
        assert degraded(lines, REMARKS[2]) == degraded(lines, REMARKS[0]), lines
