"""A walk: what people say, fill in and press, one after the other, and what they read then; the same everywhere.

`Front` is a platform with the people in front of it; what they do stands in `paths.py`.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol, TypeVar

from tests.support.waiting import wait

OWNER, OTHER, KOREAN = "mina", "jun", "hana"  # Hana is an admin and reads Korean; Jun may only look
_RAW = re.compile(r"\*\*|```|&(?:lt|gt|amp);|\{\w+[}:]")  # what nobody is meant to see
Where = Literal["channel", "alone", "file"]


class Seen(Protocol):
    """What somebody looks at after he has done something: an answer with buttons, or a form."""

    @property
    def text(self) -> str:
        """Return all that is read."""

    @property
    def asks(self) -> Sequence[str]:
        """Return the fields of a form, by their labels; none where it is no form."""


_S = TypeVar("_S", bound=Seen)


class Front(Protocol[_S]):
    """A platform, the bot as a process behind it, and the people in front of it."""

    names: dict[str, str]  # what people are called here, and what they remember

    def say(self, who: str, line: str) -> _S:
        """Say a command."""

    def fill(self, who: str, seen: _S, values: Mapping[str, str]) -> _S:
        """Fill a form in and submit it."""

    def press(self, who: str, seen: _S, label: str) -> _S:
        """Press a button."""

    def arrived(self, who: str, where: str) -> Sequence[str]:
        """Return what the bot has posted there; "file": the names of what hangs on that."""


@dataclass(frozen=True)
class Step:
    """Something that somebody does, and pieces of what is read then."""

    does: Literal["say", "fill", "press", "wait"]
    what: str  # a line, a button's label, or where something comes
    reads: tuple[str, ...]
    values: Mapping[str, str] = field(default_factory=dict)
    who: str = OWNER
    asks: tuple[str, ...] = ()  # some fields of the form that it must be
    lacks: tuple[str, ...] = ()
    keeps: str = ""  # a pattern: what its named group holds is remembered, and can be said as {so} later


def say(line: str, *reads: str, **more: Any) -> Step:
    """Say a command."""
    return Step("say", line, reads, **more)


def fill(values: Mapping[str, str], *reads: str, **more: Any) -> Step:
    """Fill in the form that is looked at, and submit it."""
    return Step("fill", "", reads, values, **more)


def press(label: str, *reads: str, **more: Any) -> Step:
    """Press a button of what is looked at."""
    return Step("press", label, reads, **more)


def comes(where: Where, *reads: str, **more: Any) -> Step:
    """Wait for what comes by itself after the step before."""
    return Step("wait", where, reads, **more)


def walk(front: Front[_S], steps: Iterable[Step]) -> None:
    """Do one thing after the other, and compare what is read."""
    seen: _S | None = None
    before: Mapping[tuple[str, str], int] = {}
    for step in steps:
        if step.does == "wait":
            _comes(front, step, before[step.who, step.what])
            continue
        before = {
            (who, at): len(front.arrived(who, at)) for who in (OWNER, KOREAN) for at in ("channel", "alone", "file")
        }
        seen = _done(front, step, seen)
        _read(front, step, seen)


def remembered(front: Front[_S], text: str) -> str:
    """Return a text with what stands in braces put in its place."""
    return re.sub(r"\{(\w+)\}", lambda found: front.names[found[1]], text)


def _done(front: Front[_S], step: Step, seen: _S | None) -> _S:
    try:
        if step.does == "say":
            return front.say(step.who, remembered(front, step.what))
        assert seen is not None
        if step.does == "fill":
            return front.fill(step.who, seen, {name: remembered(front, text) for name, text in step.values.items()})
        return front.press(step.who, seen, remembered(front, step.what))
    except Exception as error:
        raise AssertionError(f"{step}\nafter {seen.text if seen else 'nothing'}") from error


def _read(front: Front[_S], step: Step, seen: _S) -> None:
    text = " ".join(seen.text.split())
    missing = [piece for piece in step.reads if remembered(front, piece) not in text]
    wrong = [piece for piece in step.lacks if piece in text] + _RAW.findall(text)
    unasked = set(step.asks) - set(seen.asks)
    told = f"{step}\nlacks {missing}, holds {wrong}, does not ask for {unasked}:\n{seen.text}\n{seen.asks}"
    assert missing + wrong + [*unasked] == [], told
    assert bool(step.asks) == bool(seen.asks), told
    if step.keeps:
        found = re.search(step.keeps, text)
        assert found is not None, told
        front.names |= found.groupdict()


def _comes(front: Front[_S], step: Step, seen: int) -> None:
    def there() -> bool:
        posted = [" ".join(text.split()) for text in front.arrived(step.who, step.what)[seen:]]
        return any(all(remembered(front, piece) in text for piece in step.reads) for text in posted)

    try:
        wait(there)
    except AssertionError:
        raise AssertionError(f"{step}\n" + "\n---\n".join(front.arrived(step.who, step.what)[seen:])) from None
