from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt
from markdown_it.token import Token

from model.card import Card, Figure, Heading, Item, Items, Line, Note, Span, Style, Table, Text, Tone, text_line
from model.ids import FactId
from tests.support.cards import HOSTILE, HOSTILE_URL, hostile, week
from tests.writers.hostile import ANYTHING, PIECED, unwelcome
from writers import markdown
from writers.safe import inert, safe_line, web_url

READER = MarkdownIt("commonmark").enable(["table", "strikethrough"])
SPANS = st.lists(st.builds(Span, PIECED, st.sampled_from(Style)), min_size=1, max_size=4).map(tuple)
OURS = {"paragraph", "heading", "bullet_list", "ordered_list", "list_item", "hr", "inline", "text", "strong", "em"} | {
    "code_inline", "table", "thead", "tbody", "tr", "th", "td", "hardbreak", "softbreak", "link", "html_inline",
}  # fmt: skip


def tokens(document: str) -> Iterator[Token]:
    """Yield every token of a document but the footnotes, which this reader does not know."""
    body = re.sub(r"^\[\^f[0-9]+\]: .*$", "", document, flags=re.MULTILINE)
    for token in READER.parse(body):
        yield token
        yield from token.children or ()


def read(document: str) -> str:
    """Return the text that a reader of the document sees."""
    found = (t.content for t in tokens(document) if t.type in ("text", "code_inline", "text_special"))
    return "".join(found)


def links(document: str) -> list[object]:
    return [t.attrs["href"] for t in tokens(document) if t.type == "link_open"]


def literal(*blocks: Text | Heading | Items | Table) -> str:
    return markdown.render(Card("t", blocks, "en")).removeprefix("# t\n").lstrip("\n")


@given(ANYTHING)
def test_the_hostile_card_holds_only_our_own_markup(text: str) -> None:
    document = markdown.render(hostile(text))
    assert not unwelcome(document)
    for token in tokens(document):
        assert token.type.removesuffix("_open").removesuffix("_close") in OURS
        assert token.type != "html_inline" or token.content == "<!-- -->"
    assert set(links(document)) <= {web_url(HOSTILE_URL), "http://git.example/", web_url(text)}


@given(SPANS)
def test_a_paragraph_reads_as_it_was_written(line: tuple[Span, ...]) -> None:
    assert read(literal(Text((line,)))) == safe_line(line)


@given(SPANS)
def test_a_bullet_reads_as_it_was_written(line: tuple[Span, ...]) -> None:
    document = literal(Text((line,), bullets=True))
    assert read(document) == safe_line(line)
    assert sum(token.type == "bullet_list_open" for token in tokens(document)) == 1


@given(SPANS)
def test_a_cell_and_an_item_read_as_they_were_written(line: tuple[Span, ...]) -> None:
    assert read(literal(Table(("a", "b"), ((line, line),)))) == "ab" + safe_line(line) * 2
    assert read(literal(Items((Item(line, line),)))) == safe_line(line) * 2


@given(ANYTHING)
def test_a_heading_reads_as_it_was_written(text: str) -> None:
    document = literal(Heading(text))
    assert read(document).strip() == inert(text).strip()
    assert [token.tag for token in tokens(document) if token.type == "heading_open"] == ["h2"]


@given(ANYTHING)
def test_nothing_is_left_that_a_place_makes_links_or_mentions_of(text: str) -> None:
    document = literal(Heading(text), Text(((Span(text),),)))
    assert not re.search(r"(?<!\\)://|\bwww\.[a-z]|@\w|#[0-9]|\w@\w|[a-z]\.[a-z]", document, re.IGNORECASE)


def test_styles_are_ours() -> None:
    line = text_line(Span("a", Style.STRONG), " ", Span("b", Style.EMPHASIS), " ", Span("c", Style.CODE))
    assert literal(Text((line,))) == "**a** *b* `c`\n"


def test_a_style_that_could_be_misread_is_left_out() -> None:
    line = text_line(Span("결제(신규)", Style.STRONG), "의 ", Span("a`b", Style.CODE))
    assert literal(Text((line,))) == "결제(신규)의 a\\`b\n"


@pytest.mark.parametrize(
    ("line", "written"),
    [
        (text_line(Figure("41", FactId("f1")), "(+9)"), "41[^f1]\\(+9)"),
        (text_line("wow!", Figure("41", FactId("f1"))), "wow!41[^f1]"),
        (text_line(Figure("41!", FactId("f1"))), "41\\![^f1]"),
        (
            text_line("look!", Span("x", url="https://a.example/?b=1&lt;=2")),
            "look\\![x](https://a.example/?b=1&amp;lt;=2)",
        ),
        (text_line(Figure("7", FactId("f9"))), "7"),
        (text_line(Figure("7", FactId("f1")), " and ", Figure("7", FactId("f1"))), "7[^f1] and 7"),
    ],
)
def test_neighbours_do_not_change_each_other(line: Line, written: str) -> None:
    card = Card("t", (Text((line,)),), "en", notes=(Note(FactId("f1"), "a", (), 0),))
    assert markdown.render(card) == f"# t\n\n{written}\n\n[^f1]: a\n"


def test_evidence_stands_in_footnotes() -> None:
    document = markdown.render(week("en"))
    assert set(re.findall(r"\[\^f[0-9]+\](?!:)", document)) == {"[^f1]", "[^f2]", "[^f3]"}
    assert document.endswith("— [812aa01 Retry the payment once](https://git.example/acme/api/commit/812aa01)\n")
    assert "· and 39 more\n" in document


def test_a_fact_id_that_is_none_makes_no_footnote() -> None:
    line: Line = (Figure("1", FactId("x]: y")),)
    assert (
        markdown.render(Card("t", (Text((line,)),), "en", notes=(Note(FactId("x]: y"), "a", (), 0),))) == "# t\n\n1\n"
    )


@pytest.mark.parametrize("text", HOSTILE)
def test_the_hostile_list(text: str) -> None:
    assert not unwelcome(markdown.render(hostile(text)))
    assert read(markdown.render(Card(text, (), "en"))) == inert(text).strip(" ")


def test_a_tone_is_a_word_and_actions_are_not_shown() -> None:
    document = markdown.render(replace(week("en"), tone=Tone.WARNING))
    assert document.startswith("# Attention · Engineering week")
    assert "Run again" not in document
