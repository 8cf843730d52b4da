"""Lanes: what one workspace asks of one host, a few requests at once, and none while the host wants to be left alone.

A host that asked to wait is not asked before (Retry-After). One that failed several times in a row rests for a while;
then one request tries it. Workspaces do not feel each other: what fails for one may well answer another.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from model.clock import Clock
from model.errors import EgressError, NoAnswer, Unreachable
from model.language import Message
from model.outside import Answer, Outside, Request

AT_ONCE = 20  # requests to one host
MOST_FAILURES = 8  # in a row, until a host rests
REST = 30.0  # seconds
_MOST_HOSTS = 2000  # that are remembered
_BUSY = frozenset({429, 503})


@dataclass(slots=True)
class _Host:
    """What is known of one host in one workspace; instants are those of the clock's monotonic time."""

    seats: asyncio.Semaphore = field(default_factory=lambda: asyncio.Semaphore(AT_ONCE))
    failures: int = 0  # in a row
    asked_for: float = 0.0  # it asked not to be asked before
    rests_until: float = 0.0
    tried: bool = False  # whether somebody tries it after its rest

    def asked(self, now: float, answer: Answer) -> None:
        if answer.retry_after is not None and answer.status in (403, *_BUSY):
            self.asked_for = max(self.asked_for, now + answer.retry_after)

    def answered(self, now: float, answer: Answer) -> None:
        if answer.status < 500 or answer.status == 501:
            self.failures, self.rests_until, self.tried = 0, 0.0, False
        else:
            self.failed(now)

    def failed(self, now: float) -> None:
        self.failures, self.tried = self.failures + 1, False
        if self.failures >= MOST_FAILURES:
            self.rests_until = now + REST


class Lanes:
    """The hosts of all workspaces, those forgotten first that were asked longest ago."""

    def __init__(self, outside: Outside, clock: Clock) -> None:
        self._outside, self._clock = outside, clock
        self._hosts: OrderedDict[tuple[str, tuple[str, int]], _Host] = OrderedDict()

    def of(self, owner: str) -> Lane:
        """Return the lane of one workspace."""
        return Lane(owner, self, self._outside, self._clock)

    def host(self, owner: str, name: tuple[str, int]) -> _Host:
        """Return what is known of a host."""
        found = self._hosts.setdefault((owner, name), _Host())
        self._hosts.move_to_end((owner, name))
        while len(self._hosts) > _MOST_HOSTS:
            self._hosts.popitem(last=False)
        return found


class Lane(Outside):
    """One workspace's way out."""

    def __init__(self, owner: str, lanes: Lanes, outside: Outside, clock: Clock) -> None:
        self._owner, self._lanes, self._outside, self._clock = owner, lanes, outside, clock

    @asynccontextmanager
    async def open(self, request: Request) -> AsyncIterator[Answer]:
        """Ask for a URL when the host may be asked; see Outside.open.

        Raises:
            Unreachable: or it rests, or asked to wait for longer than the deadline; nothing was sent.
        """
        from egress.fetching import host_and_port  # its library takes a moment to load

        host = self._lanes.host(self._owner, host_and_port(request.url))
        async with host.seats, self._turn(host, request.limits.deadline):
            try:
                async with self._outside.open(request) as answer:
                    host.asked(self._clock.monotonic(), answer)
                    yield answer
            except (NoAnswer, Unreachable):
                host.failed(self._clock.monotonic())
                raise
            host.answered(self._clock.monotonic(), answer)

    @asynccontextmanager
    async def _turn(self, host: _Host, patience: float) -> AsyncIterator[None]:
        now = self._clock.monotonic()
        if host.asked_for > now:
            if host.asked_for - now > patience:
                raise _wait(host.asked_for - now)
            await self._clock.sleep(host.asked_for - now)
        if host.failures >= MOST_FAILURES:
            left = host.rests_until - self._clock.monotonic()
            if left > 0 or host.tried:
                raise _rest(max(left, 1.0))
            host.tried = True
        try:
            yield
        finally:
            host.tried = False


def _wait(seconds: float) -> EgressError:
    hint = Message("It is asked again when its time has come.")
    return Unreachable("The other side asks to wait for {n} {n:second|seconds}.", hint=hint, n=round(seconds))


def _rest(seconds: float) -> EgressError:
    hint = Message("Look whether the address is right and its host is up.")
    return Unreachable(
        "It failed {times} times in a row and is left alone for {n} more {n:second|seconds}.",
        hint=hint,
        times=MOST_FAILURES,
        n=round(seconds),
    )
