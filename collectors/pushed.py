"""Sources that nobody reads: whatever they hold was pushed."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import ClassVar

from pydantic import BaseModel, ConfigDict, JsonValue

from model.language import Message
from model.pushed import Note
from model.record import Page, Record
from model.source import Reach
from model.window import Window


class NoSettings(BaseModel):
    """There is nothing to set."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class PushedCollector:
    """The side of a source that is read: there is nothing to read, and nothing that could fail."""

    kind: ClassVar[str]
    Config: ClassVar[type[BaseModel]] = NoSettings

    def __init__(self, config: BaseModel, reach: Reach) -> None:
        self._config = config
        self._reach = reach

    def kept(self) -> Mapping[str, JsonValue]:
        """Return the configuration to keep."""
        found: dict[str, JsonValue] = self._config.model_dump(mode="json", exclude_defaults=True)
        return found

    async def check(self) -> Sequence[Message]:
        """Return nothing: it waits for what comes."""
        return ()

    async def collect(self, window: Window | None, cursor: str | None) -> AsyncGenerator[Page, None]:  # noqa: ARG002  the protocol's
        """Yield the figures that are made of what comes; the cursor is when they were first asked for."""
        since = cursor or self._reach.clock.now().isoformat()
        yield Page(self.figures(since), since)

    def figures(self, since: str) -> tuple[Record, ...]:  # noqa: ARG002  of those that say it
        """Return the definitions of the figures; `since`: when they were first asked for, in ISO 8601."""
        return ()


class PushedReceiver:
    """The side of a source that is pushed to, of whose reading there is nothing to know."""

    def noted(self, cursor: str, notes: Sequence[Note]) -> str:  # noqa: ARG002  the protocol's
        """Return the cursor as it is."""
        return cursor

    def joined(self, cursor: str, pushed: str) -> str:  # noqa: ARG002  the protocol's
        """Return the cursor that stands there: when figures were first asked for."""
        return pushed
