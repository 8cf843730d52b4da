"""Reading GitHub: wants become questions, several at once; answers become records and further wants."""

from __future__ import annotations

import asyncio
from collections import Counter, deque
from collections.abc import AsyncGenerator, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace

from collectors.github_answer import CLOSED, Answer, Repo
from collectors.github_api import GitHub, TooMuch
from collectors.github_cursor import Cursor
from collectors.github_newcomers import Newcomers, Told
from collectors.github_nodes import CommitNode
from collectors.github_parts import NEWCOMERS, Thing, connection_of, cut_of, instants_of, key_of, looked_at, records_of
from collectors.github_query import TOGETHER, Want, query_of
from model.errors import SourceUnavailable
from model.record import Record

AT_ONCE = 6  # questions
_TRIES = 4  # of a part that GitHub left out of its answer for no lasting reason
_SMALLEST = 5  # things in one answer
_MOST_ANSWERS = 300  # to one part in one reading; the next one goes on from there


@dataclass(frozen=True, slots=True)
class Summary:
    """What a repository is."""

    name: str
    main: str | None
    stars: int | None


@dataclass(slots=True)
class Seen:
    """What reading has shown of the repositories."""

    repos: dict[str, Summary] = field(default_factory=dict)  # by the name that was asked for
    missing: set[str] = field(default_factory=set)  # not there, or not for this token
    closed: set[tuple[str, str]] = field(default_factory=set)  # (repository, part) that the token may not read
    unfinished: set[str] = field(default_factory=set)  # repositories of which there is more than one reading takes
    cut: int = 0  # things with more reviews or comments than are looked at
    untold: int = 0  # merged pull requests of which it is not known whether they are newcomers'


_Batch = tuple[Want, ...]


@dataclass(frozen=True, slots=True)
class _Reply:
    """What came of a question, by the alias of each repository; no answer where it asked for too much at once."""

    batch: _Batch
    aliases: Mapping[str, Sequence[Want]]
    answer: Answer | None = None
    told: Told = field(default_factory=Told)


class Reading:
    """One reading of all that is wanted; `seen` is whole when it has ended."""

    def __init__(self, github: GitHub, cursor: Cursor, web: str, newcomers: Newcomers | None = None) -> None:
        self._github, self._cursor, self._web, self._newcomers = github, cursor, web, newcomers
        self._todo: deque[_Batch] = deque()
        self._tries: Counter[tuple[str, str]] = Counter()
        self._answers: Counter[tuple[str, str]] = Counter()
        self.seen = Seen()

    async def pages(self, wants: Iterable[Sequence[Want]]) -> AsyncGenerator[list[Record], None]:
        """Yield the records of each answer; the cursor then says that they are read. Raises SourceError."""
        self._todo.extend(_together(want for one in wants for want in one))
        asking: set[asyncio.Task[_Reply]] = set()
        try:
            while self._todo or asking:
                while self._todo and len(asking) < AT_ONCE:
                    asking.add(asyncio.create_task(self._ask(self._todo.popleft())))
                done, asking = await asyncio.wait(asking, return_when=asyncio.FIRST_COMPLETED)
                while done:
                    reply = done.pop().result()
                    if reply.answer is None:
                        self._todo.extend(_smaller(reply.batch))
                    else:
                        yield list(self._records(reply, reply.answer))
        finally:
            for task in asking:
                task.cancel()
            await asyncio.gather(*asking, return_exceptions=True)

    async def _ask(self, batch: _Batch) -> _Reply:
        query, aliases = query_of(batch)
        large = len(batch) > 1 or batch[0].first > _SMALLEST
        try:
            answer = await self._github.ask(query, large=large)
        except TooMuch:
            if not large:
                raise
            return _Reply(batch, aliases)
        if answer.data is None and large:
            return _Reply(batch, aliases)
        told = await self._newcomers.told(answer, aliases) if self._newcomers else Told()
        return _Reply(batch, aliases, answer, told)

    def _records(self, reply: _Reply, answer: Answer) -> Iterator[Record]:
        """Yield the records of an answer, and note what is still to be asked."""
        further: list[Want] = []
        self.seen.untold += reply.told.unknown
        self.seen.closed |= {(name, NEWCOMERS) for name in reply.told.closed}
        yield from reply.told.records
        for alias, wants in reply.aliases.items():
            repo, failed = answer.repo(alias), answer.failed(alias)
            if repo is None and failed.get("") in ("NOT_FOUND", *CLOSED):
                self.seen.missing.add(wants[0].repository)
                continue
            for want in wants:
                if repo is not None and failed.get(key_of(want.part)) in CLOSED:
                    self.seen.closed.add((want.repository, want.part.removeprefix("seen_")))
                elif repo is None or key_of(want.part) in failed:
                    further.append(self._once_more(want))
                else:
                    yield from self._taken(repo, want, reply.told, further)
        self._todo.extend(_together(further))

    def _once_more(self, want: Want) -> Want:
        self._tries[want.repository, want.part] += 1
        if self._tries[want.repository, want.part] >= _TRIES:
            raise SourceUnavailable("GitHub does not answer for {name}.", name=want.repository)
        return want

    def _taken(self, repo: Repo, want: Want, told: Told, further: list[Want]) -> Iterator[Record]:
        """Yield what an answer brings of one part, and note what follows it."""
        if want.repository not in self.seen.repos:  # not the answer itself, which is large
            main = repo.branch.name if repo.branch else None
            self.seen.repos[want.repository] = Summary(repo.name, main, repo.stars)
        found = connection_of(repo, want.part)
        things: Sequence[Thing] = found.here if found else ()
        if want.part.startswith("seen_"):
            changed = self._cursor.known(want, looked_at(things), more=bool(found and found.cut))
            further += [changed] if changed else []
            self._settle(want, things, told, finished=changed is None)
            return
        if self._cursor.hooked:
            self._cursor.met(want, looked_at(things))
        whole = want.part.startswith("open_")  # whatever its age
        instants = instants_of(want.part, things)
        older = not whole and min(instants, default=want.since) < want.since
        wanted = [t for t, at in zip(things, instants, strict=True) if at >= want.since] if older else things
        self.seen.cut += cut_of(wanted)
        yield from records_of(repo, wanted, self._web)
        end = found.page.end if found and found.page and found.page.more else None
        if end == want.after or older:
            end = None  # it leads nowhere, or to what is older than what is wanted
        following = self._cursor.read(want, max(instants, default=None), end)
        if following is not None:
            self._follow(replace(following, most=want.most), further)
        self._settle(want, things, told, finished=following is None)
        if want.again and any(_is_merge(thing, want) for thing in things):  # it may bring commits that are older
            further.append(Want(want.repository, want.part, self._cursor.since))

    def _settle(self, want: Want, things: Iterable[Thing], told: Told, *, finished: bool) -> None:
        if self._newcomers and want.part in ("pulls", "seen_pulls"):
            self._newcomers.settle(want, looked_at(things), told, finished=finished)

    def _follow(self, want: Want, further: list[Want]) -> None:
        self._answers[want.repository, want.part] += 1
        if self._answers[want.repository, want.part] >= _MOST_ANSWERS:
            self.seen.unfinished.add(want.repository)
        else:
            further.append(want)


def _is_merge(thing: Thing, want: Want) -> bool:
    return isinstance(thing, CommitNode) and thing.is_merge and thing.committed > want.since


def _together(wants: Iterable[Want]) -> Iterator[_Batch]:
    """Yield wants in batches of whole repositories."""
    by_name: dict[str, list[Want]] = {}
    for want in wants:
        by_name.setdefault(want.repository, []).append(want)
    found = list(by_name.values())
    for start in range(0, len(found), TOGETHER):
        yield tuple(want for one in found[start : start + TOGETHER] for want in one)


def _smaller(batch: _Batch) -> Sequence[_Batch]:
    """Return a batch in two halves: of its repositories, else of its parts, else half as many things of its part."""
    names = list(dict.fromkeys(want.repository for want in batch))
    if len(names) > 1:
        first = set(names[: len(names) // 2])
        return tuple(w for w in batch if w.repository in first), tuple(w for w in batch if w.repository not in first)
    if len(batch) > 1:
        return batch[: len(batch) // 2], batch[len(batch) // 2 :]
    return ((replace(batch[0], most=max(_SMALLEST, batch[0].first // 2)),),)
