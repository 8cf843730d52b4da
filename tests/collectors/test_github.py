"""The GitHub collector against a stand-in: all that is there, once; what is new, cheaply; what fails, by name."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator, Iterator
from contextlib import aclosing
from datetime import timedelta
from typing import Any

import pytest
import pytest_asyncio

from collectors import collector
from egress.client import Allowed, Egress
from model.errors import SourceChanged, SourceRefused, SourceUnavailable
from model.ids import WorkspaceId
from model.record import Commit, Deployment, Issue, Page, PullRequest, Record, Repository
from model.source import Reach
from model.window import Window
from tests.support.github import TOKEN, Fault, StandIn, broken, cut, github, saying
from tests.support.talk import NOW, FixedClock

WINDOW = Window(NOW - timedelta(days=7), NOW, "UTC")
DAY = timedelta(days=1)


class _Quick(FixedClock):
    """Waits are noted, not waited for."""

    def __init__(self) -> None:
        super().__init__(NOW)
        self.waits: list[float] = []

    async def sleep(self, seconds: float) -> None:
        self.waits.append(seconds)


@pytest.fixture
def there() -> Iterator[StandIn]:
    """Return a stand-in with two repositories and two weeks of work."""
    with github() as there:
        api = there.repo("acme/api", stars=42)
        reviews = (("jun", NOW - 4.5 * DAY), ("mina", NOW - 4.4 * DAY))
        api.pull(NOW - 5 * DAY, merged=NOW - 4 * DAY, reviews=reviews, labels=("bug",))
        api.pull(NOW - 3 * DAY, author="jun")
        api.pull(NOW - 2 * DAY, author="renovate[bot]")
        api.pull(NOW - 200 * DAY, author="sora")
        api.issue(NOW - 6 * DAY, closed=NOW - DAY, comments=(("jun", NOW - 5.9 * DAY), ("mina", NOW - 5 * DAY)))
        api.issue(NOW - 300 * DAY)
        api.commit(NOW - 4 * DAY)
        api.commit(NOW - 4 * DAY, author="jun", parents=2)
        api.deploy(NOW - 3 * DAY, "FAILURE")
        api.deploy(NOW - 2 * DAY, committed=NOW - 3 * DAY)
        api.run(NOW - 2 * DAY, "failure")
        there.repo("acme/web").pull(NOW - DAY)
        yield there


@pytest_asyncio.fixture
async def egress() -> AsyncIterator[Egress]:
    made = Egress(_Quick(), Allowed.parse(["127.0.0.1"]))
    yield made
    await made.aclose()


def reach(egress: Egress, clock: FixedClock | None = None) -> Reach:
    return Reach((), egress, clock=clock or _Quick()).within(WorkspaceId("w"))


def config(there: StandIn, **more: Any) -> dict[str, Any]:
    return {"repositories": "acme/api, acme/web", "token": TOKEN, "api_url": there.url, **more}


async def read(there: StandIn, egress: Egress, cursor: str | None = None, **more: Any) -> list[Page]:
    made = collector("github", config(there, **more), reach(egress))
    async with aclosing(made.collect(WINDOW, cursor)) as pages:
        return [page async for page in pages]


def records(pages: list[Page]) -> dict[tuple[str, str], Record]:
    return {(record.kind, record.key): record for page in pages for record in page.records}


async def test_all_that_is_there(there: StandIn, egress: Egress) -> None:
    """Both repositories in one question, and who is new in another; bodies hold what figures need, and nothing else."""
    pages = await read(there, egress)
    found = records(pages)
    assert Counter(kind for kind, _ in found) == {
        "pull_request": 5, "review": 2, "issue": 2, "commit": 2, "deployment": 2, "workflow_run": 1, "repository": 2,
        "first_merge": 1,
    }  # fmt: skip
    assert len(there.queries) == 2
    first = found["pull_request", "acme/api#1"]
    assert (first.at, first.ended) == (NOW - 5 * DAY, NOW - 4 * DAY)
    assert first.url == f"{there.url}/acme/api/pull/1"
    assert first.body == PullRequest(
        "mina", False, "acme/api", ("bug",), False, NOW - 4 * DAY, NOW - 4 * DAY, NOW - 4.5 * DAY
    )
    bot = found["pull_request", "acme/api#3"].body
    assert isinstance(bot, PullRequest)
    assert bot.bot
    issue = found["issue", "acme/api#5"].body
    assert isinstance(issue, Issue)
    assert issue.responded_at == NOW - 5 * DAY  # the first comment is the author's own
    deployed = found["deployment", "1001"].body
    assert isinstance(deployed, Deployment)
    assert (deployed.state, deployed.committed_at) == ("success", NOW - 3 * DAY)
    commit = next(r.body for (kind, _), r in found.items() if kind == "commit" and r.title == "Change 0")
    assert isinstance(commit, Commit)
    assert (commit.author, commit.changes, commit.lines) == ("mina", None, (5, 2))
    repository = found["repository", "acme/api"].body
    assert isinstance(repository, Repository)
    assert (repository.stars, repository.main, repository.shallow) == (42, "main", True)
    assert set(repository.holds) == {
        "pull_request", "review", "issue", "commit", "release", "deployment", "workflow_run", "backlog", "newcomer",
    }  # fmt: skip
    assert pages[-1].parts == (2, 2)
    assert pages[-1].problem is None


async def test_what_is_new_is_all_that_is_read_again(there: StandIn, egress: Egress) -> None:
    """One small question, and REST answers that nothing has changed; a merge brings older commits along."""
    cursor = (await read(there, egress))[-1].cursor
    there.asked.clear()
    again = await read(there, egress, cursor)
    assert Counter(asked.partition(" ")[0] for asked in there.asked) == {"POST": 1, "GET": 2}
    assert Counter(kind for kind, _ in records(again)) == {  # the newest of each part, and what may not be settled yet
        "pull_request": 2, "issue": 1, "commit": 2, "deployment": 2, "repository": 2,
    }  # fmt: skip
    api = there.repos["acme/api"]
    api.commit(NOW - 6 * DAY, author="sora")  # on a branch until now
    api.commit(NOW - 0.1 * DAY, parents=2)
    api.pull(NOW - 0.2 * DAY, author="sora")
    fresh = records(await read(there, egress, again[-1].cursor))
    assert {r.title for r in fresh.values() if r.kind == "commit"} >= {"Change 2", "Change 3"}
    assert ("pull_request", "acme/api#7") in fresh


async def test_an_earlier_window_reads_more_of_the_past(there: StandIn, egress: Egress) -> None:
    there.repos["acme/web"].commit(NOW - 40 * DAY)
    pages = await read(there, egress)
    assert not [r for r in records(pages).values() if r.kind == "commit" and r.at < NOW - 20 * DAY]
    made = collector("github", config(there), reach(egress))
    earlier = Window(NOW - 42 * DAY, NOW - 35 * DAY, "UTC")
    async with aclosing(made.collect(earlier, pages[-1].cursor)) as more:
        found = records([page async for page in more])
    assert [r for r in found.values() if r.kind == "commit" and r.at == NOW - 40 * DAY]


async def test_many_pages_and_a_reading_that_is_broken_off(there: StandIn, egress: Egress) -> None:
    """Each page goes with its cursor: the next reading goes on there and misses nothing."""
    web = there.repos["acme/web"]
    for n in range(230):
        web.pull(NOW - 3 * DAY + timedelta(minutes=n))
    made = collector("github", config(there, repositories="acme/web", backlog=False), reach(egress))
    first: list[Page] = []
    async with aclosing(made.collect(WINDOW, None)) as pages:
        async for page in pages:
            first.append(page)
            if len(first) == 2:
                break
    kept = len(records(first))
    assert 25 <= kept < 231
    rest = await read(there, egress, first[-1].cursor, repositories="acme/web", backlog=False)
    keys = {key for (kind, key) in {**records(first), **records(rest)} if kind == "pull_request"}
    assert len(keys) == 231


async def test_faults_are_tried_again(there: StandIn, egress: Egress) -> None:
    """5xx, a body that breaks off, and being asked to wait: the truth all the same, after waiting as long as asked."""
    spent = broken(403, X_RateLimit_Remaining="0", Retry_After="1")
    there.faults += [broken(500), cut, broken(429, Retry_After="2"), spent]
    clock = _Quick()
    made = collector("github", config(there), reach(egress, clock))
    async with aclosing(made.collect(WINDOW, None)) as pages:
        found = records([page async for page in pages])
    assert Counter(kind for kind, _ in found)["pull_request"] == 5
    assert {2.0, 1.0} <= set(clock.waits)


async def test_too_large_a_question_is_asked_in_parts(there: StandIn, egress: Egress) -> None:
    there.faults += [broken(502), broken(502)]
    assert Counter(kind for kind, _ in records(await read(there, egress)))["pull_request"] == 5
    assert len(there.queries) > 1


@pytest.mark.parametrize(
    ("fault", "error", "words"),
    [
        (saying(b"<html>"), SourceChanged, "form"),
        (saying(b'{"data":{"r0":{"nameWithOwner":7}}}'), SourceChanged, "nameWithOwner"),
        (broken(401), SourceRefused, "token"),
        (broken(403), SourceRefused, "refuses"),
        (broken(404), SourceRefused, "404"),
        (broken(429, Retry_After="3000"), SourceUnavailable, "limit"),
        (broken(302, Location="http://169.254.169.254/"), SourceRefused, "302"),
        (saying(b'{"data":null,"errors":[{"type":"RATE_LIMITED","message":"x"}]}'), SourceUnavailable, "limit"),
        (saying(b" " * (40 << 20), zipped=True), SourceChanged, "larger"),
    ],
)  # fmt: skip
async def test_what_fails_is_named(
    there: StandIn, egress: Egress, fault: Fault, error: type[Exception], words: str
) -> None:
    there.faults += [fault] * 40
    with pytest.raises(error, match=words) as raised:
        await read(there, egress, read="issues", backlog=False)
    assert TOKEN not in str(raised.value)


async def test_a_repository_that_is_not_there_is_told(there: StandIn, egress: Egress) -> None:
    """The others are read; the source says that it is not whole."""
    pages = await read(there, egress, repositories="acme/api, acme/gone")
    assert pages[-1].parts == (1, 2)
    assert pages[-1].problem is not None
    assert "acme/gone" in pages[-1].problem.plain()


async def test_what_the_token_may_not_read_is_told(there: StandIn, egress: Egress) -> None:
    """By its right when it is checked; when it is read, that kind is not among those that are held."""
    there.closed |= {"deployments", "runs"}
    said = [m.plain() for m in await collector("github", config(there), reach(egress)).check()]
    assert said[0] == "The token lacks these rights: Actions: read, Deployments: read."
    repository = records(await read(there, egress))["repository", "acme/api"].body
    assert isinstance(repository, Repository)
    assert not {"deployment", "workflow_run"} & set(repository.holds)
    there.closed.clear()
    assert not await collector("github", config(there), reach(egress)).check()
    wrong = await collector("github", config(there, token="ghp_wrong"), reach(egress)).check()
    assert "does not accept" in wrong[0].plain()


async def test_the_repositories_of_an_organization(there: StandIn, egress: Egress) -> None:
    """By topic, by name, without archived ones; one that goes takes its records along."""
    there.repo("acme/old", archived=True)
    there.repo("acme/api-docs", topics=("backend",))
    wanted = {"repositories": "", "org": "acme", "include": "api*", "exclude": "*-docs"}
    pages = await read(there, egress, **wanted)
    assert [key for kind, key in records(pages) if kind == "repository"] == ["acme/api"]
    by_topic = await read(there, egress, pages[-1].cursor, repositories="", org="acme", topic="Backend")
    assert by_topic[0].restart
    assert [key for kind, key in records(by_topic) if kind == "repository"] == ["acme/api-docs"]
    with pytest.raises(SourceRefused, match="no organization"):
        await read(there, egress, repositories="", org="nobody")
    with pytest.raises(SourceRefused, match="fits"):
        await read(there, egress, repositories="", org="acme", include="zzz")


async def test_an_app_asks_with_its_installation(there: StandIn, egress: Egress) -> None:
    """Its own token opens nothing but the installation's, which is made once for all requests."""
    from cryptography.hazmat.primitives.asymmetric import rsa
    from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat

    key = rsa.generate_private_key(65537, 2048).private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    app = {"token": None, "app": "7", "installation": "8", "private_key": key.decode()}
    assert len(records(await read(there, egress, **app))) == 17
    assert sum(asked.endswith("/app/installations/8/access_tokens") for asked in there.asked) == 1
    with pytest.raises(SourceRefused, match="private key"):
        await read(there, egress, **(app | {"private_key": "none"}))


async def test_only_what_is_wanted_is_asked_for(there: StandIn, egress: Egress) -> None:
    pages = await read(there, egress, read="issues", backlog=False)
    assert Counter(kind for kind, _ in records(pages)) == {"issue": 1, "repository": 2}
    assert "pullRequests" not in there.queries[0]
    repository = records(pages)["repository", "acme/api"].body
    assert isinstance(repository, Repository)
    assert repository.holds == ("issue",)


async def test_an_endless_list_ends(there: StandIn, egress: Egress) -> None:
    """T19: a page that leads to itself is the last one."""
    page = b'"issues":{"nodes":[],"pageInfo":{"hasNextPage":true,"endCursor":"x"}}'
    body = b'{"data":{"r0":{"nameWithOwner":"acme/api",' + page + b"}}}"
    there.faults += [saying(body)] * 50
    pages = await read(there, egress, repositories="acme/api", read="issues", backlog=False)
    assert len(there.asked) == 2
    assert pages[-1].parts == (1, 1)
