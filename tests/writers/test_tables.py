from __future__ import annotations

import csv
import json
from datetime import UTC, date, datetime
from decimal import Decimal
from io import StringIO

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.cards import HOSTILE
from tests.writers.hostile import ANYTHING, ORDINARY, unwelcome
from writers import tables


def read(text: str) -> list[list[str]]:
    assert text.startswith("\ufeff")
    return list(csv.reader(StringIO(text[1:], newline=""), strict=True))


@given(st.lists(st.lists(ANYTHING, min_size=1, max_size=3), max_size=3))
def test_no_text_is_a_formula(rows: list[list[str]]) -> None:
    written = tables.csv(rows)
    assert not unwelcome(written[1:].replace("\r\n", "\n"))
    found = read(written)
    assert [len(row) for row in found] == [len(row) for row in rows]
    assert not [cell for row in found for cell in row if cell.lstrip()[:1] in set("=+-@\t\r＝＋－＠")]


@pytest.mark.parametrize("text", HOSTILE)
def test_the_hostile_list(text: str) -> None:
    assert len(read(tables.csv([[text, text]]))[0]) == 2


def test_cells_of_each_kind() -> None:
    at = datetime(2026, 11, 9, tzinfo=UTC)
    row = [
        '가, "나"',
        -3,
        Decimal("-0.5"),
        Decimal("1E+3"),
        None,
        True,
        at,
        date(2026, 11, 9),
        "-3",
        " =x",
        "＝x",
        "a\nb",
    ]
    assert tables.csv([row]) == (
        '\ufeff"가, ""나""",-3,-0.5,1000,"","true","2026-11-09T00:00:00+00:00","2026-11-09",'
        '"\'-3","\' =x","\'＝x","a b"\r\n'
    )


@given(ORDINARY.filter(lambda text: text.lstrip()[:1] not in set("=+-@|%＝＋－＠")))
def test_ordinary_text_is_kept(text: str) -> None:
    assert read(tables.csv([[text]]))[0][0].replace(" ", "") == text.replace(" ", "")


@given(ANYTHING)
def test_json_keeps_all_and_shows_nothing_that_acts(text: str) -> None:
    written = tables.json({text: [text, 1, None]})
    assert not unwelcome(written)
    written.encode()
    assert json.loads(written) == {text: [text, 1, None]}


def test_json_leaves_korean_readable() -> None:
    assert tables.json({"이름": "미나"}) == '{\n  "이름": "미나"\n}\n'
