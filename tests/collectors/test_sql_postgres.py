"""What only a PostgreSQL can get wrong: users, rights, passwords, TLS, addresses, connections that break."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from pydantic import JsonValue

from collectors import collector
from egress.client import Egress
from model.clock import SystemClock
from model.errors import SourceError, SourceRefused, SourceUnavailable
from model.measured import Gauge
from model.source import Reach
from tests.collectors.test_sql import reach, read, values
from tests.support.shop import ShopServer
from tests.support.waiting import wait

__all__ = ["reach"]


@pytest.mark.parametrize(
    ("user", "says"),
    [("writer", "can change tables: public.orders"), ("root", "can do more than read: SUPERUSER")],
)
async def test_a_user_that_may_write_is_refused(shop_server: ShopServer, reach: Reach, user: str, says: str) -> None:
    settings = shop_server.settings(user=user)
    problems = await collector("sql", settings, reach).check()
    assert says in problems[0].plain()
    with pytest.raises(SourceRefused, match=says):
        await read(settings, reach, "a = select 1")


async def test_a_missing_right_is_named(shop_server: ShopServer, reach: Reach) -> None:
    settings = shop_server.settings(user="blind", figures="orders = select count(*) from orders")
    (problem,) = await collector("sql", settings, reach).check()
    assert problem.plain() == "orders: permission denied for table orders"


@pytest.mark.parametrize(
    ("more", "says"),
    [
        ({"password": "wrong"}, "refuses the user or the password"), ({"password": None}, "refuses the user"),
        ({"dbname": "nothing"}, "no such database"), ({"tls": "verify-full"}, "not reached over TLS"),
        ({"port": 1}, "does not answer"), ({"host": "10.0.0.1"}, "Nothing can be reached at that address"),
        ({"host": "localhost,10.0.0.1"}, "Nothing can be reached at that address"),
        ({"host": "/var/run/postgresql"}, "Nothing can be reached at that address"),
        ({"dbname": "host=10.0.0.1 dbname=shop"}, "no such database"),
    ],
)  # fmt: skip
async def test_what_keeps_it_from_being_reached(
    shop_server: ShopServer, reach: Reach, more: dict[str, JsonValue], says: str
) -> None:
    with pytest.raises(SourceError, match=says) as refused:
        await read(shop_server.settings(**more), reach, "a = select 1")
    assert "correct-horse" not in str(refused.value)


async def test_an_address_inside_is_not_reached_unless_it_is_opened(shop_server: ShopServer, tmp_path: Path) -> None:
    egress = Egress(SystemClock())
    with pytest.raises(SourceUnavailable, match="Nothing can be reached"):
        await read(shop_server.settings(), Reach((), egress), "a = select 1")
    await egress.aclose()


async def test_tls_with_the_authority_that_is_given(shop_server: ShopServer, reach: Reach) -> None:
    settings = shop_server.settings(host="localhost", tls="verify-full", ca=shop_server.ca)
    page = await read(settings, reach, "a = select ssl::int from pg_stat_ssl where pid = pg_backend_pid()")
    assert set(values(page, "a").values()) == {1}
    other = await read(
        shop_server.settings(tls="off"), reach, "a = select ssl::int from pg_stat_ssl where pid = pg_backend_pid()"
    )
    assert set(values(other, "a").values()) == {0}


@pytest.mark.parametrize(
    "query",
    ["select pg_sleep(60)::text", "select count(*) from generate_series(1, 1e12::bigint)"],
)
async def test_what_takes_too_long_ends(shop_server: ShopServer, reach: Reach, query: str) -> None:
    page = await read(shop_server.settings(timeout=1), reach, f"slow = {query}\ngood = select 1")
    assert page.problem is not None
    assert page.problem.plain() == "slow: it took longer than 1 s"
    assert {r.key: r.body.known for r in page.records if isinstance(r.body, Gauge)} == {"slow": False, "good": True}


@pytest.mark.parametrize(
    "query",
    ["select nextval('s')", "select set_config('transaction_read_only', 'off', false)::text", "select lo_create(0)",
     "select pg_read_file('/etc/passwd')", "select pg_advisory_lock(1)::text", "select 'NaN'::float8",
     "select 'Infinity'::float8", "select '-Infinity'::numeric", "select array[1]", "select null::int, 2"],
)  # fmt: skip
async def test_what_does_more_than_read_fails(shop_server: ShopServer, reach: Reach, query: str) -> None:
    shop_server.run("CREATE SEQUENCE IF NOT EXISTS s", "GRANT USAGE ON SEQUENCE s TO arb_reader")
    page = await read(shop_server.settings(), reach, f"bad = {query}\ngood = select 1")
    assert page.parts == (1, 2), page.problem


async def test_a_connection_that_breaks_is_an_error_of_the_source(shop_server: ShopServer, reach: Reach) -> None:
    """The plug is pulled in the middle of a query."""
    reading = asyncio.create_task(read(shop_server.settings(timeout=60), reach, "slow = select pg_sleep(30)::text"))
    asked = "SELECT count(*) FROM pg_stat_activity WHERE usename = 'arb_reader' AND wait_event = 'PgSleep'"
    await asyncio.to_thread(wait, lambda: shop_server.run(asked) == [(1,)])
    shop_server.run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'arb_reader'")
    with pytest.raises(SourceUnavailable, match="broke"):
        await reading
