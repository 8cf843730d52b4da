"""The HTTP server over real sockets: what it answers, to whom, and that nobody can hold it up."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi import Request

from bot.http import Front, bare, listen
from bot.http_answers import MOST
from bot.http_connections import Bounds
from bot.metrics import Metrics
from model.clock import SystemClock
from model.errors import ConfigError
from tests.bot.web import Got, got, parsed, request, served, web

_SEEDS = (
    "arb_reports_generated_total",
    "arb_report_generation_duration_seconds_bucket",
    "arb_active_users",
    "arb_api_request_duration_seconds_bucket",
    "arb_database_connection_pool",
)
_OWN = ("arb_ready", "arb_loop_age_seconds", "arb_loop_failures_total", "arb_outbox_waiting", "arb_schedules_due")


async def test_what_it_answers(tmp_path: Path) -> None:
    """Alive at once, ready once every loop came round and the database took a write."""
    async with web(tmp_path / "home") as here:
        assert (await here.get("/health")).json == {"status": "ok"}
        early = await here.get("/ready")
        assert (early.status, early.json["reasons"][0]["what"]) == (503, "starting")
        serving = asyncio.create_task(here.app.loops.serve())
        ready = await until(here.get, "/ready", 200)
        assert ready.json == {"ready": True, "reasons": []}
        detailed = (await here.get("/health/detailed")).json
        assert detailed["state"] == "ok"
        assert set(detailed["checks"]) == {"database", "loops", "disk", "backup", "runs", "outbox", "schedules"}
        assert set(detailed["checks"]["loops"]) == set(here.app.loops.all)
        assert str(tmp_path) not in str(detailed)
        shown = (await here.get("/metrics")).body.decode()
        for name in (*_SEEDS, *_OWN):
            assert f"\n{name}" in shown, name
        assert 'arb_database_connection_pool{status="waiting"} ' in shown  # a loop may be waiting just now
        serving.cancel()
        await asyncio.gather(serving, return_exceptions=True)


async def until(ask: Callable[[str], object], path: str, status: int) -> Got:
    """Ask until the answer has a status."""
    for _ in range(400):
        answer: Got = await ask(path)  # type: ignore[misc]
        if answer.status == status:
            return answer
        await asyncio.sleep(0.05)
    raise AssertionError(f"{path} never answered {status}: {answer}")


async def test_runs_are_counted_without_names(tmp_path: Path, repository: Path) -> None:
    """By template and status; a template of a workspace's own is one of many."""
    async with web(tmp_path / "home") as here:
        from tests.support.talk import Talk

        talk = Talk(here.app)
        await talk.say(f"/source add git name=shop path={repository}")
        await talk.say("/template clone weekly secret-project")
        await talk.say("/report run weekly source=shop window=2026-11-09..2026-11-16")
        await talk.say("/report run secret-project source=shop window=2026-11-09..2026-11-16")
        shown = (await here.get("/metrics")).body.decode()
    assert 'arb_reports_generated_total{status="done",template="weekly"} 1.0' in shown
    assert 'arb_reports_generated_total{status="done",template="own"} 1.0' in shown
    assert "arb_report_generation_duration_seconds_count 2.0" in shown
    assert not any(name in shown for name in ("secret-project", "shop", "mina", "acme"))


async def test_errors_say_little(tmp_path: Path) -> None:
    """JSON for what is not there or not done; no server, no path, no version."""
    async with web(tmp_path / "home") as here:
        for path, method, status in (
            ("/", "GET", 404), ("/health/", "GET", 404), ("/../etc/passwd", "GET", 404), ("/docs", "GET", 404),
            ("/openapi.json", "GET", 404), ("/health", "POST", 405), ("/x" * 2000, "GET", 404),
        ):  # fmt: skip
            answer = await here.get(path, method)
            assert (answer.status, set(answer.json)) == (status, {"error"}), path
            assert "server" not in answer.headers
        assert (await here.get("/health", "HEAD")).body == b""
        shown = (await here.get("/metrics")).body.decode()
    assert 'route="unknown",status="404"' in shown
    assert "passwd" not in shown


async def test_what_only_this_machine_may_read(tmp_path: Path) -> None:
    """A proxy's header never makes anybody local; that it is there makes him remote."""
    async with web(tmp_path / "home") as here:
        for path in ("/metrics", "/health/detailed"):
            assert (await here.get(path)).status == 200
            assert (await here.get(path, x_forwarded_for="127.0.0.1")).status == 403
            assert (await here.get(path, forwarded="for=127.0.0.1")).status == 403
        assert (await here.get("/health", x_forwarded_for="203.0.113.9")).status == 200


_HOSTS = {
    "127.0.0.1": 200, "127.0.0.1:9": 200, "[::1]:9": 200, "LocalHost": 200,
    "evil.example": 403, "evil.example:8080": 403, "localhost.evil.example": 403, "10.0.0.1": 403,
    "127.0.0.1@evil.example:9": 403, "[::1": 403, "": 403,
}  # fmt: skip


async def test_no_page_reads_it_by_its_own_name(tmp_path: Path) -> None:
    """DNS rebinding: a browser on this machine asks us, for a page whose name was made to lead here."""
    async with web(tmp_path / "home") as here:
        for host, status in _HOSTS.items():
            for path in ("/metrics", "/health/detailed"):
                assert (await here.get(path, host=host)).status == status, host
            assert (await here.get("/health", host=host)).status == 200, host


async def test_a_token_is_asked_of_everybody(tmp_path: Path) -> None:
    """Once it is set, this machine is nobody special."""
    async with web(tmp_path / "home", token="canary-token") as here:
        for given in ("", "Bearer wrong", "canary-token", "bearer canary-token", "Bearer canary-tokené"):
            answer = await here.get("/metrics", authorization=given)
            assert answer.status == 403, given
            assert b"canary" not in answer.body
        for host in ("localhost", "arb.example"):
            assert (await here.get("/metrics", authorization="Bearer canary-token", host=host)).status == 200
        assert (await here.get("/ready")).status == 503


def test_a_taken_port_names_its_setting() -> None:
    with listen("127.0.0.1", 0) as taken:
        taken.listen()
        with pytest.raises(ConfigError) as refused:
            listen("127.0.0.1", taken.getsockname()[1])
    assert refused.value.hint is not None
    assert "ARB_HTTP_PORT" in refused.value.hint.plain()


def reading() -> Front:
    """A server that reads bodies, and breaks where it is asked to."""
    app = bare()

    @app.post("/read")
    async def read(request: Request) -> int:
        return len(await request.body())

    @app.get("/break")
    async def broken() -> None:
        raise ValueError("canary-in-an-error")

    return Front(app, Metrics(), SystemClock())


async def test_bodies_have_a_bound() -> None:
    """1 MiB passes; a byte more does not, announced or not, and the connection goes on."""
    async with served(reading()) as port:
        most = request("/read", "POST", content_length=str(MOST)) + b"x" * MOST
        assert (await got(port, most)).body == str(MOST).encode()
        for path in ("/read", "/nothing"):
            announced = await got(port, request(path, "POST", content_length=str(MOST + 1)))
            assert announced.status == 413
        piece = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
        chunked = request("/read", "POST", transfer_encoding="chunked") + piece * 17 + b"0\r\n\r\n"
        assert (await got(port, chunked)).status == 413


async def test_what_breaks_is_told_by_its_reference(caplog: pytest.LogCaptureFixture) -> None:
    """The answer has no word of the error; the log has it."""
    with caplog.at_level(logging.ERROR):
        async with served(reading()) as port:
            answer = await got(port, request("/break"))
    assert answer.status == 500
    assert b"canary" not in answer.body
    assert len(answer.json["reference"]) == 12
    assert "canary-in-an-error" in caplog.text


QUICK = Bounds(receive=0.6, answer=5.0, idle=1, per_address=1000)
_SLOW = {
    "nothing": b"",
    "half a header": b"GET /health HTTP/1.1\r\nhost: he",
    "half a body": request("/read", "POST", content_length="100") + b"x" * 10,
    "a body that nobody reads": b"POST /nothing HTTP/1.1\r\nhost: here\r\ncontent-length: 100\r\n\r\nx",
    "half a chunk": request("/read", "POST", transfer_encoding="chunked") + b"5\r\nabc",
}


async def slow(port: int, sent: bytes, dribble: bytes = b"") -> tuple[float, bytes]:
    """Send, dribble byte by byte, and wait to be closed; return the seconds until then, and what was answered."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    began, answered = time.monotonic(), b""
    writer.write(sent)
    try:
        while time.monotonic() - began < 20:
            try:
                data = await asyncio.wait_for(reader.read(65536), 0.1 if dribble else 20)
            except TimeoutError:
                writer.write(dribble)
                continue
            answered += data
            if not data:
                break
    except ConnectionError:
        pass
    writer.close()
    return time.monotonic() - began, answered


@pytest.mark.parametrize("kind", _SLOW)
async def test_half_a_request_has_a_deadline(kind: str) -> None:
    """However slowly it comes, and whether it dribbles on or not."""
    async with served(reading(), QUICK) as port:
        dribbles = (b"", b"x")
        ended = await asyncio.gather(*(slow(port, _SLOW[kind], dribble) for dribble in dribbles))
        for dribble, (seconds, answered) in zip(dribbles, ended, strict=True):
            assert seconds <= QUICK.receive + 1.5, dribble
            if kind in ("nothing", "half a header"):
                assert parsed(answered).status == 408


async def test_slow_clients_hold_nobody_up(scaled: Callable[[int], int]) -> None:
    """Meanwhile genuine requests are answered, and every slow one is closed in time."""
    number = scaled(500)
    bounds = Bounds(per_address=1000) if number == 500 else QUICK
    async with served(reading(), bounds) as port:
        alone = [await asked(port) for _ in range(50)]
        crowd = [asyncio.create_task(slow(port, list(_SLOW.values())[n % len(_SLOW)])) for n in range(number)]
        await asyncio.sleep(0)
        beside = []
        while not all(one.done() for one in crowd):
            beside.append(await asked(port))
        slowest = max(seconds for seconds, _ in await asyncio.gather(*crowd))
    assert slowest <= bounds.receive + 2
    assert p99(beside) <= max(0.25, 2 * p99(alone)), p99(alone)


async def asked(port: int) -> float:
    """Return the seconds that a genuine request takes."""
    began = time.monotonic()
    assert (await got(port, request("/read", "POST", content_length="2") + b"ok")).body == b"2"
    return time.monotonic() - began


def p99(times: list[float]) -> float:
    return sorted(times)[int(len(times) * 0.99)]


async def test_the_longest_waiting_makes_room() -> None:
    """At an address's limit a new request is still answered; another address is not touched."""
    async with served(reading(), replace(QUICK, receive=20.0, per_address=5)) as port:
        other = await asyncio.open_connection("127.0.0.1", port, local_addr=("127.0.0.2", 0))
        crowd = [await asyncio.open_connection("127.0.0.1", port) for _ in range(5)]
        assert (await got(port, request("/read", "POST", content_length="2") + b"ok")).status == 200
        assert await asyncio.wait_for(closed(crowd[0][0]), 5)
        assert not crowd[1][0].at_eof()
        other[1].write(request("/read", "POST", content_length="2") + b"ok")
        assert parsed(await asyncio.wait_for(other[0].read(), 5)).status == 200
        for _, writer in (*crowd, other):
            writer.close()


async def test_there_is_a_limit_over_all_addresses() -> None:
    async with served(reading(), replace(QUICK, receive=20.0, in_all=3)) as port:
        crowd = [await asyncio.open_connection("127.0.0.1", port, local_addr=(f"127.0.0.{n}", 0)) for n in range(2, 6)]
        assert await asyncio.wait_for(closed(crowd[0][0]), 5)
        for _, writer in crowd:
            writer.close()


async def closed(reader: asyncio.StreamReader) -> bool:
    try:
        return await reader.read() == b""
    except ConnectionError:
        return True


async def test_a_connection_may_ask_again() -> None:
    """One after the other, and right behind one another; then it is closed when it has nothing to ask."""
    ask = b"POST /read HTTP/1.1\r\nhost: here\r\ncontent-length: 2\r\n\r\nok"
    async with served(reading(), QUICK) as port:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        for sent in (ask, ask * 3, ask + ask[:20], ask[20:]):
            writer.write(sent)
            for _ in range(max(1, sent.count(b"POST /read HTTP/1.1\r\n"))):
                answer = await asyncio.wait_for(reader.readuntil(b"\r\n\r\n"), 5)
                assert answer.startswith(b"HTTP/1.1 200")
                assert await reader.readexactly(1) == b"2"
        began = time.monotonic()
        assert await asyncio.wait_for(closed(reader), 5)
        assert time.monotonic() - began >= 0.8 * QUICK.idle
        writer.close()
