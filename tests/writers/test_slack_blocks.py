"""Cards as Slack's blocks: within every limit, without markup, without loss."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.card import Action, Block, Card, Chart, Fields, Footer, Heading, Item, Items, Line, Span, Table, Text, plain
from model.ids import ActionId
from tests.support.cards import HOSTILE, SAMPLES, hostile
from tests.support.slack_limits import problems, texts
from tests.writers.any_card import KINDS, cards, shown_words
from tests.writers.hostile import ANYTHING, ORDINARY, unwelcome
from writers import slack_blocks
from writers.safe import inert, safe_line


def _blocks(card: Card) -> list[list[Any]]:
    return [list(one.body["blocks"]) for one in slack_blocks.render(card) if "blocks" in one.body]  # type: ignore[arg-type]


def _check(card: Card) -> None:
    for payload in slack_blocks.render(card):
        assert 0 < len(str(payload.body["text"])) <= 3500
        assert "<" not in str(payload.body["text"])
        blocks: Any = payload.body.get("blocks", [])
        assert problems(blocks) == []
        assert len(blocks) <= 48
        for text in texts(blocks):
            assert not unwelcome(text)
        marked: Any = slack_blocks.repeated(payload, card.language).body.get("blocks", [])
        assert problems(marked) == []


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_stays_inside(text: str) -> None:
    """In every place that takes text: within limits, nobody is pinged, nothing is markup."""
    _check(hostile(text))


@given(cards(ANYTHING))
def test_any_card_is_within_the_limits(card: Card) -> None:
    _check(card)


def test_no_kind_of_block_is_left_out() -> None:
    """Whoever adds one to the model has it tried in every chat."""
    assert set(KINDS) == set(get_args(get_args(Block)[0]))


@given(cards())
def test_any_card_is_whole(card: Card) -> None:
    """Every word of every kind of block, in messages that Slack takes."""
    _check(card)
    shown = "\n".join(text for blocks in _blocks(card) for text in texts(blocks))
    assert [word for word in shown_words(card) if word not in shown] == []


@pytest.mark.parametrize(("width", "rows"), [(1, 130), (20, 100), (24, 40)])
def test_tables_beyond_the_limits(width: int, rows: int) -> None:
    """More columns, rows and characters than Slack takes in one."""
    lines = [(Span(text), Span("x")) for text in HOSTILE if len(text) < 500]
    body = tuple(tuple(lines[(row + at) % len(lines)] for at in range(width)) for row in range(rows))
    _check(Card("t", (Table(("a",) * width, body, frozenset({0})),), "en"))


@given(st.lists(ORDINARY.filter(str.strip), min_size=1, max_size=80))
def test_no_word_is_lost(words: list[str]) -> None:
    """Whatever has a place in a card is in one of its messages."""
    lines: tuple[Line, ...] = tuple((Span(word),) for word in words)
    card = Card(
        words[0],
        (Heading(words[0]), Text(lines), Text(lines, bullets=True), Fields(tuple(zip(words, lines, strict=True))),
         Items(tuple(Item(line, line, "0.5") for line in lines)), Table((words[0], "b"), tuple((x, x) for x in lines)),
         Table(("c",), tuple((x,) for x in lines)), Footer(lines[0])),
        "ko", subtitle=words[-1],
    )  # fmt: skip
    shown = "\n".join(text for blocks in _blocks(card) for text in texts(blocks))
    for word in words:
        assert shown.count(inert(word).strip(" ")) >= 7, word
    for line in lines:
        assert safe_line(line) in shown
    assert plain(lines[0]) == words[0]


def test_pages_say_which_they_are() -> None:
    """The root has the head, the foot and the buttons; the pages follow in order."""
    lines = tuple((Span(f"line {n} " + "x" * 200),) for n in range(60))
    card = replace(SAMPLES["week"]("en"), blocks=(Text(lines), *SAMPLES["week"]("en").blocks[-1:]))
    card = replace(card, actions=(Action("Why?", "report why", id=ActionId("a")),))
    pages = _blocks(card)
    marks = [f"{n}/{len(pages)}" for n in range(1, len(pages) + 1)]
    assert len(pages) > 2
    for page, mark in zip(pages, marks, strict=True):
        assert any(text.endswith(mark) for text in texts(page))
    kinds = [[block["type"] for block in page] for page in pages]
    assert kinds[0][0] == "header"
    assert "actions" in kinds[0]
    assert all("actions" not in page for page in kinds[1:])
    assert any("Read: api" in text for text in texts(pages[0]))


def test_one_table_in_a_message() -> None:
    table = Table(("a", "b"), (((Span("1"),), (Span("2"),)),))
    (blocks,) = _blocks(Card("t", (table, Heading("second"), table), "en"))
    assert [block["type"] for block in blocks] == ["header", "table", "rich_text", "rich_text"]


def test_another_content_has_other_ids() -> None:
    """Slack asks for new block_ids when a message changes; the same content keeps them."""
    card = SAMPLES["week"]("en")
    first, same, other = (_blocks(one)[0] for one in (card, card, replace(card, title="Another")))
    assert first == same
    assert not {b["block_id"] for b in first} & {b["block_id"] for b in other}


def test_a_chart_without_a_picture_is_text() -> None:
    shown = [b for b in _blocks(SAMPLES["week"]("ko"))[0] if "하루 커밋 수" in str(b)]
    assert [b["elements"][-1]["type"] for b in shown] == ["rich_text_preformatted"]
    assert any(isinstance(b, Chart) for b in SAMPLES["week"]("ko").blocks)


def test_every_row_of_a_long_table_is_there() -> None:
    """A message has one table of a hundred rows; the others are lists."""
    rows = tuple((Span(f"row {at}"),) for at in range(250))
    shown = [
        text
        for blocks in _blocks(Card("T", (Table(("A",), tuple((row,) for row in rows)),), "en"))
        for text in texts(blocks)
    ]
    assert {row[0].text for row in rows} <= {text.removeprefix("A: ") for text in shown}
