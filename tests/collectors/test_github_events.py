"""What GitHub pushes: refused unless it is signed and of a repository of the source; else the very same records."""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Iterable, Iterator
from dataclasses import replace
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from collectors.github_config import GitHubConfig
from collectors.github_events import GitHubReceiver
from egress.client import Egress
from model.newest import kept, like_its_pull
from model.pushed import Push, PushRefused
from model.record import Commit, Deployment, FirstMerge, Record, Repository, Review
from tests.collectors.test_github import DAY, egress, read
from tests.support.github import TOKEN, StandIn, github
from tests.support.github_pushes import Delivery, deliveries
from tests.support.talk import NOW

__all__ = ["egress"]
SECRET = "whsec_of-the-stand-in-for-tests"
_DONE = {"repository": {"full_name": "acme/api"}}


@pytest.fixture
def there() -> Iterator[StandIn]:
    """A repository in which all that is read has happened, some of it by bots."""
    with github() as there:
        api = there.repo("acme/api")
        reviews = (("jun", NOW - 4.5 * DAY), ("mina", NOW - 4.4 * DAY), ("renovate[bot]", NOW - 4.6 * DAY))
        api.pull(NOW - 5 * DAY, merged=NOW - 4 * DAY, reviews=reviews, labels=("bug",))
        api.pull(NOW - 3 * DAY, author="jun", updated=NOW - DAY)
        api.pull(NOW - 2 * DAY, author="renovate[bot]")
        api.issue(NOW - 6 * DAY, closed=NOW - DAY, comments=(("jun", NOW - 5.9 * DAY), ("mina", NOW - 5 * DAY)))
        api.issue(NOW - 2 * DAY)
        api.commit(NOW - 4 * DAY)
        api.deploy(NOW - 3 * DAY, "FAILURE")
        api.deploy(NOW - 2 * DAY, committed=NOW - 3 * DAY)
        api.run(NOW - 2 * DAY, "failure")
        api.run(NOW - DAY)
        for thing in (*api.pulls, *api.issues):  # as GraphQL writes bots: without the mark
            thing["author"]["login"] = thing["author"]["login"].removesuffix("[bot]")
            for review in thing.get("reviews", ()):
                review["author"]["login"] = review["author"]["login"].removesuffix("[bot]")
        yield there


def receiver(there: StandIn | None = None, **more: Any) -> GitHubReceiver:
    given = {"repositories": "acme/api, acme/web", "token": TOKEN, **more}
    return GitHubReceiver(GitHubConfig.model_validate(given | ({"api_url": there.url} if there else {})))


def left(records: Iterable[Record], read: bool = False) -> dict[tuple[str, str], Record]:
    """Return what the records leave, as the store keeps them."""
    found: dict[tuple[str, str], Record] = {}
    for record in records:
        at = (record.kind, record.key)
        found[at] = kept(found[at], record, read=read) if at in found else record
    for at, record in found.items():
        if isinstance(record.body, Review):
            found[at] = like_its_pull(record, found["pull_request", record.key.rpartition("/")[0]])
    return found


def _comparable(record: Record) -> Record:
    match record.body:
        case Commit() as body:  # its lines and its parents are not pushed
            return replace(record, body=replace(body, lines=None, parents=1))
        case Deployment() as body:
            return replace(record, body=replace(body, committed_at=None))
        case _:
            return record


async def test_pushed_in_any_order_are_the_records_that_reading_brings(there: StandIn, egress: Egress) -> None:
    """Key by key and field by field; pushed after reading they change nothing, and reading completes them."""
    pages = await read(there, egress, repositories="acme/api")
    found = [r for page in pages for r in page.records if not isinstance(r.body, Repository | FirstMerge)]
    whole = left(found, read=True)
    made = [(one.event, one.body) for one in deliveries(there, "acme/api")]
    named = receiver(there)
    for seed in range(20):
        Random(seed).shuffle(made)
        pushed = left(record for event, body in made for record in named.brought(event, body).records)
        assert {at: _comparable(one) for at, one in pushed.items()} == {
            at: _comparable(one) for at, one in whole.items()
        }, seed
    before = [*whole.values(), *pushed.values()]
    assert left(before) == whole
    assert left([*pushed.values()]) != whole  # a commit lacks its lines
    assert {at: kept(pushed[at], one, read=True) for at, one in whole.items()} == whole


async def test_after_a_push_less_is_read(there: StandIn, egress: Egress) -> None:
    """What was pushed is only looked at; what was not, or is another by now, is read, and nothing is missed."""
    cursor = (await read(there, egress, repositories="acme/api"))[-1].cursor
    api, named = there.repos["acme/api"], receiver(there)
    api.pull(NOW - timedelta(hours=2), author="sora")
    api.issue(NOW - timedelta(hours=2))
    pushes = [named.brought(one.event, one.body) for one in deliveries(there, "acme/api")]
    cursor = named.noted(cursor, [note for one in pushes for note in one.notes])
    there.queries.clear()
    first = await read(there, egress, cursor, repositories="acme/api")
    assert _asked(there) == (1, 0, 0)
    assert not {r.kind for page in first for r in page.records} & {"pull_request", "issue", "review"}
    for thing in (api.pull(NOW - timedelta(hours=1)), api.pulls[0]):  # a new one, and an old one that moved
        thing["updatedAt"] = "2026-11-20T08:30:00Z"
    there.queries.clear()
    second = await read(there, egress, first[-1].cursor, repositories="acme/api")
    assert _asked(there) == (3, 1, 0)  # the third is whose merge the old one is
    assert {r.key for page in second for r in page.records if r.kind == "pull_request"} >= {
        f"acme/api#{api.pulls[-1]['number']}", "acme/api#1",
    }  # fmt: skip
    there.queries.clear()
    await read(there, egress, second[-1].cursor, repositories="acme/api")
    assert _asked(there) == (1, 0, 0)


def _asked(there: StandIn) -> tuple[int, int, int]:
    """Return how many questions there were, and how many of them read reviews or comments."""
    nested = [sum(part in query for query in there.queries) for part in ("reviews(", "comments(")]
    return len(there.queries), nested[0], nested[1]


def test_an_older_commit_that_is_pushed_later_is_read(there: StandIn) -> None:
    """A branch that was rebased elsewhere: all from its first commit on is read once more."""
    named = receiver(there)
    since, done = NOW - 20 * DAY, NOW - DAY
    marks = {"acme/api": {"commits": {"done": done.isoformat()}}}
    cursor = json.dumps({"since": since.isoformat(), "marks": marks})
    (push,) = [one for one in deliveries(there, "acme/api") if one.event == "push"]
    noted = json.loads(named.noted(cursor, named.brought("push", push.body).notes))
    assert noted["marks"]["acme/api"]["commits"]["back"] == "2026-11-16T09:00:00Z"
    assert json.loads(named.joined(cursor, json.dumps(noted)))["marks"]["acme/api"]["commits"]["back"]


def _push(body: bytes = json.dumps(_DONE).encode(), **headers: str) -> Push:
    made = Delivery("pull_request", {}, "0" * 36).headers(SECRET)
    made["x-hub-signature-256"] = "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
    return Push({**made, **{name.replace("_", "-"): value for name, value in headers.items()}}, body)


@pytest.mark.parametrize(
    ("push", "why"),
    [
        (_push(x_hub_signature_256="", x_hub_signature="sha1=" + "0" * 40), "unsigned"),
        (_push(x_hub_signature_256=""), "unsigned"),
        (_push(x_hub_signature_256="sha256=\u00e9"), "unsigned"),
        (_push(x_hub_signature_256="sha256=" + "0" * 64), "unsigned"),
        (_push(x_hub_signature_256=_push().headers["x-hub-signature-256"].upper()), "unsigned"),
        (Push(_push().headers, json.dumps(_DONE, indent=1).encode()), "unsigned"),  # the same JSON, other bytes
        (_push(b'{"repository": {"full_name": "acme/other"}}'), "foreign"),
        (_push(b'{"repository": {"full_name": "evil/api"}}'), "foreign"),
        (_push(b"{}"), "foreign"),
        (_push(content_type="application/x-www-form-urlencoded"), "unreadable"),
        (_push(b"payload=%7B%7D"), "unreadable"),
        (_push(b"[" * 100_000), "unreadable"),
        (_push(b"\xff\xfe"), "unreadable"),
        (_push(x_github_delivery=""), "unreadable"),
        (_push(x_github_delivery="../../x y"), "unreadable"),
        (_push(x_github_event=""), "unreadable"),
    ],
)
def test_what_is_refused(push: Push, why: str) -> None:
    """A SHA-1 alone, other bytes, a form, another's repository: refused, each by its kind."""
    with pytest.raises(PushRefused) as refused:
        receiver().arrived(push, SECRET, NOW)
    assert refused.value.why == why


def test_what_is_taken_and_what_is_not_wanted() -> None:
    """A name in any case of letters; an organization's by its settings; other events have nothing for us."""
    assert receiver().arrived(_push(), SECRET, NOW).wanted
    assert not receiver().arrived(_push(x_github_event="star"), SECRET, NOW).wanted
    assert not receiver().arrived(_push(b'{"zen": "x"}', x_github_event="ping"), SECRET, NOW).wanted
    assert not receiver(read="issues").arrived(_push(), SECRET, NOW).wanted
    shouted = _push(b'{"repository": {"full_name": "ACME/API"}}')
    assert receiver().arrived(shouted, SECRET, NOW).wanted
    org: dict[str, Any] = {"repositories": "", "org": "acme", "exclude": "secret-*"}
    assert receiver(**org).arrived(shouted, SECRET, NOW).wanted
    for name in ("acme/secret-1", "acme2/api", "acme"):
        with pytest.raises(PushRefused):
            receiver(**org).arrived(_push(json.dumps({"repository": {"full_name": name}}).encode()), SECRET, NOW)
    with pytest.raises(PushRefused):
        receiver().arrived(_push(), "", NOW)
