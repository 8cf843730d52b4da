"""Cards on Discord: within every limit, nobody told by what was collected, nothing of it lost."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.card import (
    Action,
    Attachment,
    Card,
    Chart,
    Fields,
    Footer,
    Heading,
    Instant,
    Item,
    Items,
    Line,
    Mention,
    Series,
    Span,
    Style,
    Table,
    Text,
    Tone,
    text_line,
)
from model.delivery import Payload
from model.ids import ActionId, BlobId, MemberId
from model.language import CODES
from model.unit import Unit
from tests.storage.world import MONDAY
from tests.support.cards import HOSTILE, HOSTILE_URL, SAMPLES, hostile
from tests.support.discord_limits import check, pinged, walk
from tests.support.discord_reading import Reading, read
from tests.writers.any_card import cards, shown_words
from tests.writers.hostile import ANYTHING, ORDINARY, unwelcome
from writers.discord_buttons import BUTTON
from writers.discord_components import render, repeated, without_files
from writers.discord_pages import MOST_PAGES
from writers.safe import inert, web_url

_HOSTILE_URL = "https://git.example/a?b=%281%29&copy;=%3C2%3E"
NAMES = list(SAMPLES)
PICTURE = Attachment("chart-1.png", "image/png", BlobId("a" * 64), 40_000)


def bound(card: Card) -> Card:
    """Return a card whose buttons were kept."""
    made = (replace(action, id=ActionId(f"{n:022}")) for n, action in enumerate(card.actions))
    return replace(card, actions=tuple(made))


def texts(payload: Payload) -> list[str]:
    return [one["content"] for one in walk(payload.body["components"]) if one["type"] == 10]  # type: ignore[arg-type]


def checked(card: Card) -> tuple[Payload, ...]:
    """Return the messages of a card, each of them taken by Discord, also as a repeat."""
    payloads = render(card)
    for payload in payloads:
        for one in (payload, repeated(payload, card.language)):
            check(one.body, {file.name: b"" for file in one.attachments})
            assert pinged(one.body) == set()
            assert not unwelcome("\n".join(texts(one)).replace("\n", ""))
    return payloads


def reading(card: Card) -> Reading:
    """Return all that somebody reads of a card, and what in it is alive."""
    found = [read(text) for payload in checked(card) for text in texts(payload)]
    return Reading(
        "\n".join(one.text for one in found).replace("］", "]"), [live for one in found for live in one.live]
    )


@given(ANYTHING)
def test_nothing_hostile_gets_through(text: str) -> None:
    """Alive is only what the card itself makes so: its styles, its links, its instants."""
    card = bound(hostile(text))
    live = reading(card).live
    assert {kind for kind, _ in live} <= {"start", "strong", "em", "code", "block", "link", "timestamp"}
    for kind, what in live:
        if kind == "link":
            assert what in (_HOSTILE_URL, (web_url(text) or "").replace("[", "%5B").replace("]", "%5D"))
        if kind == "timestamp":
            assert what == "<t:1794182400:f>"
        if kind == "start":
            assert what.strip() in ("##", "###", "-#", "-")


@pytest.mark.parametrize("text", HOSTILE)
def test_the_hostile_list(text: str) -> None:
    """And a chat is never flooded."""
    assert len(checked(bound(hostile(text)))) <= MOST_PAGES


@given(ANYTHING, st.sampled_from(["text", "bullet", "heading", "field", "item", "footer", "title"]))
def test_collected_text_reads_as_itself(text: str, where: str) -> None:
    """Whatever it looks like, and wherever it stands: the very letters, and nothing alive."""
    line = text_line(text)
    blocks: dict[str, Any] = {
        "text": Text((line,)), "bullet": Text((line,), bullets=True), "heading": Heading(text),
        "field": Fields((("Name", line),)), "item": Items((Item(line),)), "footer": Footer(line),
        "title": Text(()),
    }  # fmt: skip
    found = reading(Card(text if where == "title" else "t", (blocks[where],), "en"))
    wanted = inert(text, 2000 if where in ("text", "field", "footer") else 300).strip(" ")
    assert re.sub(r"\s", "", wanted) in re.sub(r"\s", "", found.text)
    assert {kind for kind, _ in found.live} <= {"start", "strong"}


@given(st.lists(ORDINARY, min_size=2, max_size=4), st.lists(st.sampled_from(Style), min_size=4, max_size=4))
def test_styles_beside_each_other_lose_nothing(parts: list[str], styles: list[Style]) -> None:
    line: Line = tuple(Span(part, style) for part, style in zip(parts, styles, strict=False))
    found = reading(Card("t", (Text((line,)),), "en"))
    assert re.sub(r"\s", "", "".join(parts)) in re.sub(r"\s", "", found.text)


@given(ORDINARY)
def test_tables_and_charts_lose_nothing(text: str) -> None:
    table = Table((text, "n"), ((text_line(text), text_line("1")),), frozenset({1}))
    chart = Chart(text, ("a", "b"), (Series(text, (None, None)),), Unit.COUNT, text)
    found = re.sub(r"\s", "", reading(Card("t", (table, chart), "en")).text)
    wanted = re.sub(r"\s", "", text).replace("```", "ˋˋˋ")
    assert found.count(wanted) >= 2


@given(cards(ANYTHING))
def test_any_kind_of_block_is_within_the_limits(card: Card) -> None:
    """Whatever its text is; nobody is told."""
    checked(card)


@given(cards())
def test_any_card_is_whole(card: Card) -> None:
    """Every word of every kind of block."""
    shown = "".join(str(payload.body["components"]) for payload in checked(card))
    assert [word for word in shown_words(card, titles=True) if word not in shown] == []


_LINES = st.lists(st.text("ab *", max_size=300).map(text_line), max_size=12).map(tuple)
_BLOCKS = st.lists(
    st.one_of(
        _LINES.map(Text),
        st.text("ab", max_size=80).map(Heading),
        st.integers(0, 140).map(lambda n: Table(("A", "B"), tuple((text_line("x" * (k % 30)),) * 2 for k in range(n)))),
        _LINES.map(lambda lines: Items(tuple(Item(line, line, "0.5") for line in lines))),
        st.just(Chart("c", ("a",), (Series("s", (None,)),), Unit.COUNT, "alt", picture=PICTURE.name)),
        _LINES.map(lambda lines: Fields(tuple(("n", line) for line in lines))),
    ),
    max_size=45,
).map(tuple)  # fmt: skip


@given(_BLOCKS, st.integers(0, 40), st.integers(0, 14), st.sampled_from(Tone))
def test_any_card_is_within_the_limits(blocks: Any, buttons: int, files: int, tone: Tone) -> None:
    """And every button and every file is there once, unless the card is longer than any chat takes."""
    actions = tuple(Action(f"Button {n}", "report why") for n in range(buttons))
    attached = tuple(Attachment(f"파일 {n}.csv", "text/csv", BlobId("b" * 64), 3 << 20) for n in range(files))
    card = bound(Card("t" * 300, blocks, "ko", actions, attachments=(PICTURE, *attached), tone=tone))
    payloads = checked(card)
    if any("text" in payload.degraded for payload in payloads):
        assert len(payloads) == MOST_PAGES
        return
    pressed = [one["custom_id"] for p in payloads for one in walk(p.body["components"]) if one["type"] == 2]  # type: ignore[arg-type]
    assert pressed == [f"{BUTTON}{n:022}" for n in range(buttons)]
    sent = [file for p in payloads for file in p.attachments]
    shown = sum(isinstance(block, Chart) for block in blocks)
    assert len([file for file in sent if file.media_type == "text/csv"]) == files
    assert len(sent) == files + (shown or 1)


def test_long_cards_break_between_blocks_and_say_so() -> None:
    line = text_line("word " * 60)
    blocks = [block for n in range(12) for block in (Heading(f"Part {n}"), Text((line,) * 3))]
    payloads = checked(bound(Card("Weekly", tuple(blocks), "en", (Action("Why?", "report why"),))))
    assert len(payloads) == 4
    for number, payload in enumerate(payloads, 1):
        mark = f"-# 1/{len(payloads)}" if number == 1 else f"-# Weekly · {number}/{len(payloads)}"
        assert texts(payload)[-1 if number == 1 else 0] == mark
        assert not any(text.split("\n")[-1].startswith("###") for text in texts(payload))
    assert [any(one["type"] == 2 for one in walk(p.body["components"])) for p in payloads] == [True, *[False] * 3]  # type: ignore[arg-type]


def test_a_long_table_has_its_head_on_each_message() -> None:
    rows = tuple((text_line(f"{n} " + "x" * 50), text_line("1")) for n in range(150))
    payloads = checked(Card("t", (Table(("Name", "Count"), rows),), "en"))
    assert len(payloads) > 1
    assert all("Name" in "\n".join(texts(payload)) for payload in payloads)
    assert "-# and 50 more" in texts(payloads[-1])[-1]
    assert payloads[-1].degraded == ("rows",)
    for payload in payloads:
        fences = re.findall(r"```\n(.*?)\n```", "\n".join(texts(payload)), re.DOTALL)
        assert all(len(row) <= 60 for fence in fences for row in fence.split("\n"))


def test_links_mentions_instants_and_tone() -> None:
    meant = Mention(MemberId("m1"), "Mina")
    line = text_line(
        Span("[JIRA-12] Mend it", url="https://git.example/c/1"), " by ", meant, ", ",
        Instant(MONDAY, "9 Nov"), " ", Span("https://a.example", url="https://git.example/c/2"),
    )  # fmt: skip
    card = Card("Disk", (Text((line,)),), "en", tone=Tone.CRITICAL)
    assert texts(render(card)[0])[1] == (
        r"\[JIRA-12\] [Mend it](https://git.example/c/1) by Mina, <t:1794182400:f> "
        r"https\://a.example [↗](https://git.example/c/2)"
    )

    def telling(user: str) -> Card:
        told = tuple(replace(meant, user=user) if node is meant else node for node in line)
        return replace(card, blocks=(Text((told,)),))

    (payload,) = render(telling("300000000000000001"))
    assert "<@300000000000000001>" in texts(payload)[1]
    assert pinged(payload.body) == {"300000000000000001"}
    assert texts(payload)[0] == "## Critical · Disk"
    assert payload.body["components"][0]["accent_color"] == 0xC43232  # type: ignore[index,call-overload]
    assert pinged(render(telling("everyone"))[0].body) == set()


def test_a_picture_stands_for_the_bars_with_its_words() -> None:
    chart = Chart("Commits", ("a",), (Series("s", (None,)),), Unit.COUNT, "Most on *Monday*.", picture=PICTURE.name)
    (payload,) = checked(Card("t", (chart,), "en", attachments=(PICTURE,)))
    gallery = next(one for one in walk(payload.body["components"]) if one["type"] == 12)  # type: ignore[arg-type]
    assert gallery["items"] == [{"media": {"url": "attachment://chart-1.png"}, "description": "Most on *Monday*."}]
    assert payload.attachments == (PICTURE,)
    assert texts(payload)[1:] == ["**Commits**", r"-# Most on \*Monday\*."]
    bare = without_files(payload.body, {"chart-1.png"})
    assert [one["type"] for one in walk(bare["components"])] == [17, 10, 10, 10]  # type: ignore[arg-type]
    large = replace(PICTURE, size=11 << 20)
    (payload,) = checked(Card("t", (chart,), "en", attachments=(large,)))
    assert (payload.attachments, payload.degraded) == ((), ("chart",))


def test_files_keep_their_names_where_discord_does_and_in_words_where_not() -> None:
    names = ("a.csv", "보고서.csv", "보고서 2.csv", "..", "a.csv", "x" * 300 + ".txt", "-")
    files = tuple(Attachment(name, "text/csv", BlobId("b" * 64), 10) for name in names)
    (payload,) = checked(Card("t", (), "ko", attachments=files))
    sent = [file.name for file in payload.attachments]
    assert len(set(sent)) == len(names)
    assert sent[0] == "a.csv"
    assert any("보고서 2.csv" in text for text in texts(payload))
    (payload,) = checked(Card("t", (), "en", attachments=(replace(files[0], size=11 << 20),)))
    assert "-# a.csv (11.5 MB) is too large to be posted here." in texts(payload)


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("name", NAMES)
def test_samples_fit_the_schema_of_the_api(name: str, code: Any) -> None:
    """Discord's own description of what it takes, where it lies beside the project."""
    validate = _schema()
    if validate is None:
        pytest.skip("shared/contracts/discord.openapi.json is not here")
    for payload in checked(bound(SAMPLES[name](code))):
        validate({**payload.body, "nonce": "A" * 22, "enforce_nonce": True, "attachments": []})


@cache
def _schema() -> Any:
    path = next((found for found in _beside("shared/contracts/discord.openapi.json") if found.is_file()), None)
    if path is None:
        return None
    from jsonschema import Draft202012Validator

    whole = json.loads(path.read_text("utf-8"))
    schema = {"$ref": "#/components/schemas/MessageCreateRequest", "components": whole["components"]}
    return Draft202012Validator(schema).validate


def _beside(name: str) -> Iterator[Path]:
    return (parent / name for parent in Path(__file__).resolve().parents)


def test_what_follows_a_link_cannot_lead_it_elsewhere() -> None:
    """A client that looks for the end of a link takes no notice of backslashes, and none of code."""
    for style in Style:
        line = text_line(Span("a", url=HOSTILE_URL), Span("](https://evil.example)", style))
        (payload,) = render(Card("t", (Text((line,)),), "en"))
        links = [what for kind, what in read(texts(payload)[1]).live if kind == "link"]
        assert links == [_HOSTILE_URL]
