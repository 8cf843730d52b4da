"""CSV and JSON files, as people write them and as they break."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from collectors import collector
from model.errors import SourceError
from model.measured import Entry, Gauge, Sample
from model.record import Page
from model.source import Reach
from model.window import Window
from tests.support.talk import FixedClock

WINDOW = Window(datetime(2026, 11, 9, tzinfo=UTC), datetime(2026, 11, 16, tzinfo=UTC), "UTC")
CSV = "id,region,amount,at\n1,kr,12.5,2026-11-09\n2,us,,2026-11-10T10:00:00+09:00\n3,kr,3,2026-11-20\n"
LINES = b"""{"id":"1","amount":12.5,"at":"2026-11-09"}

{"id":"2","at":"2026-11-09"}
{"id":"3","amount":3,"at":"2026-11-09"}"""
SALES = {
    "figures": 'sales "Sales" (by=region) = sum amount', "key": "id", "at": "at", "labels": "region = region",
    "numbers": "amount = amount",
}  # fmt: skip


@pytest.fixture
def reach(tmp_path: Path) -> Reach:
    return Reach((), clock=FixedClock(WINDOW.end), data_roots=(tmp_path,))


async def read(path: Path, reach: Reach, cursor: str | None = None, **more: Any) -> list[Page]:
    made = collector("file", {**SALES, "path": str(path), **more}, reach)
    return [page async for page in made.collect(WINDOW, cursor)]


def amounts(pages: list[Page]) -> list[Decimal | None]:
    bodies = [record.body for page in pages for record in page.records]
    return [dict(body.numbers).get("amount") for body in bodies if isinstance(body, Entry)]


async def test_rows_are_entries_and_a_file_that_has_not_changed_costs_nothing(tmp_path: Path, reach: Reach) -> None:
    file = tmp_path / "sales.csv"
    file.write_text(CSV)
    pages = await read(file, reach)
    assert [page.restart for page in pages] == [True, False]
    first = pages[0].records[0]
    assert (first.key, first.at, first.title) == ("entries 1", WINDOW.start, "1")
    assert amounts(pages) == [Decimal("12.5"), None, 3]
    assert pages[0].records[1].at == datetime(2026, 11, 10, 1, tzinfo=UTC)
    assert [r.key for r in pages[-1].records if isinstance(r.body, Gauge)] == ["sales"]
    assert await read(file, reach, pages[-1].cursor) == [Page((), pages[-1].cursor)]
    file.write_text(CSV.replace("12.5", "13.5"))
    assert amounts(await read(file, reach, pages[-1].cursor))[0] == Decimal("13.5")


@pytest.mark.parametrize(
    ("data", "more"),
    [
        (CSV.encode("utf-8-sig"), {}), (CSV.encode("utf-16"), {"encoding": "utf-16"}),
        (CSV.replace(",", ";").replace("12.5", "12,5").encode(), {"decimal": "comma"}),
        (CSV.replace(",", "\t").encode(), {}), (CSV.replace(",", "|").encode(), {"delimiter": "bar"}),
        (CSV.replace("\n", "\r\n").encode(), {}), (CSV.replace("kr,", '"k""r\nx",').encode(), {}),
        (CSV.replace("kr", "서울").encode("cp949"), {"encoding": "cp949"}),
        (json.dumps({"data": [{"id": 1, "amount": 12.5, "at": "2026-11-09"}, {"id": 2, "at": 1762700000},
                              {"id": 3, "amount": "3", "at": "2026-11-20"}]}).encode(),
         {"format": "json", "records": "data"}),
        (LINES, {"format": "lines"}),
    ],
)  # fmt: skip
async def test_how_files_are_written(tmp_path: Path, reach: Reach, data: bytes, more: dict[str, str]) -> None:
    (tmp_path / "sales.csv").write_bytes(data)
    assert amounts(await read(tmp_path / "sales.csv", reach, **more)) == [Decimal("12.5"), None, 3]


@pytest.mark.parametrize(
    ("data", "more", "says"),
    [
        (CSV.replace("kr", "서울").encode("cp949"), {}, "not written in utf-8"),
        (CSV.encode() + b"4,kr,1\n", {}, "Line 5 has 3 fields instead of 4"),
        (CSV.encode() + b'4,"kr,1,2026-11-09\n', {}, "Line 5 is no row"),
        (CSV.encode() + b'4,"k"r,1,2026-11-09\n', {}, "Line 5 is no row"),
        (CSV.encode() + b"4,kr,many,2026-11-09\n", {}, "Entry 4 has no amount"),
        (CSV.encode() + b"4,kr,NaN,2026-11-09\n", {}, "Entry 4 has no amount"),
        (CSV.encode() + b"4,kr,1,someday\n", {}, "Entry 4 has no time"),
        (CSV.encode() + b",kr,1,2026-11-09\n", {}, "Entry 4 has no key"),
        (CSV.replace(",", ";").replace("12.5", "1.234,5").encode(), {"decimal": "comma"}, "Entry 1 has no amount"),
        (CSV.encode() + b'4,kr,"12,5",2026-11-09\n', {}, "Entry 4 has no amount"),
        (CSV.replace("region", "id").encode(), {}, "Two columns are called id"), (b"", {}, "has 0 columns"),
        (b"\x00" * 4000, {}, "not written in"), (b"a,b\n" + b"x" * 200_000 + b",1\n", {}, "Line 2 is no row"),
        (b'{"data": [{"id": 1, "id": 2}]}', {"format": "json", "records": "data"}, "twice|more than once|id"),
        (b'{"data": [{"id": NaN}]}', {"format": "json", "records": "data"}, "."),
        (b'{"data": [{"id": 1}', {"format": "json", "records": "data"}, "."),
        (b'{"other": []}', {"format": "json", "records": "data"}, "no list at data"),
        (b"[" * 100_000, {"format": "json", "records": "."}, "."),
        (b"{}\nnothing", {"format": "lines"}, "Line 2 is no JSON|key"),
    ],
)  # fmt: skip
async def test_what_is_wrong_is_named_and_nothing_is_kept(
    tmp_path: Path, reach: Reach, data: bytes, more: dict[str, str], says: str
) -> None:
    """Not even what stood before it."""
    (tmp_path / "sales.csv").write_bytes(data)
    pages: list[Page] = []
    made = collector("file", {**SALES, "path": str(tmp_path / "sales.csv"), **more}, reach)
    with pytest.raises(SourceError, match=says):
        pages += [page async for page in made.collect(WINDOW, None)]
    assert pages == []


async def test_a_folder_is_read_file_by_file(tmp_path: Path, reach: Reach) -> None:
    folder = tmp_path / "days"
    folder.mkdir()
    for day in ("01", "02"):
        (folder / f"{day}.csv").write_text(CSV)
    (folder / "notes.md").write_text("no data")
    pages = await read(folder, reach)
    keys = [r.key for page in pages for r in page.records if isinstance(r.body, Entry)]
    assert (len(keys), len(set(keys)), keys[0]) == (6, 6, "entries 01.csv 1")
    for one in folder.iterdir():
        one.unlink()
    with pytest.raises(SourceError, match="holds 0 files"):
        await read(folder, reach)


async def test_figures_that_stand_in_a_document(tmp_path: Path, reach: Reach) -> None:
    file = tmp_path / "now.json"
    file.write_text('{"open": 12, "queues": [{"n": 3}, {"n": 4}]}')
    (page,) = await read(file, reach, format="json", figures="open_tickets = open\nqueued = sum(queues[].n)")
    bodies = [r.body for r in page.records if r.at < WINDOW.end and isinstance(r.body, Sample)]
    assert {body.metric: body.slices[0].value for body in bodies} == {"open_tickets": 12, "queued": 7}


async def test_what_is_no_file_is_refused(tmp_path: Path, reach: Reach) -> None:
    """A pipe that would never end, a link to somewhere else, a file that is not there."""
    os.mkfifo(tmp_path / "pipe.csv")
    (tmp_path / "link.csv").symlink_to("/etc/passwd")
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "passwd.csv").symlink_to("/etc/passwd")
    for name in ("pipe.csv", "link.csv", "gone.csv", "folder", "../../etc/passwd", "/dev/zero"):
        with pytest.raises(SourceError):
            await read(tmp_path / name, reach)


async def test_many_rows_are_read_in_little_memory(tmp_path: Path, reach: Reach) -> None:
    file = tmp_path / "sales.csv"
    with file.open("w") as out:
        out.write("id,region,amount,at\n")
        out.writelines(f"{n},kr,1,2026-11-10\n" for n in range(5000))
    pages = await read(file, reach)
    assert [len(page.records) for page in pages] == [1000] * 5 + [1]
