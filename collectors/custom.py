"""What programs push: entries and messages as JSON, signed as https://www.standardwebhooks.com has it."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from datetime import datetime
from typing import Annotated, ClassVar

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints, ValidationError

from collectors.measured import Figure, entry, number, text
from collectors.pushed import PushedCollector, PushedReceiver
from collectors.signatures import is_standard, key_of, standard_id, unsigned
from egress.strict import strict
from model.errors import EgressError
from model.form import Unfit
from model.language import Message
from model.measured import PERSON, Entry
from model.pushed import Arrived, Brought, Push, PushRefused
from model.ready import NAME
from model.record import Record
from model.unit import Unit

MESSAGES = "messages"  # the set of what people wrote
_MOST = 1000  # things in one push
_LONGEST = 500  # characters of a title
_GROUP = 120  # of what a label says
_URL = re.compile(r"https?://[^\s\"'<>@\\]{1,1000}")
_Key = Annotated[str, StringConstraints(min_length=1, max_length=200)]
_Short = Annotated[str, StringConstraints(max_length=_GROUP)]
_Long = Annotated[str, StringConstraints(max_length=40_000)]
_Url = Annotated[str | None, Field(pattern=f"^{_URL.pattern}$")]
_At = Annotated[AwareDatetime, Field(ge=datetime.fromisoformat("1970-01-02T00:00:00Z"),
                                     le=datetime.fromisoformat("2200-01-01T00:00:00Z"))]  # fmt: skip


class _Given(BaseModel):
    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)


class GivenEntry(_Given):
    """Something that happened and is counted among its like."""

    key: _Key
    at: _At
    title: _Long = ""
    of: str = "entries"
    url: _Url = None
    labels: Annotated[dict[str, _Short], Field(max_length=10)] = {}
    numbers: Annotated[dict[str, int | float | str], Field(max_length=10)] = {}


class GivenMessage(_Given):
    """What somebody wrote."""

    id: _Key
    at: _At
    author: Annotated[str, StringConstraints(min_length=1, max_length=_GROUP)]
    text: _Long = ""
    channel: _Short = ""
    url: _Url = None
    bot: bool = False


class _Custom(_Given):
    entries: Annotated[list[GivenEntry], Field(max_length=_MOST)] = []
    messages: Annotated[list[GivenMessage], Field(max_length=_MOST)] = []


class CustomCollector(PushedCollector):
    """A source that programs push to."""

    kind: ClassVar[str] = "custom"


class CustomReceiver(PushedReceiver):
    """Takes entries and messages; each set of entries is a figure of its name, and each of its numbers is another."""

    kind: ClassVar[str] = "custom"
    path: ClassVar[str] = "custom"
    makes: ClassVar[bool] = True
    form: ClassVar[Message] = Message("It is written whsec_ and 32 random bytes in base64.")

    def __init__(self, config: BaseModel) -> None:
        self._config = config

    @staticmethod
    def fits(secret: str) -> bool:
        """Tell whether a secret can be signed with."""
        return key_of(secret) is not None

    def arrived(self, push: Push, secret: str, now: datetime) -> Arrived:
        """Return what a push is, once its signature over id, time and body is good. Raises PushRefused."""
        if not is_standard(push, secret, now):
            raise unsigned()
        self.brought("", push.body)  # whoever sends what cannot be read is told at once
        return Arrived(standard_id(push), "custom")

    def brought(self, kind: str, body: bytes) -> Brought:  # noqa: ARG002  there is one
        """Return the entries, and the figures that they make. Raises PushRefused."""
        try:
            given = _Custom.model_validate(strict(body))
            things = [*map(_entry, given.entries), *map(_message, (one for one in given.messages if not one.bot))]
            return Brought((*things, *_figures(things)))
        except EgressError:
            raise PushRefused("That cannot be read as JSON.", why="unreadable") from None
        except ValidationError as error:
            first = error.errors(include_url=False, include_input=False, include_context=False)[0]
            where = ".".join(map(str, first["loc"]))
            raise PushRefused("{where}: {reason}", why="unreadable", where=where, reason=first["msg"]) from None
        except Unfit as error:
            raise PushRefused("{reason}", why="unreadable", reason=error.message) from None


def _entry(one: GivenEntry) -> Record:
    for name in (one.of, *one.labels, *one.numbers):
        if not NAME.fullmatch(name):
            raise Unfit("{name} is no name: write a–z, 0–9 and _, a letter first", name=text(name))
    labels = tuple(sorted((name, text(group)) for name, group in one.labels.items()))
    numbers = sorted((name, number(value)) for name, value in one.numbers.items())
    return entry(one.of, text(one.key, 200), one.at, text(one.title, _LONGEST) or one.key, labels, numbers, one.url)


def _message(one: GivenMessage) -> Record:
    labels = [(PERSON, text(one.author)), *([("channel", text(one.channel))] if one.channel else [])]
    return entry(MESSAGES, text(one.id, 200), one.at, text(one.text, _LONGEST) or "…", tuple(labels), url=one.url)


def _figures(things: list[Record]) -> Iterator[Record]:
    """Yield the figure of each set, and of each of its numbers, by all labels that its entries bear."""
    by: dict[str, set[str]] = defaultdict(set)
    of: dict[str, set[str]] = defaultdict(set)
    for body in (record.body for record in things):
        if isinstance(body, Entry):
            by[body.of] |= {name for name, _ in body.labels}
            of[body.of] |= {name for name, _ in body.numbers}
    for name in sorted(by):
        split = tuple(sorted(by[name]))
        yield Figure(name, unit=Unit.COUNT, how="count", by=split).gauge(entries=name)
        for summed in sorted(of[name]):
            yield Figure(f"{name}_{summed}"[:40], how="sum", by=split).gauge(entries=name, of=summed)
