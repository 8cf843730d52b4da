from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from model.card import Figure, Span, text_line
from model.ids import FactId
from tests.support.cards import HOSTILE
from tests.writers.hostile import ANYTHING, ORDINARY, unwelcome
from writers.safe import MOST, inert, right_to_left, safe_line, web_url


@given(ANYTHING)
def test_inert_text_holds_nothing_that_acts(text: str) -> None:
    clean = inert(text)
    assert not unwelcome(clean)
    assert "\n" not in clean
    assert len(clean) <= MOST
    assert inert(clean) == clean
    clean.encode()


@given(ORDINARY)
def test_ordinary_text_is_kept(text: str) -> None:
    assert inert(text).replace(" ", "") == text.replace(" ", "")


@pytest.mark.parametrize("text", HOSTILE)
def test_the_hostile_list(text: str) -> None:
    assert not unwelcome(inert(text))


def test_what_becomes_of_each_kind() -> None:
    assert inert("a\r\n\r\n b\tc\u2028d") == "a b c d"
    assert inert("nul\0 esc\x1b[31m lone\ud800") == "nul\ufffd esc\ufffd[31m lone\ufffd"
    assert inert("admin\u202egnp.exe\u200b\U000e0041\ufe0f") == "admingnp.exe"
    assert inert("x" * 10_000) == "x" * (MOST - 1) + "…"


def test_spaces_of_a_line_are_single_across_its_nodes() -> None:
    line = text_line("  one ", " (", Figure("41", FactId("f1")), " ", Span(" "), " )  ")
    assert safe_line(line) == "one (41 )"


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://git.example/a/b?c=1&d=2#e", "https://git.example/a/b?c=1&d=2#e"),
        ("http://localhost:8080/", "http://localhost:8080/"),
        ("http://[::1]:80/x", "http://[::1]:80/x"),
        ("https://git.example/가 (1)\"'<>", "https://git.example/%EA%B0%80%20%281%29%22%27%3C%3E"),
        ("HTTPS://git.example", "HTTPS://git.example"),
        ("javascript:alert(1)", None),
        ("data:text/html,x", None),
        ("//evil.example/x", None),
        ("/relative", None),
        ("https:///path", None),
        ("https://user:secret@git.example/", None),
        ("https://git.example\\@evil.example/", None),
        ("https://git.ex\nample/", None),
        ("https://[::1", None),
        ("https://깃.example/", None),
        ("https://git.example/" + "x" * 2000, None),
        ("", None),
        (None, None),
    ],
)
def test_only_web_urls_lead_anywhere(url: str | None, kept: str | None) -> None:
    assert web_url(url) == kept


@given(st.one_of(ANYTHING, ANYTHING.map(lambda text: "https://git.example/" + text)))
def test_a_url_is_ascii_without_anything_that_ends_it(text: str) -> None:
    url = web_url(text)
    if url is not None:
        assert url.isascii()
        assert url.isprintable()
        assert not set(url) & set(" \"'<>()\\`{}|^")


def test_which_text_turns_its_neighbours_around() -> None:
    assert right_to_left("שלום 1")
    assert not right_to_left("커밋 1")
