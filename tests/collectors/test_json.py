"""The JSON collector against a stand-in: entries and figures as they are, each page once, and what fails by name."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import aclosing
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import pytest_asyncio

from collectors import collector
from egress.client import Allowed, Egress
from model.errors import SourceChanged, SourceError, SourceRefused, SourceUnavailable, UsageError
from model.ids import WorkspaceId
from model.measured import Entry, Gauge, Sample, Slice
from model.record import Page, Record
from model.source import Reach
from model.unit import Better, Unit
from model.window import Window
from tests.support.json_api import SECRET, Service, service
from tests.support.outside import Asked, response, saying
from tests.support.talk import NOW, FixedClock

WINDOW = Window(NOW - timedelta(days=7), NOW, "UTC")
_LIST: dict[str, Any] = {
    "records": ".",
    "figures": 'tickets "Tickets" (by=status) = count\npaid (unit=krw) = sum amount where status=open',
    "labels": "status = state; tag = tags",
    "numbers": "amount = total.value",
}


class _Quick(FixedClock):
    """Waits are not waited for."""

    async def sleep(self, seconds: float) -> None:
        await asyncio.sleep(0)


@pytest_asyncio.fixture
async def there() -> AsyncIterator[Service]:
    async with service() as there:
        there.add(1, "2026-11-18T10:00:00+09:00", state="open", tags=["db", "api"], total={"value": 12.5})
        there.add(2, "2026-11-19", state="done", total={"value": "0.10"}, html_url=f"{there.url}/2")
        there.add(3, 1_763_600_000, state=True, html_url="https://evil.example/", link=7)  # type: ignore[arg-type]
        yield there


@pytest_asyncio.fixture
async def egress() -> AsyncIterator[Egress]:
    made = Egress(_Quick(), Allowed.parse(["127.0.0.1"]))
    yield made
    await made.aclose()


def config(there: Service, **more: Any) -> dict[str, Any]:
    return {"url": there.url, "headers": f"Authorization: {SECRET}", **(more or _LIST)}


async def read(
    there: Service, egress: Egress, cursor: str | None = None, window: Window | None = WINDOW, **more: Any
) -> list[Page]:
    reach = Reach((), egress, clock=_Quick()).within(WorkspaceId("w"))
    made = collector("json", config(there, **more), reach)
    async with aclosing(made.collect(window, cursor)) as pages:
        return [page async for page in pages]


def entries(pages: list[Page]) -> dict[str, Record]:
    return {r.key.removeprefix("entries "): r for page in pages for r in page.records if isinstance(r.body, Entry)}


def gauges(pages: list[Page]) -> dict[str, Gauge]:
    return {r.key: r.body for page in pages for r in page.records if isinstance(r.body, Gauge)}


async def test_the_entries_of_a_list(there: Service, egress: Egress) -> None:
    """Times in any form, labels and numbers; a link leads where links may."""
    pages = await read(there, egress, **_LIST, zone="Asia/Seoul")
    found = entries(pages)
    assert found["1"].at == datetime(2026, 11, 18, 1, tzinfo=UTC)
    assert found["1"].body == Entry(
        "entries", (("status", "open"), ("tag", "db"), ("tag", "api")), (("amount", Decimal("12.5")),)
    )
    assert found["2"].at == datetime(2026, 11, 18, 15, tzinfo=UTC)
    assert (found["2"].title, found["2"].url) == ("Ticket 2", f"{there.url}/2")
    assert found["2"].body == Entry("entries", (("status", "done"),), (("amount", Decimal("0.10")),))
    assert (found["3"].at, found["3"].url) == (datetime(2025, 11, 20, 0, 53, 20, tzinfo=UTC), None)
    assert found["3"].body == Entry("entries", (("status", "true"),))
    counted, summed = gauges(pages)["tickets"], gauges(pages)["paid"]
    assert (counted.how, counted.by, counted.unit) == ("count", ("status",), Unit.COUNT)
    assert (summed.how, summed.of, summed.where) == ("sum", "amount", (("status", "open"),))
    assert counted.since == found["3"].at  # what was there before the oldest is not known
    assert all(asked.headers["authorization"] == SECRET for asked in there.there.asked)


@pytest.mark.parametrize(
    ("shape", "more"),
    [
        ("bare", {"paging": "page", "parameter": "page"}),
        ("link", {"paging": "link"}),
        ("next", {"records": "data.items", "paging": "next", "next": "meta.next"}),
        ("cursor", {"records": "data.items", "paging": "next", "next": "meta.next", "parameter": "after"}),
    ],
)
async def test_all_pages_are_read_and_only_what_changed_is_sent_again(
    there: Service, egress: Egress, shape: str, more: dict[str, Any]
) -> None:
    there.shape, there.size = shape, 2
    for number in range(4, 8):
        there.add(number, "2026-11-19T00:00:00Z")
    pages = await read(there, egress, **(_LIST | more))
    assert list(entries(pages)) == [str(number) for number in range(1, 8)]
    asked = len(there.targets)
    assert asked == (5 if shape == "bare" else 4)
    there.add(8, "2026-11-20T00:00:00Z")
    again = await read(there, egress, pages[-1].cursor, **(_LIST | more))
    assert set(entries(again)) >= {"8"}
    assert "1" not in entries(again)
    assert len(there.targets) == 2 * asked
    assert gauges(again)["tickets"].since == entries(pages)["3"].at


async def test_a_list_that_is_whole_is_read_anew(there: Service, egress: Egress) -> None:
    """What is no longer in it goes; where it has not changed nothing is written but what is measured."""
    pages = await read(there, egress, **_LIST, whole=True)
    assert [page.restart for page in pages] == [True, False]
    assert gauges(pages)["tickets"].since is None
    same = await read(there, egress, pages[-1].cursor, **_LIST, whole=True)
    assert (len(same), same[0].restart, entries(same)) == (1, False, {})
    there.tickets.clear()
    none = await read(there, egress, pages[-1].cursor, **_LIST, whole=True)
    assert [page.restart for page in none] == [True]


async def test_what_may_have_been_left_out_is_not_known(there: Service, egress: Egress) -> None:
    """The newest ones only: where none of the old ones is among them, some in between were never seen."""
    pages = await read(there, egress)
    there.tickets = []
    there.add(90, "2026-11-25T00:00:00Z")
    there.add(91, "2026-11-26T00:00:00Z")
    later = await read(there, egress, pages[-1].cursor)
    assert gauges(later)["tickets"].since == datetime(2026, 11, 25, tzinfo=UTC)


async def test_the_window_stands_in_the_address(there: Service, egress: Egress) -> None:
    """With the one before; what is held has no gap, whichever windows follow each other."""
    more = {**_LIST, "url": there.url + "?from={start}&to={last_day}"}
    pages = await read(there, egress, **more)
    assert there.targets == ["/tickets?from=2026-11-06T09:00:00Z&to=2026-11-20"]
    since = datetime(2026, 11, 6, 9, tzinfo=UTC)
    assert gauges(pages)["tickets"].since == since
    later = Window(NOW + timedelta(days=60), NOW + timedelta(days=67), "UTC")
    again = await read(there, egress, pages[-1].cursor, later, **more)
    assert there.targets[-1] == "/tickets?from=2026-11-20T09:00:00Z&to=2027-01-26"
    assert gauges(again)["tickets"].since == since


async def test_figures_that_stand_in_an_answer(there: Service, egress: Egress) -> None:
    """Now, or of the window and the one before where the address says so."""
    figures = "open \"Open tickets\" (unit=count) =\n  length(@[?state=='open'])"
    figures += "\namount (unit=krw) = sum([].to_number(total.value || `0`))"
    (page,) = await read(there, egress, figures=figures)
    (gauge, _, one, two) = page.records
    assert gauge.body == Gauge(Unit.COUNT, Better.NEITHER, "last", query="length(@[?state=='open'])")
    assert (gauge.title, one.at, one.ended) == ("Open tickets", NOW, NOW)
    assert [one.body, two.body] == [
        Sample("open", (Slice(Decimal(1)),)), Sample("amount", (Slice(Decimal("12.6")),)),
    ]  # fmt: skip
    (page,) = await read(there, egress, figures="orders = length(@)", url=there.url + "?a={start}&b={end}")
    assert [(r.at, r.ended) for r in page.records if isinstance(r.body, Sample)] == [
        (WINDOW.start, WINDOW.end), (WINDOW.previous().start, WINDOW.start),
    ]  # fmt: skip
    assert gauges([page])["orders"].how == "window"


async def _cut(asked: Asked, writer: asyncio.StreamWriter) -> None:
    writer.write(b'HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n[{"id":1,"created_at":"2026-11-18"},{"id"')
    writer.close()


async def test_what_broke_off_is_read_again(there: Service, egress: Egress) -> None:
    there.faults += [_cut, saying(response(503))]
    assert len(entries(await read(there, egress))) == 3
    there.faults += [_cut] * 3
    with pytest.raises(SourceUnavailable, match="broke"):
        await read(there, egress)


@pytest.mark.parametrize(
    ("answer", "error", "words"),
    [
        (response(401), SourceRefused, "let us in"),
        (response(404), SourceRefused, "404"),
        (response(429), SourceUnavailable, "429"),
        (response(500), SourceUnavailable, "500"),
        (response(304), SourceRefused, "304"),
        (response(206, b"[]"), SourceRefused, "206"),
        (response(302, location="http://169.254.169.254/"), SourceRefused, "Nothing can be reached"),
        (response(200, b""), SourceChanged, "empty"),
        (response(200, b"<html>"), SourceChanged, "no JSON"),
        (response(200, b'{"items":[]}'), SourceChanged, "no list at"),
        (response(200, b'[{"id":1,"id":2}]'), SourceChanged, "twice"),
        (response(200, b'[{"id":1,"created_at":"2026-11-18"},{"id":null}]'), SourceChanged, "Entry 2 has no key"),
        (response(200, b'[{"id":1,"created_at":"soon"}]'), SourceChanged, "Entry 1 has no time"),
        (response(200, b'[{"id":1,"at":1,"total":{"value":"much"}}]'), SourceChanged, "has no amount"),
        (response(200, b"[7]"), SourceChanged, "has no key"),
    ],
)  # fmt: skip
async def test_what_fails_is_named(
    there: Service, egress: Egress, answer: bytes, error: type[SourceError], words: str
) -> None:
    there.faults += [saying(answer)] * 20
    with pytest.raises(error, match=words) as raised:
        await read(there, egress)
    assert "canary" not in str(raised.value)


@pytest.mark.parametrize(
    ("more", "body", "head", "words"),
    [
        ({"paging": "link"}, b"[]", {"link": "<%s>; rel=next"}, "leads back"),
        ({"paging": "link"}, b"[]", {"link": '<http://169.254.169.254/>; rel="next"'}, "another server"),
        ({"paging": "link"}, b"[]", {"link": f'<%s?p={"0" * 8000}>; rel="next"'}, "Link is longer than 8,000"),
        ({"paging": "next", "next": "n", "records": "a"}, b'{"a":[],"n":"//127.0.0.2/"}', {}, "another server"),
        ({"paging": "next", "next": "n", "records": "a"}, b'{"a":[],"n":true}', {}, "names no page"),
        ({"paging": "page", "parameter": "p"}, b'[{"id":1,"at":1}]', {}, "Page 2 is the same"),
    ],
)  # fmt: skip
async def test_pages_that_lead_astray(
    there: Service, egress: Egress, more: dict[str, Any], body: bytes, head: dict[str, str], words: str
) -> None:
    """T19: one server, no page twice, and an end."""
    head = {name: value.replace("%s", there.url) for name, value in head.items()}
    there.faults += [saying(response(200, body, **head))] * 20
    with pytest.raises(SourceChanged, match=words):
        await read(there, egress, **(_LIST | more))


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({"figures": ""}, "say what is measured"),
        ({"records": "a[0]"}, "names with dots"),
        ({"figures": "tickets"}, "write name = what asks for it"),
        ({"figures": "commits = count"}, "a figure of git"),
        ({"figures": "t (by=nobody) = count"}, "neither a label"),
        ({"figures": "t = sum status"}, "neither a label"),
        ({"figures": "t = share"}, "is not whole"),
        ({"figures": "t = all of it"}, "is no total"),
        ({"figures": "t (how=sum) = count"}, "leave how away"),
        ({"labels": "Status = state"}, "write one name = expression"),
        ({"records": "", "paging": "link", "figures": "a = length(@)"}, "are those of a list"),
        ({"key": "id ||"}, "no jmespath"),
        ({"only": "[[@,@][],[@,@][]][]"}, "more than one list"),
        ({"only": "join(@, @)"}, "cannot be used"),
        ({"paging": "next"}, "paging=next needs"),
        ({"headers": "Host: evil"}, "cannot be set"),
        ({"url": "http://u:p@x.example/"}, "whole address"),
        ({"zone": "Mars/Olympus"}, "time zone"),
    ],
)  # fmt: skip
async def test_what_is_set_wrong_is_told(there: Service, egress: Egress, more: dict[str, Any], words: str) -> None:
    with pytest.raises(UsageError, match=words):
        collector("json", {**config(there), **more}, Reach(()))


async def test_a_check_says_what_is_wrong(there: Service, egress: Egress) -> None:
    reach = Reach((), egress, clock=_Quick()).within(WorkspaceId("w"))
    assert not await collector("json", config(there), reach).check()
    wrong = await collector("json", config(there) | {"headers": "Authorization: none"}, reach).check()
    assert "let us in" in wrong[0].plain()
    assert Counter(there.targets) == {"/tickets": 2}
