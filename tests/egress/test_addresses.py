"""T01–T10, T12, T13, T15: addresses that must not be reached, each with its literal text."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from ipaddress import ip_address

import httpcore2 as httpcore
import pytest

from egress.addresses import Allowed, is_ours, is_public
from egress.client import Egress
from egress.gatekeeper import Gatekeeper
from egress.network import Network
from model.clock import SystemClock
from model.errors import AddressRefused, ConfigError, EgressError, Unreachable
from tests.support.outside import Book, outside, response, saying

_BOOK = Book(
    {
        "good.com": [["8.8.8.8"]],
        "pub.example": [["8.8.8.8"]],
        "mixed.example": [["8.8.8.8", "10.0.0.1"]],
        "mixed6.example": [["2606:4700::1111", "fd00::1"]],
        "zoned.example": [["fe80::1%eth0"]],
        "empty.example": [[]],
    }
)

_REFUSED = {
    "T01": ["http://169.254.169.254/latest/meta-data/"],
    "T02": ["http://2130706433/"],
    "T03": ["http://0x7f.1/", "http://0x7f000001/", "http://127.1/", "http://169.254.43518/"],
    "T04": ["http://0177.0.0.1/"],
    "T05": ["http://127。0。0。1/", "http://①②⑦.⓪.⓪.①/"],
    "T06": ["http://[::ffff:7f00:1]/", "http://[::ffff:127.0.0.1]/", "http://[::127.0.0.1]/", "http://[::1]/"],
    "T07": ["http://[64:ff9b::a9fe:a9fe]/", "http://[64:ff9b:1::a9fe:a9fe]/"],
    "T08": ["http://[2002:a9fe:a9fe::1]/", "http://[2001:0:a9fe:a9fe::1]/"],
    "T10": ["http://mixed.example/", "https://mixed6.example/", "http://zoned.example/", "http://empty.example/"],
    "T12": [
        "http://good.com\\@127.0.0.1/",
        "http://good.com%2f@127.0.0.1/",
        "http://good.com#@127.0.0.1/",
        "http://user:secret@good.com/",
        "http://good.com\t@127.0.0.1/",
        "http://good.com\r\nHost: 127.0.0.1/",
        "http://good.com:80:80/",
        "http://good.com./",
        "http:///latest/",
        "http://",
        "//good.com/",
        "file:///etc/passwd",
        "gopher://good.com/",
        "ftp://good.com/",
        "http://[fe80::1%25eth0]/",
        "http://good.com:99999/",
        "",
    ],
    "T13": ["http://pub.example:22/", "http://8.8.8.8:22/", "https://pub.example:8443/"],
    "T15": [
        "http://100.100.100.200/",
        "http://168.63.129.16/",
        "http://[fd00:ec2::254]/",
        "http://100.64.0.1/",
        "http://192.0.0.192/",
        "http://224.0.0.1/",
        "http://[ff02::1]/",
        "http://[fec0::1]/",
        "http://0.0.0.0/",
        "http://255.255.255.255/",
        "http://10.0.0.1/",
        "http://192.168.0.1/",
        "http://172.31.255.255/",
        "http://198.18.0.1/",
        "http://localhost/",
    ],
}


@pytest.mark.parametrize(("threat", "url"), [(threat, url) for threat, urls in _REFUSED.items() for url in urls])
async def test_what_is_refused(threat: str, url: str) -> None:
    """No socket is opened (the guard of all tests fails one that tries), and the words are those for any such host."""
    egress = Egress(SystemClock(), resolve=_BOOK)
    with pytest.raises(EgressError) as nobody:
        await egress.fetch("GET", "http://no-such-host.example/")
    took = []
    for _ in range(5):  # the quickest counts: the machine may be busy
        begun = asyncio.get_running_loop().time()
        with pytest.raises(EgressError) as caught:
            await egress.fetch("GET", url)
        took.append(asyncio.get_running_loop().time() - begun)
    assert min(took) < 0.05
    assert isinstance(caught.value, AddressRefused | Unreachable)
    assert not caught.value.sent
    assert (caught.value.message, caught.value.hint) == (nobody.value.message, nobody.value.hint)


@pytest.mark.parametrize("url", ["https://good.com/hook?a=b", "http://8.8.8.8/", "https://[2606:4700::1111]/"])
async def test_what_is_public(url: str) -> None:
    """The other way round: the table does not refuse everything."""
    assert not (await Egress(SystemClock(), resolve=_BOOK).check(url)).opened


@pytest.mark.parametrize(
    ("address", "public"),
    [
        ("1.1.1.1", True), ("100.63.255.255", True), ("100.128.0.0", True), ("172.32.0.1", True), ("11.0.0.0", True),
        ("223.255.255.255", True), ("168.63.129.17", True), ("2600::1", True), ("2001:200::1", True),
        ("9.255.255.255", True), ("192.0.1.0", True), ("169.253.255.255", True), ("128.0.0.0", True),
        ("240.0.0.1", False), ("127.255.255.254", False), ("192.88.99.1", False), ("203.0.113.9", False),
        ("2001:db8::1", False), ("2001:1ff::1", False), ("3fff::1", False), ("fe80::1", False), ("::", False),
        ("fc00::1", False), ("5f00::1", False), ("64:ff9b::808:808", False),
    ],
)  # fmt: skip
def test_the_borders_of_the_table(address: str, *, public: bool) -> None:
    """The last address on either side."""
    assert is_public(ip_address(address)) is public


@pytest.mark.parametrize(
    ("entries", "host", "port", "opened"),
    [
        (["127.0.0.1"], "127.0.0.1", 9, True),
        (["127.0.0.1"], "127.0.0.2", 9, False),
        (["10.0.0.0/8"], "10.9.8.7", 5432, True),
        (["10.0.0.0/8:5432"], "10.9.8.7", 5432, True),
        (["10.0.0.0/8:5432"], "10.9.8.7", 443, False),
        (["::1"], "::1", 9, True),
        (["[::1]:9"], "::1", 9, True),
        (["[::1]:9"], "::1", 10, False),
        (["fd00::/8"], "fd00::7", 9, True),
        (["Git.Acme.example"], "git.acme.example", 8443, True),
        (["git.acme.example:8443"], "git.acme.example", 443, False),
        (["git.acme.example"], "evil.git.acme.example", 443, False),
    ],
)
async def test_what_the_operator_opens(entries: list[str], host: str, port: int, *, opened: bool) -> None:
    """A host, a network, either with a port; nothing beside them."""
    book = Book({name: [["10.1.1.1"]] for name in ("git.acme.example", "evil.git.acme.example")})
    gatekeeper = Gatekeeper(Allowed.parse(entries), resolve=book)
    if opened:
        assert (await gatekeeper.vet(host, port)).opened
    else:
        with pytest.raises(AddressRefused):
            await gatekeeper.vet(host, port)


@pytest.mark.parametrize("entry", ["10.0.0.1/8", "a b", "http://x", "x:0", "x:99999", "2130706433", "*", "[::1", ""])
def test_entries_that_are_none(entry: str) -> None:
    """The setting is named, and its form."""
    with pytest.raises(ConfigError, match="ARB_EGRESS_ALLOW"):
        Allowed.parse([entry])


async def test_a_name_server_that_never_answers() -> None:
    """Whoever only checks an address is not kept waiting for ever either."""

    async def never(_: str, __: int) -> Sequence[str]:
        await asyncio.Event().wait()
        return ()

    gatekeeper = Gatekeeper(Allowed(), resolve=never, patience=0.05)
    with pytest.raises(Unreachable):
        await asyncio.wait_for(gatekeeper.vet("slow.example", 443), 20)


async def test_t13_never_arb_itself() -> None:
    """What is opened is opened but for ARB's own port; another host's same port is not ARB's."""
    async with outside(saying(response())) as self_:
        clock, everything = SystemClock(), Allowed.parse(["127.0.0.0/8", "10.0.0.0/8", "localhost"])
        for url in (self_.url("/admin"), self_.url("/admin", "127.0.0.9"), self_.url("/admin", "localhost")):
            book = Book({"localhost": [["127.0.0.1"]]})
            with pytest.raises(AddressRefused):
                await Egress(clock, everything, own_ports=[self_.port], resolve=book).fetch("GET", url)
        assert self_.connections == 0
        assert (await Egress(clock, everything, own_ports=[self_.port]).vet("10.0.0.9", self_.port)).opened
        egress = Egress(clock, everything, own_ports=[1])
        assert (await egress.fetch("GET", self_.url("/admin"))).status == 200
        await egress.aclose()
    assert is_ours(ip_address("127.0.0.1"))
    assert not is_ours(ip_address("8.8.8.8"))


async def test_t09_rebinding(scaled: Callable[[int], int]) -> None:
    """A name that flips between an opened address and a private one with every query: the private one hears nothing."""
    book = Book({"flips.example": [["127.0.0.2"], ["127.0.0.1"]]})
    flips, refused = max(200, scaled(1000)), 0
    async with (
        outside(saying(response(connection="close")), "127.0.0.2") as good,
        outside(saying(response()), "127.0.0.1", good.port) as private,
    ):
        egress = Egress(SystemClock(), Allowed.parse(["127.0.0.2"]), resolve=book)
        for _ in range(flips):
            try:
                await egress.fetch("GET", good.url(host="flips.example"), read=False)
            except AddressRefused:
                refused += 1
        await egress.aclose()
    assert (private.connections, refused) == (0, flips // 2)
    assert good.connections == len(good.asked) == flips // 2
    assert len(book.looked_up) == flips  # once for each: what was checked is what was connected to


class _Astray(httpcore.AsyncNetworkBackend):
    """A network that connects somewhere else than it was told to."""

    async def connect_tcp(self, host: str, port: int, *rest: object) -> httpcore.AsyncNetworkStream:
        return await httpcore.AnyIOBackend().connect_tcp("127.0.0.1", port)


async def test_the_peer_is_asked_again() -> None:
    """Of the socket itself, after connecting; the connection is closed before a byte is written."""
    async with outside(saying(response())) as private:
        book = Book({"pub.example": [["127.0.0.2"]]})
        network = Network(Gatekeeper(Allowed.parse(["127.0.0.2"]), resolve=book), _Astray())
        with pytest.raises(AddressRefused):
            await network.connect_tcp("pub.example", private.port)
        assert not private.asked


class _Recorder(httpcore.AsyncNetworkBackend):
    """A network on which nobody answers."""

    def __init__(self) -> None:
        self.dialled: list[str] = []

    async def connect_tcp(self, host: str, port: int, *rest: object) -> httpcore.AsyncNetworkStream:
        self.dialled.append(host)
        raise httpcore.ConnectError("nobody")


async def test_every_address_is_tried_in_order() -> None:
    """The literal ones, never the name."""
    dialled = _Recorder()
    book = Book({"pub.example": [["2606:4700::1111", "8.8.8.8", "8.8.8.8"]]})
    with pytest.raises(httpcore.ConnectError):
        await Network(Gatekeeper(Allowed(), resolve=book), dialled).connect_tcp("pub.example", 443)
    assert dialled.dialled == ["2606:4700::1111", "8.8.8.8"]


async def test_the_machines_own_names() -> None:
    """The real resolver: localhost is found, and refused for where it leads; opened by name it is reached."""
    async with outside(saying(response(204))) as there:
        with pytest.raises(AddressRefused):
            await Egress(SystemClock()).fetch("GET", "http://localhost/")
        egress = Egress(SystemClock(), Allowed.parse(["localhost"]))
        assert (await egress.fetch("GET", there.url(host="localhost"))).status == 204
        await egress.aclose()
