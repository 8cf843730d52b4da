"""Newcomers: of pull requests that were merged, whether they are the first of their authors' in their repositories.

What GitHub says beside each (`authorAssociation`) does not tell: it is how somebody stands now, and who had something
merged is a contributor from then on. So its search is asked how many of the author's were merged up to that instant. It
sees nothing of what was merged a moment ago, and nothing of what the token may not search, without saying so: a number
in which the pull request itself is not counted is no answer.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from collectors.github_answer import CLOSED, Answer, Repo
from collectors.github_api import GitHub, TooMuch
from collectors.github_cursor import Cursor
from collectors.github_nodes import Pull, SeenNode
from collectors.github_query import TOGETHER, Search, Want, searches_query
from model.errors import SourceError
from model.record import FirstMerge, Record

_LOGIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")  # what can stand in a search
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,38}/[A-Za-z0-9._-]{1,100}")
_SEEN_BY_THEN = timedelta(days=2)  # what the search has not found until then it does not find


@dataclass(slots=True)
class Told:
    """What was found out about the pull requests of one answer."""

    records: list[Record] = field(default_factory=list)
    again: dict[str, datetime] = field(default_factory=dict)  # from when on a repository is to be looked at once more
    closed: set[str] = field(default_factory=set)  # repositories in which the token may not search
    unknown: int = 0  # pull requests


@dataclass(frozen=True, slots=True)
class _Ask:
    """The pull requests of one person that were merged at one instant, the earliest of his in an answer."""

    repository: str  # as it was asked for
    search: Search
    pulls: Sequence[Pull | SeenNode]


class Newcomers:
    """Who is new in what one reading brings."""

    def __init__(self, github: GitHub, cursor: Cursor, now: datetime) -> None:
        self._github, self._cursor, self._now = github, cursor, now
        self._asked: set[tuple[str, int]] = set()  # in this reading
        self._known: set[tuple[str, int]] = set()  # of these, those that were answered
        self._again: dict[str, datetime] = {}  # from when on a repository is to be looked at once more
        self._away = False  # the search does not answer: it is not asked again and again

    async def told(self, answer: Answer, aliases: Mapping[str, Sequence[Want]]) -> Told:
        """Return who is new in an answer, after asking for what is not known."""
        told, asks = Told(), list[_Ask]()
        for alias, wants in aliases.items():
            repo = answer.repo(alias)
            for want in wants:
                asks += self._asks(repo, want, told) if repo is not None else ()
        for start in range(0, len(asks), TOGETHER):
            await self._ask(asks[start : start + TOGETHER], told)
        return told

    def settle(self, want: Want, looked: Mapping[str, datetime], told: Told, *, finished: bool) -> None:
        """Note in the cursor what is known of the pull requests of an answer; once all are read, when to look again."""
        name = want.repository
        here = {n: at for n, at in looked.items() if (name, int(n)) in self._known or self._cursor.is_told(want, n)}
        again = min(filter(None, (told.again.get(name), self._again.pop(name, None))), default=None)
        self._cursor.tell(want, here, again if finished else None)
        if again is not None and not finished:
            self._again[name] = again

    def _asks(self, repo: Repo, want: Want, told: Told) -> Iterator[_Ask]:
        """Yield what to ask of a repository, each person once; tell what needs no asking."""
        for author, pulls in self._merged(repo, want).items():
            at = min(pull.merged for pull in pulls if pull.merged is not None)
            earliest = [pull for pull in pulls if author and pull.merged == at]
            later = [pull for pull in pulls if pull not in earliest]  # or of an account that is no more: nobody's first
            told.records += self._records(want.repository, repo.name, later, first=False)
            if earliest and _NAME.fullmatch(repo.name) and _LOGIN.fullmatch(author):
                yield _Ask(want.repository, Search(repo.name, author, at), earliest)
            else:
                told.unknown += len(earliest)

    def _merged(self, repo: Repo, want: Want) -> Mapping[str, list[Pull | SeenNode]]:
        """Return what people had merged and nobody has asked for yet, by author; "" is an account that is no more."""
        found: dict[str, list[Pull | SeenNode]] = {}
        for pull in _pulls(repo, want):
            author, at = pull.author, (want.repository, pull.number)
            if pull.merged is None or pull.updated < want.since or (author is not None and author.bot):
                continue
            if at not in self._asked and not self._cursor.is_told(want, str(pull.number)):
                self._asked.add(at)
                found.setdefault(author.login if author else "", []).append(pull)
        return found

    async def _ask(self, asks: Sequence[_Ask], told: Told) -> None:
        answer = Answer()
        if not self._away:
            try:
                answer = await self._github.ask(searches_query([ask.search for ask in asks]), large=len(asks) > 1)
            except TooMuch:
                await self._ask(asks[: len(asks) // 2], told)
                await self._ask(asks[len(asks) // 2 :], told)
                return
            except SourceError:  # it is no reason not to have the rest
                self._away = True
        for n, ask in enumerate(asks):
            self._take(ask, answer.count(f"s{n}"), answer.failed(f"s{n}"), told)

    def _take(self, ask: _Ask, count: int | None, failed: Mapping[str, str], told: Told) -> None:
        if count is not None and count >= len(ask.pulls):
            first = count == len(ask.pulls)
            told.records += self._records(ask.repository, ask.search.repository, ask.pulls, first=first)
        elif any(kind in CLOSED for kind in failed.values()):
            told.closed.add(ask.repository)
        else:
            told.unknown += len(ask.pulls)
            if self._now - ask.search.until < _SEEN_BY_THEN:
                since = min(pull.updated for pull in ask.pulls)
                told.again[ask.repository] = min(since, told.again.get(ask.repository, since))

    def _records(self, name: str, full: str, pulls: Iterable[Pull | SeenNode], *, first: bool) -> Iterator[Record]:
        for pull in pulls:
            self._known.add((name, pull.number))
            at = pull.merged or pull.updated
            yield Record(f"{full}#{pull.number}", at, at, f"#{pull.number}", None, FirstMerge(full, first))


def _pulls(repo: Repo, want: Want) -> Iterable[Pull | SeenNode]:
    if want.part == "pulls":
        return repo.pulls.here if repo.pulls else ()
    return repo.seen_pulls.here if want.part == "seen_pulls" and repo.seen_pulls else ()
