"""Who is new on GitHub: asked once for each merge, believed where the answer counts the merge itself."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import timedelta
from http.server import BaseHTTPRequestHandler

import pytest

from egress.client import Egress
from model.record import FirstMerge, Page, Repository
from tests.collectors.test_github import DAY, egress, read, records
from tests.support.github import StandIn, broken, github
from tests.support.talk import NOW

__all__ = ["egress"]
_HOUR = timedelta(hours=1)


@pytest.fixture
def there() -> Iterator[StandIn]:
    """A repository with one who is new, one who is not, a bot, and an account that is no more."""
    with github() as there:
        api = there.repo("acme/api")
        api.pull(NOW - 90 * DAY, author="jun", merged=NOW - 80 * DAY)  # long before anything is read
        api.pull(NOW - 5 * DAY, author="mina", merged=NOW - 4 * DAY)
        api.pull(NOW - 3 * DAY, author="mina", merged=NOW - 2 * DAY)
        api.pull(NOW - 3 * DAY, author="jun", merged=NOW - 1 * DAY)
        api.pull(NOW - 3 * DAY, author="renovate[bot]", merged=NOW - 1 * DAY)
        api.pull(NOW - 3 * DAY, author="gone", merged=NOW - 1 * DAY)["author"] = None
        api.pull(NOW - 2 * DAY, author="sora")
        yield there


async def _read(there: StandIn, egress: Egress, cursor: str | None = None, **more: object) -> list[Page]:
    there.searched.clear()
    return await read(there, egress, cursor, repositories="acme/api", **more)


def _firsts(pages: list[Page]) -> dict[str, bool]:
    found = records(pages).values()
    return {r.key.rpartition("#")[2]: r.body.first for r in found if isinstance(r.body, FirstMerge)}


def _holds(pages: list[Page]) -> Sequence[str]:
    body = records(pages)["repository", "acme/api"].body
    assert isinstance(body, Repository)
    return body.holds


async def test_who_is_new(there: StandIn, egress: Egress) -> None:
    """Each person is searched for once, however much of his was merged, and nobody again while nothing is new."""
    pages = await _read(there, egress)
    assert _firsts(pages) == {"2": True, "3": False, "4": False, "6": False}
    assert sorted(there.searched) == ["jun", "mina"]
    assert "newcomer" in _holds(pages)
    assert pages[-1].problem is None
    again = await _read(there, egress, pages[-1].cursor)
    assert not there.searched
    assert not _firsts(again)
    there.repos["acme/api"].pull(NOW - _HOUR, author="sora", merged=NOW - _HOUR)
    assert _firsts(await _read(there, egress, again[-1].cursor)) == {"8": True}
    assert there.searched == ["sora"]
    none = await _read(there, egress, newcomers=False)
    assert (_firsts(none), there.searched) == ({}, [])
    assert "newcomer" not in _holds(none)


async def test_what_the_search_does_not_find_yet_is_asked_again(there: StandIn, egress: Egress) -> None:
    """Never taken for a newcomer's; for two days, and said."""
    api = there.repos["acme/api"]
    api.pull(NOW - _HOUR, author="sora", merged=NOW - _HOUR)
    api.pull(NOW - _HOUR / 2, author="jun")  # something newer than what is to be asked again
    there.unindexed = {2, 8}
    pages = await _read(there, egress)
    assert _firsts(pages) == {"3": False, "4": False, "6": False}
    assert pages[-1].problem is not None
    assert "Of 2 pull requests nobody knows" in pages[-1].problem.plain()
    pages = await _read(there, egress, pages[-1].cursor)
    assert there.searched == ["sora"]
    there.unindexed.clear()
    pages = await _read(there, egress, pages[-1].cursor)
    assert _firsts(pages) == {"8": True}
    assert pages[-1].problem is None
    await _read(there, egress, pages[-1].cursor)
    assert not there.searched


async def test_a_search_that_fails_costs_nothing_else(there: StandIn, egress: Egress) -> None:
    """Where it is refused it is not held; where it is away the pull requests are there all the same."""
    there.closed.add("search")
    pages = await _read(there, egress)
    assert not {"2", "4"} & _firsts(pages).keys()
    assert "newcomer" not in _holds(pages)
    assert pages[-1].problem is not None
    assert "newcomers" in pages[-1].problem.plain()
    there.faults += [_well, *[broken(500)] * 6]
    pages = await _read(there, egress, backlog=False, read="pull_requests")
    assert sum(kind == "pull_request" for kind, _ in records(pages)) == 6
    assert pages[-1].parts == (1, 1)
    assert pages[-1].problem is not None
    assert "Of 2 pull requests" in pages[-1].problem.plain()


async def test_a_name_that_is_no_name_is_not_searched_for(there: StandIn, egress: Egress) -> None:
    """What a server calls people must not change what is asked."""
    api = there.repos["acme/api"]
    for author in ("x is:open", 'x" repo:acme/other', "-x", "", "x" * 65):
        api.pull(NOW - _HOUR, author=author, merged=NOW - _HOUR)
    assert len(_firsts(await _read(there, egress))) == 5  # the last but one is nobody at all
    assert sorted(there.searched) == ["jun", "mina"]


def _well(_: BaseHTTPRequestHandler) -> bool:
    return False
