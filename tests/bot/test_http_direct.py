"""What is answered past the framework's layers is answered like all else: bounded, timed, and told when it breaks."""

from __future__ import annotations

import logging

import pytest
from fastapi import Request, Response

from bot.http import Front, bare
from bot.http_answers import MOST, Headers
from bot.metrics import Metrics
from model.clock import SystemClock
from tests.bot.web import got, request, served


async def told(headers: Headers, body: bytes) -> Response:
    """Say what came; break where that is wanted."""
    if body == b"break":
        raise ValueError("as it was asked to")
    return Response(f"{dict(headers)[b'x-what'].decode()} {len(body)}")


def application() -> tuple[Front, Metrics]:
    metrics, app = Metrics(), bare()

    async def layered(request: Request) -> Response:
        return await told(request.headers.raw, await request.body())

    app.add_route("/told", layered, methods=["POST"])
    return Front(app, metrics, SystemClock(), {"/told": told}), metrics


def post(body: bytes, **headers: str) -> bytes:
    return request("/told", "POST", content_length=str(len(body)), x_what="heard", **headers) + body


async def test_it_is_given_headers_and_body() -> None:
    front, metrics = application()
    async with served(front) as port:
        assert (await got(port, post(b"x" * MOST))).body == f"heard {MOST}".encode()
        chunks = (
            request("/told", "POST", transfer_encoding="chunked", x_what="heard") + b"2\r\nab\r\n3\r\ncde\r\n0\r\n\r\n"
        )
        assert (await got(port, chunks)).body == b"heard 5"
    assert 'method="POST",route="/told",status="200"' in metrics.text().decode()


@pytest.mark.parametrize("length", [str(MOST + 1), "9" * 19])
async def test_what_says_that_it_is_too_long_is_not_read(length: str) -> None:
    front, metrics = application()
    async with served(front) as port:
        answer = await got(port, request("/told", "POST", content_length=length, x_what="heard"))
    assert (answer.status, answer.json) == (413, {"error": f"A body has at most {MOST} bytes."})
    assert 'method="POST",route="/told",status="413"' in metrics.text().decode()


async def test_what_turns_out_too_long_is_refused() -> None:
    front, _ = application()
    chunk = b"10000\r\n" + b"x" * 0x10000 + b"\r\n"
    async with served(front) as port:
        sent = request("/told", "POST", transfer_encoding="chunked", x_what="heard") + chunk * (MOST // 0x10000 + 1)
        answer = await got(port, sent + b"0\r\n\r\n")
    assert answer.status == 413


async def test_what_breaks_is_told_under_a_reference_and_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    front, _ = application()
    async with served(front) as port:
        with caplog.at_level(logging.ERROR):
            answer = await got(port, post(b"break"))
    assert answer.status == 500
    assert answer.json["error"] == "Something broke here."
    assert len(answer.json["reference"]) == 12
    assert [record.exc_info is not None for record in caplog.records] == [True]


async def test_other_methods_are_the_frameworks() -> None:
    front, _ = application()
    async with served(front) as port:
        assert (await got(port, request("/told"))).status == 405
