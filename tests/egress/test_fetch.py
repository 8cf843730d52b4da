"""T11, T14, T16, T17 and what else a server may do: every request ends in time and within its bounds."""

from __future__ import annotations

import asyncio
import gzip
import logging
import zlib
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio

from egress.client import Allowed, Egress, Limits
from egress.fetching import retry_after
from model.clock import SystemClock
from model.errors import AddressRefused, AnswerRefused, EgressError, NoAnswer, Unreachable
from tests.support.certificates import certificate_for
from tests.support.outside import Asked, Book, outside, response, saying

_HERE = Allowed.parse(["127.0.0.1"])
_SOON = Limits(deadline=0.5)


@pytest_asyncio.fixture
async def egress() -> AsyncIterator[Egress]:
    made = Egress(SystemClock(), _HERE, resolve=Book({}))
    yield made
    await made.aclose()


async def test_a_whole_answer(egress: Egress) -> None:
    """Status, headers and body; inflated where it came compressed, and only what was asked for is sent."""
    zipped = gzip.compress(b"first ") + gzip.compress(b"second")
    async with outside(saying(response(200, zipped, content_encoding="gzip", X_Made="there"))) as there:
        got = await egress.fetch("POST", there.url("/a?b=c"), headers={"X-Key": "k"}, body=b"{}")
    assert (got.status, got.body, got.headers["x-made"]) == (200, b"first second", "there")
    assert "content-encoding" not in got.headers
    (asked,) = there.asked
    assert (asked.method, asked.target, asked.body) == ("POST", "/a?b=c", b"{}")
    assert asked.headers == {
        "host": f"127.0.0.1:{there.port}",
        "user-agent": "auto-report-builder",
        "x-key": "k",
        "content-length": "2",
        "accept-encoding": "gzip",
        "": "",
    }


async def test_tls_and_host_keep_the_name(tmp_path: Path) -> None:
    """The connection goes to a literal address; certificate and Host are those of the name."""
    server, trusting = certificate_for("pub.example", tmp_path)
    seen: list[str] = []
    server.sni_callback = lambda socket, name, context: seen.append(name)
    book, opened = Book({n: [["127.0.0.1"]] for n in ("pub.example", "other.example")}), Allowed.parse(["127.0.0.1"])
    async with outside(saying(response(204)), tls=server) as there:
        egress = Egress(SystemClock(), opened, resolve=book, context=trusting)
        assert (await egress.fetch("GET", there.url(host="pub.example", scheme="https"))).status == 204
        with pytest.raises(Unreachable):
            await egress.fetch("GET", there.url(host="other.example", scheme="https"))
        await egress.aclose()
        strict = Egress(SystemClock(), opened, resolve=book)
        with pytest.raises(Unreachable):
            await strict.fetch("GET", there.url(host="pub.example", scheme="https"))
        await strict.aclose()
    assert seen == ["pub.example", "other.example", "pub.example"]
    assert [asked.headers["host"] for asked in there.asked] == [f"pub.example:{there.port}"]


@pytest.mark.parametrize(
    "location",
    ["http://169.254.169.254/", "//127.0.0.2:9/", "file:///etc/passwd", "gopher://", "http://[::1/", "http://x@a.b/",
     "//10.0.0.1", "http://a.b\\@127.0.0.1/"],
)  # fmt: skip
async def test_t11_redirects_are_vetted(egress: Egress, location: str) -> None:
    """Each is an address like any other; without being asked to, none is followed."""
    async with outside(saying(response(302, location=location))) as there:
        with pytest.raises(AddressRefused):
            await egress.fetch("GET", there.url(), limits=Limits(redirects=3))
        assert (await egress.fetch("GET", there.url())).status == 302
        for method in ("POST", "PUT"):
            assert (await egress.fetch(method, there.url(), limits=Limits(redirects=3))).status == 302


async def test_t11_redirects_end(egress: Egress) -> None:
    """A loop of twenty hops ends after the third."""

    async def on(asked: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(response(302, location=f"/{(int(asked.target[1:]) + 1) % 20}"))

    async with outside(on) as there:
        with pytest.raises(NoAnswer, match="3 redirects"):
            await egress.fetch("GET", there.url("/0"), limits=Limits(redirects=20))
    assert [asked.target for asked in there.asked] == ["/0", "/1", "/2", "/3"]


async def test_t11_another_origin_sees_no_secret(egress: Egress) -> None:
    """Of the headers only the harmless ones; the same origin sees all of them, and no cookie is kept."""
    secret = {"X-Api-Key": "k", "Authorization": "Bearer b", "Cookie": "c", "Private-Token": "p", "Accept": "text/x"}
    async with outside(saying(response(200, b"there"))) as second:

        async def first(asked: Asked, writer: asyncio.StreamWriter) -> None:
            further = second.url("/end") if asked.target == "/same" else "/same"
            writer.write(response(307, location=further, set_cookie="session=1"))

        async with outside(first) as there:
            got = await egress.fetch("GET", there.url("/"), headers=secret, limits=Limits(redirects=3))
    assert got.body == b"there"
    assert [asked.headers.get("x-api-key") for asked in there.asked] == ["k", "k"]
    (asked,) = second.asked
    assert set(asked.headers) == {"", "host", "accept", "accept-encoding", "user-agent"}
    assert not {"k", "Bearer b", "c", "p", "session=1"} & set(asked.headers.values())


async def test_redirects_never_step_down_to_http(tmp_path: Path) -> None:
    """What was asked for under TLS is not asked for in the clear."""
    server, trusting = certificate_for("pub.example", tmp_path)
    async with (
        outside(saying(response())) as plain,
        outside(saying(response(302, location=plain.url())), tls=server) as there,
    ):
        egress = Egress(SystemClock(), _HERE, resolve=Book({"pub.example": [["127.0.0.1"]]}), context=trusting)
        with pytest.raises(AddressRefused):
            await egress.fetch("GET", there.url(host="pub.example", scheme="https"), limits=Limits(redirects=1))
        await egress.aclose()
    assert not plain.asked


async def test_t14_no_proxy(egress: Egress, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of the environment is used: neither for ourselves nor for a vendor's client."""
    async with outside(saying(response(502))) as evil, outside(saying(response(200))) as there:
        for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "http_proxy", "https_proxy", "all_proxy"):
            monkeypatch.setenv(name, evil.url())
        monkeypatch.setenv("SSL_CERT_FILE", "/nowhere.pem")
        assert (await egress.fetch("GET", there.url())).status == 200
        async with egress.client() as client:
            assert (await client.get(there.url())).status_code == 200
    assert evil.connections == 0


def _resident() -> int:
    """Return the bytes that this process holds at its peak."""
    for line in Path("/proc/self/status").read_text("ascii").splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) << 10
    pytest.skip("this machine does not say how much memory a process holds")


def _forget_peak() -> None:
    """Have the peak count from here."""
    try:
        Path("/proc/self/clear_refs").write_text("5", "ascii")
    except OSError:
        pytest.skip("this machine does not let a process forget its peak of memory")


def _bomb() -> bytes:
    """Return 300 MiB of zeros in about 298 KiB."""
    packer, zeros = zlib.compressobj(9, wbits=31), bytes(1 << 20)
    return b"".join(packer.compress(zeros) for _ in range(300)) + packer.flush()


async def _bombed(egress: Egress, url: str) -> float:
    """Fetch it, and return the seconds for which the loop was held up at most."""
    loop, longest = asyncio.get_running_loop(), 0.0

    async def watch() -> None:
        nonlocal longest
        while True:
            begun = loop.time()
            await asyncio.sleep(0)
            longest = max(longest, loop.time() - begun)

    watching = asyncio.create_task(watch())
    with pytest.raises(AnswerRefused, match="33,554,432 bytes"):
        await egress.fetch("GET", url)
    watching.cancel()
    return longest


async def test_t16_a_bomb_ends_at_its_bound(egress: Egress) -> None:
    """300 MiB out of 298 KiB: it ends at 32 MiB, with at most 64 MiB more memory, and the loop stays free."""
    bomb = _bomb()
    assert len(bomb) < 310_000
    async with outside(saying(response(200, bomb, content_encoding="gzip"))) as there:
        await egress.fetch("GET", there.url(), read=False)
        _forget_peak()
        before = _resident()
        for _ in range(3):  # a busy machine holds up who is not to blame
            if (longest := await _bombed(egress, there.url())) < 0.1:
                break
        assert _resident() - before <= 64 << 20
        assert longest < 0.1
        async with egress.client() as client:
            with pytest.raises(AnswerRefused):
                await client.get(there.url())


@pytest.mark.parametrize("encoding", ["gzip, gzip", "br", "deflate", "zstd", "compress", "gzip,identity"])
async def test_t16_one_layer_of_gzip_only(egress: Egress, encoding: str) -> None:
    """What was not asked for is not read."""
    nested = gzip.compress(gzip.compress(b"x"))
    async with outside(saying(response(200, nested, content_encoding=encoding))) as there:
        with pytest.raises(AnswerRefused, match="compressed"):
            await egress.fetch("GET", there.url())


async def test_t16_bounds_of_what_comes(egress: Egress) -> None:
    """Raw and decoded bytes are bounded each; the exact bound passes."""
    async with outside(saying(response(200, b"x" * 1000))) as there:
        assert len((await egress.fetch("GET", there.url(), limits=Limits(raw=1000, decoded=1000))).body) == 1000
        for limits in (Limits(raw=999), Limits(decoded=999)):
            with pytest.raises(AnswerRefused, match="999 bytes"):
                await egress.fetch("GET", there.url(), limits=limits)
    async with outside(saying(response(200, b"not zipped", content_encoding="gzip"))) as there:
        with pytest.raises(AnswerRefused, match="compressed"):
            await egress.fetch("GET", there.url())
    async with outside(saying(response(200, gzip.compress(b"x" * 99)[:-9], content_encoding="gzip"))) as there:
        with pytest.raises(NoAnswer, match="broke off"):
            await egress.fetch("GET", there.url())


def _drip(before: bytes) -> Callable[[Asked, asyncio.StreamWriter], object]:
    async def answer(_: Asked, writer: asyncio.StreamWriter) -> None:
        writer.write(before)
        while not writer.is_closing():
            writer.write(b"x")
            await writer.drain()
            await asyncio.sleep(0.05)

    return answer


@pytest.mark.parametrize(
    "before",
    [b"HTTP/1.1 200 OK\r\ncontent-length: 999999\r\n\r\n", b"HTTP/1.1 200 OK\r\nx-", b"HTTP/1.1 200 OK\r\n\r\n", b""],
)
async def test_t17_a_drip_ends(egress: Egress, before: bytes) -> None:
    """One byte now and then, in the body or the head, for ever: the deadline counts for the whole of it."""
    begun = asyncio.get_running_loop().time()
    async with outside(_drip(before)) as there:  # type: ignore[arg-type]
        with pytest.raises(EgressError) as caught:
            await egress.fetch("GET", there.url(), limits=_SOON)
    assert caught.value.sent
    assert asyncio.get_running_loop().time() - begun < _SOON.deadline + 2


async def _silence(_: Asked, writer: asyncio.StreamWriter) -> None:
    await writer.wait_closed()


async def test_how_requests_fail(egress: Egress, unused_tcp_port: int) -> None:
    """Whether anything was sent is told each time: it decides whether a repeat is harmless."""
    with pytest.raises(Unreachable) as caught:
        await egress.fetch("GET", f"http://127.0.0.1:{unused_tcp_port}/")
    assert not caught.value.sent
    async with outside(_silence) as there:
        with pytest.raises(NoAnswer, match="within 1 second") as late:
            await egress.fetch("GET", there.url(), limits=_SOON)
        assert late.value.sent

    async def hang_up(_: Asked, writer: asyncio.StreamWriter) -> None:
        writer.close()

    async with outside(hang_up) as there:
        with pytest.raises(NoAnswer) as cut:
            await egress.fetch("POST", there.url(), body=b"x")
        assert cut.value.sent
    async with outside(saying(b"HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\nabc")) as there:
        with pytest.raises(NoAnswer):
            await egress.fetch("GET", there.url(), limits=_SOON)
    async with outside(saying(b"SSH-2.0-OpenSSH_9.6\r\n\r\n")) as there:
        with pytest.raises(NoAnswer):
            await egress.fetch("GET", there.url(), limits=_SOON)


async def test_a_slow_resolver_counts(unused_tcp_port: int) -> None:
    """The deadline holds for looking the name up, too."""

    async def never(host: str, port: int) -> list[str]:
        await asyncio.Event().wait()
        return []

    egress = Egress(SystemClock(), resolve=never)
    with pytest.raises(Unreachable) as caught:
        await egress.fetch("GET", "http://pub.example/", limits=_SOON)
    assert not caught.value.sent
    await egress.aclose()


@pytest.mark.parametrize(
    ("said", "seconds"),
    [("7", 7.0), (" 0 ", 0.0), ("99999999999999", 3600.0), ("Sun, 06 Nov 1994 08:49:37 GMT", 37.0),
     ("Sun, 06 Nov 1994 08:00:00 GMT", 0.0), ("Sun, 06 Nov 2094 08:00:00 GMT", 3600.0), ("", None), ("soon", None),
     ("-3", None), ("٣", None), ("1.5", None)],
)  # fmt: skip
def test_retry_after(said: str, seconds: float | None) -> None:
    """Seconds or a date, to the second, at most an hour; what it does not say is not guessed."""
    assert retry_after(said, datetime(1994, 11, 6, 8, 49, tzinfo=UTC)) == seconds


async def test_no_secret_in_any_log(egress: Egress, caplog: pytest.LogCaptureFixture, unused_tcp_port: int) -> None:
    """At DEBUG, with answers and with failures: neither the query, a header, the body nor the answer's cookie."""
    caplog.set_level(logging.DEBUG)
    secrets = {"headers": {"X-Api-Key": "CANARY-header"}, "body": b"CANARY-body"}
    async with outside(saying(response(200, b"CANARY-answer", set_cookie="CANARY-cookie"))) as there:
        await egress.fetch("POST", there.url("/CANARY-path?key=CANARY-query"), **secrets)  # type: ignore[arg-type]
        async with egress.client() as client:
            await client.get(there.url("/CANARY-path?key=CANARY-query"))
    failures = [there.url("/CANARY-path"), "http://CANARY-user:CANARY-password@x.example/", "http://CANARY.example:22/"]
    for url in failures:
        with pytest.raises(EgressError) as caught:
            await egress.fetch("POST", url, **secrets)  # type: ignore[arg-type]
        assert "CANARY" not in f"{caught.value!r} {caught.value.message} {caught.value.hint} {caught.value.__cause__!r}"
    assert "CANARY" not in caplog.text


async def test_a_client_for_an_sdk(egress: Egress) -> None:
    """The same bounds, and no cookie that one caller could see of another."""
    async with outside(saying(response(200, b"x", set_cookie="session=1"))) as there, egress.client() as client:
        for _ in range(2):
            assert (await client.get(there.url())).text == "x"
        with pytest.raises(AddressRefused):
            await client.get("http://10.0.0.1/")
        with pytest.raises(AddressRefused):
            await client.get(there.url(host="user:secret@127.0.0.1"))
    assert "cookie" not in there.asked[1].headers
