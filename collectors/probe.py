"""The uptime probe: addresses that are asked whether they answer as they should.

Its figures rest on what the prober (sources/probing.py) writes down by its own schedule; reading it brings only which
checks there are.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import ClassVar

from pydantic import BaseModel, JsonValue

from collectors.headers import headers_of
from collectors.probe_config import ProbeConfig
from model.errors import AddressRefused, AnswerRefused, EgressError, NoAnswer, SourceRefused
from model.language import Message
from model.outside import Limits, Outside
from model.probed import Probe, Trouble
from model.record import Page, Record
from model.source import Reach
from model.window import Window

_START = datetime(1970, 1, 1, tzinfo=UTC)  # which checks there are has no date: it overlaps every window
_RAW, _DECODED = 1 << 20, 4 << 20  # bytes of an answer that are searched for the text
_REDIRECTS = 3


@dataclass(frozen=True, slots=True)
class Try:
    """One try of one check; `trouble` None: it went well. `said` is the status, where it is that."""

    check: str
    at: datetime
    took: int  # milliseconds
    trouble: Trouble | None = None
    said: int | None = None


class ProbeCollector:
    """Tries its checks when it is told to."""

    kind: ClassVar[str] = "probe"
    Config: ClassVar[type[BaseModel]] = ProbeConfig

    def __init__(self, config: BaseModel, reach: Reach) -> None:
        self.config = config if isinstance(config, ProbeConfig) else ProbeConfig.model_validate(config.model_dump())
        self._reach = reach

    def kept(self) -> Mapping[str, JsonValue]:
        """Return the configuration to keep."""
        return self.config.kept()

    async def check(self) -> Sequence[Message]:
        """Return which checks do not go well now; empty means all do."""
        try:
            found = await self.tries()
        except AddressRefused as error:
            return (error.message,) if error.hint is None else (error.message, error.hint)
        wrong = [_told(one) for one in found if one.trouble is not None]
        hint = Message("Look at the address, and at what counts as a good answer: status=200-299.")
        return (*wrong[:5], hint) if wrong else ()

    async def collect(
        self,
        window: Window | None,  # noqa: ARG002  # what it brings is the same for every window, and each time
        cursor: str | None,  # noqa: ARG002
    ) -> AsyncGenerator[Page, None]:
        """Yield which checks there are; their results are written by the prober."""
        body = Probe(tuple(self.config.checks), self.config.every)
        yield Page((Record("probe", _START, None, "", None, body),), "1")

    async def tries(self) -> Sequence[Try]:
        """Try every check once, side by side; nothing where nothing can be said, as the control does not answer.

        Raises:
            AddressRefused: an address is none that may be reached: that says nothing about whoever is behind it.
        """
        found = await asyncio.gather(*(self._try(*check) for check in self.config.checks.items()))
        failed = any(one.trouble is not None for one in found)
        return () if failed and await self._is_cut_off() else found

    async def _is_cut_off(self) -> bool:
        """Tell whether not even the control answers: then it is us who are not on the net."""
        url = self.config.control
        return bool(url) and (await self._try("", url, control=True)).trouble in ("away", "late", "broken")

    async def _try(self, name: str, url: str, *, control: bool = False) -> Try:
        clock, config = self._reach.clock, self.config
        at, began = clock.now(), clock.monotonic()
        limits = Limits(float(config.timeout), _RAW, _DECODED, _REDIRECTS)
        method, wanted = ("HEAD", "") if control else (config.method, config.text)
        headers = {} if control else headers_of(config.headers)
        trouble: Trouble | None = None
        said: int | None = None
        try:
            answer = await self._outside.fetch(method, url, headers=headers, limits=limits, read=bool(wanted))
        except AddressRefused:
            raise
        except NoAnswer:
            trouble = "late" if clock.monotonic() - began >= config.timeout else "broken"
        except AnswerRefused:
            trouble = "text"
        except EgressError:
            trouble = "away"
        else:
            said = answer.status
            if not config.is_good(said):
                trouble = "status"
            elif wanted and wanted not in answer.body.decode("utf-8", "replace"):
                trouble = "text"
        return Try(name, at, round((clock.monotonic() - began) * 1000), trouble, said)

    @property
    def _outside(self) -> Outside:
        """Return the way out itself: a workspace's lane leaves hosts alone that fail, and here failing is the news."""
        if self._reach.way_out is None:
            raise SourceRefused("Nothing outside may be asked here.")
        return self._reach.way_out


def _told(one: Try) -> Message:
    values = {"check": one.check, "status": one.said}
    match one.trouble:
        case "status":
            return Message("{check} answered {status}, which is no good answer.", values)
        case "text":
            return Message("{check} answered without the text that has to be in it.", values)
        case "late":
            return Message("{check} did not answer in time.", values)
        case "broken":
            return Message("{check} broke off in the middle of its answer.", values)
        case _:
            return Message("{check} cannot be reached.", values)
