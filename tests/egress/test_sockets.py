"""A library's own client that is given our connector reaches what may be reached, and nothing else."""

from __future__ import annotations

import aiohttp
import pytest

from egress.client import Allowed, Egress
from egress.sockets import Connector
from model.clock import SystemClock
from model.errors import AddressRefused, EgressError
from tests.support.outside import Book, outside, response, saying

_BOOK = {
    "inside.example": [["10.0.0.1"]],
    "mixed.example": [["8.8.8.8", "127.0.0.1"]],
    "turns.example": [["8.8.8.8"], ["127.0.0.1"]],
    "here.example": [["127.0.0.1"]],
}


async def _asked(url: str, book: Book, *allowed: str) -> int:
    egress = Egress(SystemClock(), Allowed.parse(allowed), resolve=book)
    async with aiohttp.ClientSession(connector=Connector(egress)) as session, session.get(url) as answer:
        return answer.status


@pytest.mark.parametrize(
    "url",
    ["http://10.0.0.1/", "http://127.0.0.1/", "http://[::1]/", "http://169.254.169.254/latest", "http://8.8.8.8:22/",
     "http://inside.example/", "http://mixed.example/", "http://turns.example/", "http://nowhere.example/"],
)  # fmt: skip
async def test_what_lies_inside_is_refused(url: str) -> None:
    """Written out, behind a name, behind one of several, and where the name answers differently the second time."""
    with pytest.raises(EgressError):
        await _asked(url, Book(_BOOK))


async def test_what_is_opened_is_reached_under_its_name() -> None:
    async with outside(saying(response(204))) as there:
        book = Book(_BOOK)
        assert await _asked(there.url(), book, "127.0.0.1") == 204
        assert await _asked(there.url(host="here.example"), book, "here.example") == 204
        assert [one.headers["host"] for one in there.asked][1] == f"here.example:{there.port}"
        with pytest.raises(AddressRefused):
            await _asked(there.url(host="here.example"), book, "other.example")
        assert there.connections == 2
