"""Strict JSON as it comes: one value at a time, within bounds, whatever the whole is large.

Refused are what readers disagree on (NaN, a key twice, half a surrogate pair) and what makes them work without end
(depth, endless numbers and texts). A text of our own is made of nothing that was not looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import chain
from typing import Final, TypeAlias

import ijson

from model.errors import AnswerRefused, NoAnswer
from model.language import Message

Value: TypeAlias = "bool | int | float | str | list[Value] | dict[str, Value] | None"
Path = tuple[str, ...]  # names, from the outermost object inwards
_Event = tuple[str, Value]

DEPTH = 64
_AT_ONCE = 1 << 16  # bytes parsed: what happens in them is held, and a text cut by a piece is looked at anew
_BOM = b"\xef\xbb\xbf"
# The first half of a pair without the second, after an even number of backslashes: the parser would make "?" of it.
_HALF = re.compile(rb"(?<!\\)(?:\\\\)*\\u[dD][89abAB][0-9a-fA-F]{2}(?!\\u[dD][c-fC-F])")
_OVERLAP = 64  # bytes of a piece that are looked at again with the next one
_SILENT = 1 << 20  # bytes in which nothing happens: one text or number that does not end
_STARTS = ("start_map", "start_array")
_ENDS = ("end_map", "end_array")


@dataclass(frozen=True, slots=True)
class Bounds:
    """What one value may hold."""

    values: int = 50_000  # objects, lists, names and what stands in them
    text: int = 1 << 20  # bytes


ELEMENT: Final = Bounds()
WHOLE: Final = Bounds(values=250_000, text=4 << 20)


class Elements:
    """Reads a JSON text: what stands in the list at `path`, one after the other.

    `aside` names single values beside that list; what was found of them is in `found`.
    """

    def __init__(
        self, path: Path, aside: Iterable[Path] = (), bounds: Bounds = ELEMENT, at_once: int = _AT_ONCE
    ) -> None:
        self._text = _Text(at_once)
        self._path, self._aside, self._bounds = path, frozenset(aside), bounds
        self._way: list[str | None] = []  # names of the objects we are in, None for a list
        self._built: _Built | None = None  # while we are in the list
        self.is_there = False  # whether there is a list at that path
        self.found: dict[Path, Value] = {}

    def feed(self, piece: bytes) -> Iterator[Value]:
        """Yield the elements that end in a piece, or in one before. Raises AnswerRefused."""
        for events, size in self._text.feed(piece):
            yield from self._elements(iter(events), size)

    def finish(self) -> Iterator[Value]:
        """Yield the last elements. Raises NoAnswer where the end is missing, AnswerRefused where nothing came."""
        for events, size in self._text.finish():
            yield from self._elements(iter(events), size)

    def _elements(self, events: Iterator[_Event], size: int) -> Iterator[Value]:
        while (built := self._built or self._follow(events)) is not None:
            ended = built.take(events, size)
            yield from built.taken()
            self._built = None if ended else built
            if not ended:
                return
            self._way.pop()

    def _follow(self, events: Iterator[_Event]) -> _Built | None:
        """Follow the events up to the list; return what builds its elements, None where it does not begin here."""
        way = self._way
        for event, value in events:
            if event == "map_key":
                way[-1] = str(value)
            elif event in _ENDS:
                way.pop()
            elif event == "start_array" and tuple(way) == self._path:
                return self._begin()
            elif event in _STARTS:
                way.append(None if event == "start_array" else "")
                if len(way) > DEPTH:
                    raise _too_deep()
            elif self._aside and tuple(way) in self._aside:
                self._note(value)
        return None

    def _begin(self) -> _Built:
        if self.is_there:
            raise _twice(self._path[-1] if self._path else "")
        self.is_there = True
        self._way.append(None)
        return _Built(self._bounds, DEPTH - len(self._way))

    def _note(self, value: Value) -> None:
        here = tuple(name or "" for name in self._way)
        if here in self.found:
            raise _twice(here[-1])
        self.found[here] = value


def strict(body: bytes, bounds: Bounds = WHOLE) -> Value:
    """Return what a JSON text says. Raises AnswerRefused, or NoAnswer where its end is missing."""
    text, built = _Text(_AT_ONCE), _Built(bounds, DEPTH)
    for events, size in chain(text.feed(body), text.finish()):
        built.take(iter(events), size)
    return built.taken()[0]


class _Text:
    """The text itself: its encoding, its grammar, and what the grammar allows and we do not."""

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._events = ijson.sendable_list()
        self._parser = ijson.basic_parse_coro(self._events, use_float=True)  # whole numbers below 2^63, or none
        self._held = bytearray()
        self._tail: bytes | None = None  # of what is parsed already
        self._silent = 0  # bytes in which nothing happened

    def feed(self, piece: bytes) -> Iterator[tuple[Sequence[_Event], int]]:
        """Yield what happens, so many bytes at once. Raises AnswerRefused."""
        self._held += piece
        while len(self._held) >= self._at_once:
            part = bytes(self._held[: self._at_once])
            del self._held[: self._at_once]
            yield self._parsed(part), len(part)

    def finish(self) -> Iterator[tuple[Sequence[_Event], int]]:
        """Yield what happens at the end. Raises NoAnswer where it is missing, AnswerRefused where nothing came."""
        if self._held:
            yield self._parsed(bytes(self._held)), len(self._held)
        if self._tail is None:
            raise AnswerRefused("The answer is empty.", sent=True)
        self._refuse_halves(self._tail, len(self._tail))
        with _refusals():
            self._parser.close()
        yield tuple(self._events), 0  # a number ends with the text only

    def _parsed(self, part: bytes) -> Sequence[_Event]:
        if self._tail is None:
            part, self._tail = part.removeprefix(_BOM), b""
        window = self._tail + part
        self._refuse_halves(window, len(window) - len(rb"\udc00"))
        self._tail = window[-_OVERLAP:]
        with _refusals():
            self._parser.send(part)
        happened = tuple(self._events)
        self._events.clear()
        self._silent = 0 if happened else self._silent + len(part)
        if self._silent > _SILENT:
            raise _too_much()
        return happened

    def _refuse_halves(self, window: bytes, sure: int) -> None:
        """Raise AnswerRefused for a half that ends before `sure`: beyond it the other one may follow."""
        if rb"\u" not in window:
            return
        first = 1 if self._tail else 0  # the first of a cut piece may be a backslash's second half
        if any(found.end() <= sure for found in _HALF.finditer(window, first)):
            raise _half()


class _Built:
    """Values that are built out of events, one after the other."""

    def __init__(self, bounds: Bounds, depth: int) -> None:
        self._bounds, self._depth = bounds, depth
        self._ready: list[Value] = []
        self._around: list[tuple[list[Value] | dict[str, Value], str]] = []  # what the innermost stands in
        self._inside: list[Value] | dict[str, Value] = self._ready
        self._name = ""
        self._left, self._read = bounds.values, 0

    def take(self, events: Iterator[_Event], size: int) -> bool:
        """Take events of a piece of so many bytes; return whether what the values stand in has ended."""
        for event, value in events:
            self._left -= 1
            if self._left < 0:
                raise _too_much()
            if event == "map_key":
                self._call(str(value))
                continue
            if event in _ENDS:
                if not self._around:
                    return True
                self._inside, self._name = self._around.pop()
            elif event in _STARTS:
                self._enter({} if event == "start_map" else [])
            else:
                self._put(value)
            if not self._around:
                self._left, self._read = self._bounds.values, 0
        self._read += size
        if self._read > self._bounds.text + size:
            raise _too_much()
        return False

    def taken(self) -> Sequence[Value]:
        """Return the values that are whole, once."""
        count = len(self._ready) - (1 if self._around else 0)
        ready = self._ready[:count]
        del self._ready[:count]
        return ready

    def _enter(self, made: list[Value] | dict[str, Value]) -> None:
        if len(self._around) >= self._depth:
            raise _too_deep()
        self._put(made)
        self._around.append((self._inside, self._name))
        self._inside = made

    def _put(self, value: Value) -> None:
        if isinstance(self._inside, list):
            self._inside.append(value)
        else:
            self._inside[self._name] = value

    def _call(self, name: str) -> None:
        if name in self._inside:
            raise _twice(name)
        self._name = name


def _too_much() -> AnswerRefused:
    hint = Message("Ask for less at once.")
    return AnswerRefused("One value in the answer is larger than what is read.", hint=hint, sent=True)


def _too_deep() -> AnswerRefused:
    return AnswerRefused("The answer is nested more than {most} deep.", sent=True, most=DEPTH)


def _twice(name: str) -> AnswerRefused:
    return AnswerRefused("The answer names {name} twice in one place.", sent=True, name=name[:60])


def _half() -> AnswerRefused:
    return AnswerRefused("The answer holds half of a character (a lone surrogate).", sent=True)


@contextmanager
def _refusals() -> Iterator[None]:
    """Turn what the parser raises into our errors, never with its words: these hold the text."""
    try:
        yield
    except UnicodeDecodeError:  # it has checked the encoding, but for surrogates
        raise _half() from None
    except (ijson.JSONError, ValueError) as error:
        if "premature" in str(error):
            raise NoAnswer("The answer broke off before its end.", sent=True) from None
        if "overflow" in str(error):
            raise AnswerRefused("The answer holds a number that is too large.", sent=True) from None
        raise AnswerRefused("The answer is no JSON in UTF-8.", sent=True) from None
