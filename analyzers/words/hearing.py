"""Hearing a language model out: in time, within a size, and every way in which it may fail as one error in words."""

from __future__ import annotations

import asyncio
import importlib
import json
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Literal

from egress.client import Limits
from model.errors import EgressError, NarratorError
from model.language import Message
from model.prompt import NONE, Prompt, Tokens, Told

# At DEBUG they print what is asked, and with it what was collected.
for _name in ("anthropic", "openai"):
    logging.getLogger(_name).setLevel(logging.WARNING)

End = Literal["done", "long", "refused", "tool"]
RETRIES = 2  # by the SDK: after a 408, 409, 429, 5xx, or a broken connection, as its vendor asks to wait
_BYTES_A_TOKEN = (
    12  # more than any vendor's token has in text; with the frames around each piece of a stream: 100 times
)


async def loaded(library: str) -> None:
    """Have an SDK imported, which takes seconds, without holding up the loop. Raises NarratorError."""
    try:
        await asyncio.to_thread(importlib.import_module, library)
    except ImportError:
        hint = Message("Install it: pip install 'auto-report-builder[{extra}]'", {"extra": library})
        raise NarratorError("the library {library} is not installed", hint=hint, library=library) from None


@dataclass(slots=True)
class Hearing:
    """One answer as it comes."""

    prompt: Prompt
    seconds: float
    heard: Callable[[str], None]
    tokens: Tokens = NONE
    begun: bool = False  # whether the model has been at work: what it costs is then known only from its last word
    ended: End | None = None  # how that word said that it ends; None: it did not come
    _pieces: list[str] = field(default_factory=list)
    _size: int = 0

    @property
    def limits(self) -> Limits:
        """Return what one request may take."""
        most = self.prompt.most * _BYTES_A_TOKEN * 100
        return Limits(deadline=self.seconds, raw=most, decoded=most)

    def add(self, text: str) -> None:
        """Hear a piece of text. Raises NarratorError once it is more than was asked for."""
        self._size += len(text.encode("utf-8", "replace"))
        if self._size > self.prompt.most * _BYTES_A_TOKEN:
            raise self.failed("it said more than was asked for")
        if text:
            self._pieces.append(text)
            self.heard(text)

    def end(self, how: End) -> None:
        """Note how it ends; what was wrong before stays."""
        self.begun = True
        self.ended = how if self.ended in (None, "done") else self.ended

    def whole(self) -> Told:
        """Return what was said. Raises NarratorError where that is nothing, or cannot be used."""
        text = "".join(self._pieces).strip()
        match self.ended:
            case None:
                raise self.failed("its answer broke off")
            case "long":
                raise self.failed("it said more than was asked for")
            case "refused":
                raise self.failed("it declined to answer")
            case "tool":
                raise self.failed("it asked for a tool, and it has none")
        if not text:
            raise self.failed("its answer was empty")
        return Told(text, self._counted(text))

    def _counted(self, text: str) -> Tokens:
        """Return what was used; where the vendor does not say it, what it is at most."""
        return self.tokens if self.tokens.all else Tokens(fresh=self.prompt.size, said=len(text.encode()))

    def failed(self, text: str, /, hint: Message | None = None, **values: object) -> NarratorError:
        """Return the error for an answer that cannot be used; what it cost is known where its end was heard."""
        known = self.tokens if self.ended and self.tokens.all else None
        doubtful = self.begun and known is None
        return NarratorError(text, hint, tokens=known, doubtful=doubtful, **values)

    def of(self, error: Exception) -> NarratorError:
        """Return the error for what an SDK raised, never with its words: these may hold what was asked, or the key."""
        status = getattr(error, "status_code", None)
        if isinstance(status, int):
            return self._of_status(status)
        cause = error if isinstance(error, EgressError) else error.__cause__
        if isinstance(cause, EgressError) and not cause.sent:
            return self.failed("it cannot be reached", hint=cause.hint)
        self.begun = True
        return self.failed("its answer broke off")

    def late(self) -> NarratorError:
        """Return the error for an answer that takes too long."""
        self.begun = True
        return self.failed("it did not answer within {seconds} {seconds:second|seconds}", seconds=round(self.seconds))

    def _of_status(self, status: int) -> NarratorError:
        match status:
            case _ if status < 400:  # an error told in the midst of a stream
                return self.failed("its answer broke off")
            case 401 | 403:
                hint = Message("Enter another key: /model edit")
                return self.failed("it does not accept the key", hint=hint)
            case 402:
                return self.failed("it wants to be paid first")
            case 404:
                hint = Message("Look at its name and address: /model list")
                return self.failed("no such model is known at its address", hint=hint)
            case 429:
                return self.failed("it asked to wait, since too much was asked of it")
            case 529 | 503:
                return self.failed("it is overloaded")
            case _ if status < 500:
                return self.failed("it does not take what it was asked ({status})", status=status)
            case _:
                return self.failed("it failed ({status})", status=status)


@asynccontextmanager
async def hearing(
    prompt: Prompt, seconds: float, heard: Callable[[str], None], errors: type[Exception]
) -> AsyncIterator[Hearing]:
    """Hear a model out; `errors` is the root of its SDK's errors. Raises NarratorError, and no other."""
    one = Hearing(prompt, seconds, heard)
    try:
        async with asyncio.timeout(seconds):
            yield one
    except TimeoutError:
        raise one.late() from None
    except (errors, EgressError, json.JSONDecodeError, UnicodeDecodeError) as error:
        raise one.of(error) from None
