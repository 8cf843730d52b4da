"""SQL sources against the real databases: what is asked, what comes back, and what is refused."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator, Mapping
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from pydantic import JsonValue

from collectors import collector
from collectors.sql_ready import READY_SET
from egress.client import Allowed, Egress
from model.clock import SystemClock
from model.errors import SourceError, SourceRefused, UsageError
from model.measured import Gauge, Listing, Sample
from model.record import Page
from model.source import Reach
from model.window import Window
from tests.support.shop import FIGURES, ShopServer, sqlite_shop
from tests.support.talk import FixedClock

WINDOW = Window(datetime(2026, 11, 9, tzinfo=UTC), datetime(2026, 11, 16, tzinfo=UTC), "UTC")
NOW = datetime(2026, 11, 16, 9, tzinfo=UTC)
Settings = Mapping[str, Any]


@pytest.fixture(params=["sqlite", "postgresql"])
def shop(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    """Return the settings of the shop on each database."""
    if request.param == "sqlite":
        return {"database": "sqlite", "path": str(sqlite_shop(tmp_path / "shop.db"))}
    server: ShopServer = request.getfixturevalue("shop_server")
    return server.settings()


@pytest.fixture
async def reach(tmp_path: Path) -> AsyncIterator[Reach]:
    egress = Egress(SystemClock(), Allowed.parse(["127.0.0.1", "localhost"]))
    yield Reach((), egress, clock=FixedClock(NOW), data_roots=(tmp_path,), home=tmp_path / "home")
    await egress.aclose()


async def read(shop: Settings, reach: Reach, figures: str, cursor: str | None = None, **more: JsonValue) -> Page:
    (page,) = [
        page async for page in collector("sql", {**shop, "figures": figures, **more}, reach).collect(WINDOW, cursor)
    ]
    return page


def values(page: Page, metric: str) -> dict[tuple[datetime, str], Decimal]:
    """Return a metric's values by the beginning of their span and their group."""
    return {
        (record.at, "".join(group for _, group in one.labels)): one.value
        for record in page.records
        if isinstance(record.body, Sample) and record.body.metric == metric
        for one in record.body.slices
    }


async def test_figures_are_asked_for_the_window_and_the_one_before(shop: Settings, reach: Reach) -> None:
    page = await read(shop, reach, FIGURES)
    start, before = WINDOW.start, WINDOW.previous().start
    assert page.problem is None
    assert page.parts == (5, 5)
    assert values(page, "revenue") == {(start, ""): 50000, (before, ""): 21000}
    orders = values(page, "orders")
    assert {group: n for (at, group), n in orders.items() if at == before} == {"kr": 1, "–": 1}
    assert orders[datetime(2026, 11, 15, tzinfo=UTC), "us"] == 1
    week = [r.body for r in page.records if r.at == start and r.ended == WINDOW.end and isinstance(r.body, Sample)]
    assert sorted(one.value for one in next(b for b in week if b.metric == "orders").slices) == [1, 2]
    assert len([r for r in page.records if r.key.startswith("orders ")]) == 2 + 7
    assert list(values(page, "low_stock").values()) == [2]
    (low,) = [(r.key, r.title, r.body) for r in page.records if isinstance(r.body, Listing)]
    assert (low[:2], [name for name, _ in low[2].columns]) == (("low", "Running low"), ["product", "stock"])
    assert low[2].rows == (("Lamp", "0"), ("Desk", "3"))


async def test_a_second_reading_takes_the_place_of_the_first(shop: Settings, reach: Reach) -> None:
    first = await read(shop, reach, FIGURES)
    again = await read(shop, reach, FIGURES, first.cursor)
    assert {r.key for r in again.records} == {r.key for r in first.records}
    assert again.cursor == first.cursor
    assert again.gone == ()


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("select count(*) from nothing", "nothing"), ("select none from orders", "none"),
        ("select count(*) form orders", "syntax"), ("select region, count(*) from orders group by 1", "one column"),
        ("select amount from orders", "more than one row"), ("select 'many'", "no number"),
        ("select x'00ff'", "binary|no number"), ("select 1e400", "not finite|larger than"),
        ("with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n", "longer than 1 s"),
        ("with gone as (delete from orders returning 1) select count(*) from gone", "only read|syntax|42"),
    ],
)  # fmt: skip
async def test_one_bad_query_spoils_no_other(shop: Settings, reach: Reach, query: str, says: str) -> None:
    """Its figure is not known, and the problem has its name."""
    figures = f"bad = {query}\ngood = select 7"
    page = await read(shop, reach, figures, timeout=1)
    gauges = {r.key: r.body.known for r in page.records if isinstance(r.body, Gauge)}
    assert gauges == {"bad": False, "good": True}
    assert page.parts == (1, 2)
    assert page.problem is not None
    said = page.problem.plain()
    assert said.startswith("bad: ")
    assert any(word in said for word in says.split("|")), said
    assert list(values(page, "good").values()) == [7, 7]
    assert not values(page, "bad")


@pytest.mark.parametrize(
    "query",
    ["delete from orders", "drop table orders", "insert into orders values (9, 9, '', 9, null)", "attach 'x.db' as x",
     "pragma query_only=off", "select 1; select 2", "update orders set amount = 0", "select 'open", "/* open",
     "select :nothing", "select count(* from orders",
     "select 1) as q limit 0; delete from orders; select * from (select 1",
     "copy orders to '/tmp/x'", "set role root", "-- only a note",
     "select 1) as q, (select 2", "select 1 /* /* */ ( */ ) as q", "select (1", "select e'\\') as q --'"],
)  # fmt: skip
async def test_what_is_no_query_is_refused_before_anything_is_asked(shop: Settings, reach: Reach, query: str) -> None:
    with pytest.raises(UsageError):
        await read(shop, reach, f"bad = {query}")


async def test_what_stands_in_texts_and_notes_stays(shop: Settings, reach: Reach) -> None:
    """Parameters, percent signs and semicolons there mean nothing."""
    query = "select count(*) /* :nothing; */ from orders where region like '%r' and ':start;' <> 'it''s' -- ; :end"
    page = await read(shop, reach, f"n = {query}")
    assert list(values(page, "n").values()) == [3, 3]


async def test_parameters(shop: Settings, reach: Reach) -> None:
    asked = {
        "a": "select :end_epoch - :start_epoch", "b": "select :start_epoch - :before_epoch",
        "c": "select count(*) from visits where at >= :before and at < :start",
        "d": "select count(*) from orders where created_at >= :start_date and created_at < :end_date",
    }  # fmt: skip
    page = await read(shop, reach, "\n".join(f"{name} = {query}" for name, query in asked.items()))
    assert page.problem is None, page.problem.plain()
    found = {name: values(page, name)[WINDOW.start, ""] for name in asked}
    assert found == {"a": 604800, "b": 604800, "c": 2, "d": 3}


async def test_the_ready_set(shop: Settings, reach: Reach) -> None:
    """Each of its queries, on tables that bear its names."""
    page = await read(shop, reach, READY_SET)
    assert page.problem is None, page.problem.plain()
    week = [r.body for r in page.records if r.ended in (WINDOW.end, r.at) and isinstance(r.body, Sample)]
    found = {body.metric: body.slices[0].value for body in reversed(week)}
    third = Decimal(50000) / 3
    assert {name: round(value, 4) for name, value in found.items()} == {
        "orders": 3, "revenue": 50000, "average_order": round(third, 4), "conversion": Decimal("0.5"),
        "registrations": 1, "active_users": 4, "retention": Decimal("0.5"), "churn": Decimal("0.5"),
        "low_stock": 1, "out_of_stock": 1, "stock_turnover": Decimal("0.1071"),
    }  # fmt: skip


async def test_too_many_rows_and_columns(shop: Settings, reach: Reach) -> None:
    many = "with recursive n(i) as (select 1 union all select i + 1 from n where i < 5000) select i, 1 as v from n"
    wide = f"select {', '.join(f'{n} as c{n}' for n in range(30))}"
    page = await read(shop, reach, f"many (by=i) = {many}\nwide = {wide}\ntable rows (rows=3) = {many}")
    assert [p.body.more for p in page.records if isinstance(p.body, Listing)] == [True]
    assert page.parts == (1, 3)
    assert not values(page, "many")


async def test_a_large_value_never_comes(shop: Settings, reach: Reach) -> None:
    repeat = "repeat('x', 5000000)" if shop["database"] == "postgresql" else "hex(zeroblob(5000000))"
    page = await read(shop, reach, f"large (by=region) = select {repeat} as region, 1 as v")
    groups = [group for _, group in values(page, "large")]
    assert all(len(group) <= 120 for group in groups)
    assert groups or page.problem is not None


async def test_check_says_what_each_query_lacks(shop: Settings, reach: Reach) -> None:
    good = await collector("sql", {**shop, "figures": FIGURES}, reach).check()
    assert [message.plain() for message in good] == []
    bad = await collector("sql", {**shop, "figures": "a = select x from nothing\nb = select 1, 2"}, reach).check()
    assert [message.plain().partition(":")[0] for message in bad] == ["a", "b"]


async def test_a_reading_that_is_called_off_ends(shop: Settings, reach: Reach) -> None:
    endless = "with recursive n(i) as (select 1 union all select i + 1 from n) select count(*) from n"
    reading = asyncio.create_task(read(shop, reach, f"n = {endless}", timeout=120))
    done, _ = await asyncio.wait([reading], timeout=0.5)
    assert not done
    reading.cancel()
    began = SystemClock().monotonic()
    with pytest.raises(asyncio.CancelledError):
        await reading
    assert SystemClock().monotonic() - began < 5


# ── SQLite ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def test_sqlite_stays_where_the_operator_allows(tmp_path: Path, reach: Reach) -> None:
    """Never ARB's own, nothing outside, no link that leads there; and nothing is said of what is there."""
    (tmp_path / "home").mkdir()
    own, outside = sqlite_shop(tmp_path / "home" / "arb.db"), tmp_path.parent / "outside.db"
    (tmp_path / "link.db").symlink_to(own)
    for path in (own, outside, "/etc/passwd", f"{tmp_path}/../x.db", tmp_path / "link.db", "\0", "~nobody-here/x"):
        with pytest.raises(SourceError, match="is not under a folder"):
            await read({"database": "sqlite", "path": str(path)}, reach, "a = select 1")


async def test_sqlite_files_that_are_none(tmp_path: Path, reach: Reach) -> None:
    (tmp_path / "text.db").write_text("not a database at all, and long enough to be looked at" * 50)
    for name, says in (("text.db", "no SQLite database"), ("gone.db", "no file")):
        with pytest.raises(SourceRefused, match=says):
            await read({"database": "sqlite", "path": str(tmp_path / name)}, reach, "a = select 1")


@pytest.mark.parametrize(
    "query",
    ["select load_extension('x')", "select * from pragma_table_info('orders')", "select count(*) from a.b",
     "select fts3_tokenizer('a')", "select writefile('/tmp/x', 'y')"],
)  # fmt: skip
async def test_sqlite_gives_nothing_but_rows(tmp_path: Path, reach: Reach, query: str) -> None:
    path = sqlite_shop(tmp_path / "shop.db")
    page = await read({"database": "sqlite", "path": str(path)}, reach, f"a = {query}")
    assert page.parts == (0, 1)


async def test_sqlite_is_read_while_somebody_writes(tmp_path: Path, reach: Reach) -> None:
    """With a write-ahead log the last commit counts; the file is not touched."""
    path = sqlite_shop(tmp_path / "shop.db")
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode=WAL")
        writer.execute("BEGIN IMMEDIATE")
        writer.execute("DELETE FROM orders")
        before = path.stat().st_mtime_ns
        page = await read({"database": "sqlite", "path": str(path)}, reach, "n = select count(*) from orders")
        assert list(values(page, "n").values()) == [6, 6]
        assert path.stat().st_mtime_ns == before
        writer.execute("ROLLBACK")
