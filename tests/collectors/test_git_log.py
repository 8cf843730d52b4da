"""The parser: whole commits out of any pieces, whatever subjects, names and paths hold."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from collectors.git_log import LogParser, instant, name_of, with_names
from model.errors import SourceChanged
from model.record import Change, Commit, Record

_text = st.binary(max_size=12).map(lambda b: b.replace(b"\0", b"x").replace(b"\n", b"y"))
_path = st.binary(min_size=1, max_size=12).map(lambda b: b.replace(b"\0", b"\t"))
_number = st.integers(0, 10**6)
_entry = st.one_of(st.tuples(_number, _number, _path), st.tuples(st.none(), st.none(), _path))
_commit = st.tuples(
    st.binary(min_size=20, max_size=20).map(bytes.hex),
    st.integers(0, 3),
    _text,
    _text,
    _text,
    st.lists(_entry, max_size=4),
)
_Made = tuple[str, int, bytes, bytes, bytes, list[tuple[int | None, int | None, bytes]]]


def _printed(commit: _Made) -> bytes:
    """Write a commit as git does."""
    key, parents, name, address, subject, entries = commit
    links = " ".join(["a" * 40] * parents)
    head = f"\0{key}\0p{links}\0t1790000000\0n".encode() + name + b"\0a" + address + b"\0c\0s" + subject + b"\0"
    lines = [b"%s\t%s\t%s\0" % (_shown(added), _shown(removed), path) for added, removed, path in entries]
    return head + (b"\n" if lines else b"") + b"".join(lines)


def _shown(number: int | None) -> bytes:
    return b"-" if number is None else str(number).encode()


def _read(data: bytes, sizes: list[int]) -> list[Record]:
    parser, found = LogParser(), []
    for size in sizes:
        piece, data = data[:size], data[size:]
        found += parser.feed(piece)
    return [*found, *parser.feed(data), *parser.end()]


@given(st.lists(_commit, max_size=5), st.lists(st.integers(1, 40), max_size=30))
def test_any_bytes_in_any_pieces(commits: list[_Made], sizes: list[int]) -> None:
    found = _read(b"".join(map(_printed, commits)), sizes)
    assert [record.key for record in found] == [commit[0] for commit in commits]
    for record, (_, parents, name, address, subject, entries) in zip(found, commits, strict=True):
        assert isinstance(record.body, Commit)
        assert record.title == subject.decode("utf-8", "backslashreplace")
        assert record.body.parents == parents
        assert record.body.address == address.decode("utf-8", "backslashreplace").lower()
        assert record.body.author == name.decode("utf-8", "backslashreplace") or not name
        assert record.body.changes == tuple(
            Change(path.decode("utf-8", "backslashreplace"), added or 0, removed or 0)
            for added, removed, path in entries
        )


@given(st.binary(max_size=200))
def test_garbage_is_refused_or_read_never_a_crash(data: bytes) -> None:
    parser = LogParser()
    with suppress(SourceChanged):  # and nothing else
        parser.feed(data)
        parser.end()


def test_a_commit_too_large_to_hold_keeps_its_head() -> None:
    first = _printed(("a" * 40, 1, b"Mina", b"m@a", b"huge", [(1, 1, b"p" * 50)]))
    more, parser = b"1\t1\t" + b"q" * 60 + b"\0", LogParser()
    found = parser.feed(first)
    for _ in range(160):
        found += parser.feed(more * 1000)
    found += parser.feed(_printed(("b" * 40, 1, b"Mina", b"m@a", b"small", [(1, 2, b"f")])))
    found += parser.end()
    bodies = [record.body for record in found]
    assert [record.title for record in found] == ["huge", "small"]
    assert [body.changes for body in bodies if isinstance(body, Commit)] == [None, (Change("f", 1, 2),)]


def test_a_boundary_commit_has_unknown_changes() -> None:
    parser = LogParser({"a" * 40})
    parser.feed(_printed(("a" * 40, 0, b"Mina", b"m@a", b"cut", [(9, 0, b"f")])))
    (record,) = parser.end()
    assert isinstance(record.body, Commit)
    assert record.body.changes is None


@pytest.mark.parametrize(
    ("seconds", "year"), [(-1, 1970), (0, 1970), (1_790_000_000, 2026), (10**11, 2999), (10**30, 2999)]
)
def test_dates_stay_in_the_years_that_arb_knows(seconds: int, year: int) -> None:
    assert instant(seconds).year == year
    assert instant(seconds).tzinfo is UTC
    assert instant(0) == datetime(1970, 1, 1, tzinfo=UTC)


def test_co_authors_get_their_mapped_names() -> None:
    body = Commit("a", "a@b", False, 1, (), ("Kim <k@x>", "김준 <j@x>", "<only@address>", "no address"))
    at = instant(0)
    record = with_names(Record("k", at, at, "", None, body), {"Kim <k@x>": "김민 <min@x>"})
    assert isinstance(record.body, Commit)
    assert record.body.co_authors == ("김민", "김준", "only@address", "no address")
    assert name_of(" <a@b>") == "a@b"
