from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from html.parser import HTMLParser
from pathlib import Path

import pytest
from hypothesis import given

from model.card import Card, Chart, Fields, Heading, Item, Items, Mention, Series, Span, Style, Table, Text, text_line
from model.ids import MemberId
from model.language import CODES
from model.unit import Unit
from tests.support.cards import COMMIT, HOSTILE, HOSTILE_URL, SAMPLES, hostile, week
from tests.support.charts import chart
from tests.writers.hostile import ANYTHING, unwelcome
from writers import html
from writers.safe import inert, safe_line, web_url

VOID = {"meta", "br", "hr", "img", "input", "link"}


class Reader(HTMLParser):
    """Reads a document as a browser would: its elements, their attributes, and the text of its body."""

    def __init__(self, document: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.text: list[str] = []
        self.feed(document)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: Sequence[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if "main" in self.open and not data.isspace():
            self.text.append(data.removesuffix("\n"))

    def handle_comment(self, data: str) -> None:
        raise AssertionError(data)

    def all(self, tag: str, name: str) -> list[str | None]:
        return [attributes[name] for found, attributes in self.elements if found == tag and name in attributes]


SKELETON = {tag for make in SAMPLES.values() for tag, _ in Reader(html.render(make("en"))).elements} | {
    "bdi",
    "em",
    "circle",
}


@given(ANYTHING)
def test_hostile_text_makes_no_element_and_no_link(text: str) -> None:
    document = html.render(hostile(text))
    assert not unwelcome(document.replace(html.style_sheet(), ""))
    page = Reader(document)
    assert {tag for tag, _ in page.elements} <= SKELETON
    assert not {
        name for _, attributes in page.elements for name in attributes if name.startswith("on") or name == "style"
    }
    outside = [url for url in page.all("a", "href") if url and not re.fullmatch(r"#f[0-9]+", url)]
    assert set(outside) <= {web_url(HOSTILE_URL), "http://git.example/", web_url(text)}


@given(ANYTHING)
def test_a_document_reads_as_it_was_written(text: str) -> None:
    line = (Span(text), Mention(MemberId("m"), text), Span(text, Style.CODE))
    blocks = (
        Heading(text),
        Text((line,)),
        Fields(((text, line),)),
        Items((Item(line, line, text),)),
        Table((text,), ((line,),)),
    )
    page = Reader(html.render(Card("t", blocks, "en")))
    word, whole = inert(text).strip(" "), safe_line(line)
    wanted = ["t", word, whole, word, whole, whole, word, whole, word, whole]
    assert "".join("".join(page.text).split()) == "".join("".join(wanted).split())


@pytest.mark.parametrize("text", HOSTILE)
def test_the_hostile_list(text: str) -> None:
    Reader(html.render(hostile(text, "ko")))


@pytest.mark.parametrize("code", CODES)
@pytest.mark.parametrize("name", SAMPLES)
def test_every_document_stands_alone(name: str, code: str) -> None:
    document = html.render(SAMPLES[name]("ko" if code == "ko" else "en"))
    page = Reader(document)
    assert ("html", {"lang": code}) in page.elements
    assert not {"script", "img", "link", "iframe", "form", "button"} & {tag for tag, _ in page.elements}
    policy = [a["content"] for tag, a in page.elements if tag == "meta" and a.get("http-equiv")]
    assert policy == ["default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'"]
    assert sum(tag == "h1" for tag, _ in page.elements) == 1
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_the_style_sheet_loads_nothing() -> None:
    sheet = html.style_sheet()
    assert not re.search(r"url\(|@import|https?:|</", sheet)
    assert "prefers-color-scheme: dark" in sheet
    assert "@media print" in sheet
    assert (Path(html.__file__).parent / "html.css").is_file()


def test_figures_lead_to_their_evidence() -> None:
    page = Reader(html.render(week("en")))
    ids = {attributes.get("id") for tag, attributes in page.elements if tag == "li"}
    assert {url for url in page.all("a", "href") if url and url.startswith("#")} == {"#f1", "#f2", "#f3"}
    assert {"f1", "f2", "f3"} <= ids
    assert set(page.all("a", "data-note")) == {"1", "2", "3"}
    assert {url for url in page.all("a", "href") if url and url.startswith("http")} == {
        COMMIT + "812aa01",
        COMMIT + "77c0de2",
    }


def test_text_from_right_to_left_stays_by_itself() -> None:
    assert "<bdi>שלום</bdi> 0.81" in html.render(Card("t", (Text((text_line("שלום", " 0.81"),)),), "en"))


def test_actions_are_not_in_a_document() -> None:
    assert "Run again" not in html.render(week("en"))


def test_the_larger_a_value_of_a_heat_map_the_darker_its_cell() -> None:
    """And each says its value: what is not known has no shade, and all the same value the lightest."""
    page = html.render(Card("t", (chart("heat", "en"),), "en"))
    cells = re.findall(r'<td class="n( h[0-9])?">([^<]*)</td>', page)
    assert cells[:7] == [(" h3", "7"), (" h2", "4"), (" h5", "9"), ("", "–"), (" h4", "8"), (" h0", "1"), (" h0", "0")]
    assert len(cells) == 21
    even = Chart("c", ("a", "b"), (Series("s", (Decimal(3), Decimal(3), Decimal("NaN"))),), Unit.COUNT, "alt", "heat")
    assert re.findall(r'class="n( h[0-9])"', html.render(Card("t", (even,), "en"))) == [" h0", " h0"]
