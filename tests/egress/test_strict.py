"""T18: JSON that readers disagree on, or that makes them work without end, is refused by name; all else is read."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from egress.strict import Bounds, Elements, Path, strict
from model.errors import AnswerRefused, NoAnswer

_LARGER, _TWICE, _DEEP = "larger than what is read", "twice", "nested more than 64 deep"
_HALF, _NUMBER, _JSON = "half of a character", "number that is too large", "no JSON in UTF-8"
_REFUSED = {
    "lists in lists": (b"[" * 100_000, _DEEP),
    "objects in objects": (b'{"a":' * 100_000, _DEEP),
    "one list too deep": (b"[" * 65 + b"]" * 65, _DEEP),
    "a number that does not end": (b"[" + b"9" * (10 << 20) + b"]", _LARGER),
    "a number of 5,000 digits": (b"[" + b"9" * 5000 + b"]", _NUMBER),
    "a number beyond 64 bits": (b"[9223372036854775808]", _NUMBER),
    "1e400": (b"[1e400]", _NUMBER),
    "an exponent of its own size": (b"[1e99999999999999999999]", _NUMBER),
    "a text that does not end": (b'["' + b"a" * (10 << 20) + b'"]', _LARGER),
    "names without end": (b"{" + b",".join(b'"%0110d":1' % n for n in range(100_000)) + b"}", _LARGER),
    "NaN": (b"[NaN]", _JSON),
    "Infinity": (b"[Infinity]", _JSON),
    "-Infinity": (b"[-Infinity]", _JSON),
    "a name twice": (b'{"a":1,"a":2}', _TWICE),
    "a name twice, escaped once": (b'{"a":1,"\\u0061":2}', _TWICE),
    "the first half of a pair": (b'["\\ud800"]', _HALF),
    "the first half twice": (b'["\\ud800\\ud83d\\ude00"]', _HALF),
    "the second half of a pair": (b'["\\udc00"]', _HALF),
    "a half as bytes": (b'["\xed\xa0\x80"]', _HALF),
    "bytes that are no UTF-8": (b'["\xff"]', _JSON),
    "UTF-16": ("[1]".encode("utf-16"), _JSON),
    "a comment": (b"/* a */ [1]", _JSON),
    "a comma too many": (b"[1,]", _JSON),
    "two texts": (b"[1] [2]", _JSON),
    "a page for people": (b"<html></html>", _JSON),
    "nothing": (b"", "empty"),
}


def parts(data: bytes, size: int) -> list[bytes]:
    return [data[start : start + size] for start in range(0, len(data), size)]


def elements(data: bytes, path: Path = (), aside: Sequence[Path] = (), size: int = 7) -> tuple[list[Any], Elements]:
    reader = Elements(path, aside, at_once=size)
    found = [element for part in parts(data, 11 if len(data) < 1000 else 1 << 14) for element in reader.feed(part)]
    return [*found, *reader.finish()], reader


@pytest.mark.parametrize("name", _REFUSED)
def test_what_is_refused(name: str) -> None:
    """As a whole and as it comes, in large pieces and in small ones."""
    body, words = _REFUSED[name]
    with pytest.raises(AnswerRefused, match=words):
        strict(body)
    for size in (3, 1000, 1 << 16) if len(body) < 1000 else (1 << 16,):
        with pytest.raises(AnswerRefused, match=words):
            elements(b"" if not body else b'{"items":[' + body + b"]}", ("items",), size=size)


@pytest.mark.parametrize("text", ['["\\\\ud800"]', '["\\ud83d\\ude00"]', '["\\\\\\\\ud800", "\\u0000"]', "[-0, 0.1]"])
def test_what_only_looks_like_it_is_read(text: str) -> None:
    for size in range(3, len(text) + 1):
        assert elements(text.encode(), size=size)[0] == json.loads(text)


@pytest.mark.parametrize("body", [b"[1", b'{"a":', b'["', b"  ", b"[1,2", b'{"a":[1]'])
def test_what_broke_off_is_told_apart(body: bytes) -> None:
    with pytest.raises(NoAnswer, match="broke off"):
        strict(body)
    with pytest.raises(NoAnswer, match="broke off"):
        elements(body, ("a",))


# The parser counts the lowest number of 64 bits among those that are too large.
_JSONS = st.recursive(
    st.none() | st.booleans() | st.integers(1 - 2**63, 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"])),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=3), inner, max_size=4),
    max_leaves=20,
)  # fmt: skip


@given(_JSONS, st.booleans(), st.integers(3, 40))
def test_all_that_json_can_say(value: Any, ascii: bool, size: int) -> None:
    """Whole, and as an element in a list somewhere inside, in pieces of any size; what stands around passes by."""
    said = json.dumps(value, ensure_ascii=ascii)
    try:
        body = said.encode()
    except UnicodeEncodeError:
        return
    assert strict(b"\xef\xbb\xbf" + body) == value
    around = b'{"before":%b,"in":{"items":[%b,[],%b],"next":"x","items2":[1]},"after":[%b]}' % ((body,) * 4)
    found, reader = elements(around, ("in", "items"), [("in", "next"), ("none",)], size)
    assert found == [value, [], value]
    assert reader.is_there
    assert reader.found == {("in", "next"): "x"}


def test_a_list_that_is_not_there() -> None:
    """Neither is one that stands in a list, or something else of that name."""
    for body in (b'{"a":1}', b'{"items":{"items":[1]}}', b'[{"items":[1]}]', b'"items"'):
        found, reader = elements(body, ("items",))
        assert not found
        assert not reader.is_there


def test_what_is_looked_for_may_not_be_there_twice() -> None:
    for body in (b'{"items":[1],"items":[2]}', b'{"next":1,"items":[],"next":2}'):
        with pytest.raises(AnswerRefused, match=_TWICE):
            elements(body, ("items",), [("next",)])


def test_bounds_hold_for_each_element() -> None:
    """However long the list is."""
    bounds = Bounds(values=10, text=1000)
    reader = Elements((), bounds=bounds, at_once=100)
    assert sum(1 for _ in reader.feed(b"[" + b'{"a":[1,2,3]},' * 10_000)) >= 9_990
    with pytest.raises(AnswerRefused, match=_LARGER):
        list(reader.feed(b"[1,2,3,4,5,6,7,8,9,10,11]," * 100))
