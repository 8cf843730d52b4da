"""A whole bot among attackers: real collectors, every kind of place it can write to, and all that a run leaves."""

from __future__ import annotations

import gzip
import json
import re
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, closing, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from typing import Any

from pydantic import SecretStr

from bot.app import running
from bot.settings import Settings
from model.card import Remark, plain
from tests.support.databases import with_tables
from tests.support.discord import Discord, discord
from tests.support.model_provider import KEY, Asked, Provider, model_provider
from tests.support.outside import Outside, outside, response, saying
from tests.support.slack import Stand, slack
from tests.support.talk import FixedClock, Talk, text

Json = dict[str, Any]
Row = tuple[Any, ...]
MODEL = "claude-sonnet-5-5"
BOOKS = ("usage", "caps_told")  # what models cost: the one thing besides the block that their words may change
_DRAWN = {"steps": {"seconds"}, "runs": {"hash"}, "audit": {"hash", "chain"}, "workspaces": {"audit_anchor"}}
_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|\b[0-9a-f]{64}\b|[0-9a-f]{12}\.\d+")
_OPAQUE = re.compile(r"(?<![\w+/=-])[A-Za-z0-9_-]{22}(?![\w+/=-])")
_NOW = re.compile(r"2026-11-20T[\d:.]+(?:Z|\+00:00)|20 Nov 2026,? \d\d:\d\d")
_FOOT = re.compile(r"Read: [^\n<]*")
_NUMBER = re.compile(r"\d{9,}(?:\.\d+)?")  # of messages, as chats count them
_FRESH, _DAY = 6_000_000, 86_400_000_000  # microseconds
_SHORT = 4  # letters of a run's name that nobody has yet
_STEP, _PAUSE = timedelta(seconds=3), timedelta(seconds=2)  # so that each place may be sent to again


@dataclass
class Left:
    """What one run has left: everywhere but in the block of the model and the books, and that block."""

    rows: list[str]
    posts: list[str]
    fetches: list[str]
    remark: Json
    bodies: Mapping[str, list[Json]] = field(repr=False, default_factory=dict)  # as each place was sent them


@dataclass
class House:
    """The bot, and all that stands around it."""

    talk: Talk
    provider: Provider
    slack: Stand
    discord: Discord
    hook: Outside
    folder: Path
    clock: FixedClock
    places: str = ""
    _columns: dict[str, list[str]] = field(default_factory=dict)

    async def do(self, *lines: str) -> None:
        """Say lines that have to be understood."""
        for line in lines:
            said = await self.talk.say(line)
            assert said.kind == "card", f"{line}: {text(said)}"

    async def reports_on(self, sources: str, name: str = "h", template: str = "standup") -> None:
        """Have a week of these sources reported by a schedule, to every place."""
        week = f"template={template} people=yes window=2026-11-09..2026-11-16"
        await self.do(f"/report new name={name} {week} source={sources} destinations={self.places}")
        await self.do(f'/schedule add {name} "weekdays 10:00"')

    async def run(self, says: Callable[[Asked], Json], schedule: int = 1) -> Left:
        """Have the model say something of the week; return all that came of it."""
        left = None
        while left is None:
            left = await self._run(says, schedule)
        return left

    async def ask(self, question: str, says: Callable[[Asked], Json]) -> Left:
        """Have the model say something to a question about the newest report; return all that came of it."""
        self.clock.at += _STEP
        self.provider.says = says
        before, marks = self._rows(), self._marks()
        said = await self.talk.say(f"/ask {question}")
        remark = next((block for block in said.card.blocks if isinstance(block, Remark)), Remark("", ()))
        lines = [[{"text": plain(line)}] for line in remark.lines]
        return self._left(before, marks, {"label": remark.label, "lines": lines}, str(said.card.run))

    async def _run(self, says: Callable[[Asked], Json], schedule: int) -> Left | None:
        """Do it; None: the run was given a longer name, which makes what is sealed with it longer."""
        self.clock.at += _STEP
        self.provider.says = says
        before, marks = self._rows(), self._marks()
        started = text(await self.talk.say(f"/schedule run #{schedule}"))
        await self.talk.app.take_up()
        for _ in range(2):  # what is the part of a message waits for it
            while await self.talk.app.outbox.drain():
                pass
            self.clock.at += _PAUSE
        after = self._rows()
        (run,) = self._new("runs", before, after)
        if len(run["name"]) != _SHORT:
            return None
        assert run["state"] == "done", f"{started} {run['failure']}"
        steps = self._new("steps", before, after)
        card = next(_step(row) for row in steps if row["name"] == "write")
        (remark,) = [block for block in card["blocks"] if block["kind"] == "remark"]
        return self._left(before, marks, remark, run["name"])

    def _left(self, before: Mapping[str, set[Row]], marks: Mapping[str, int], remark: Json, run: str) -> Left:
        """Return what has come since."""
        changed = list(self._changed(before, self._rows()))
        bodies = self._bodies(marks)
        posts = [
            f"{place} {json.dumps(_without(body), sort_keys=True)}" for place, sent in bodies.items() for body in sent
        ]
        asked = [f"{one.method} {one.target}" for one in self.hook.asked[marks["hook"] :]]
        fetches = [*asked, *(re.sub(r"\d{17,}", "#", one) for one in self.discord.asked[marks["discord"] :])]
        bare = [sorted(self._plain(one, run) for one in found) for found in (changed, posts, fetches)]
        return Left(bare[0], bare[1], bare[2], remark, bodies)

    def _rows(self) -> dict[str, set[Row]]:
        """Return every row of the database by its table."""
        with closing(sqlite3.connect(f"file:{self.folder / 'home' / 'arb.db'}?mode=ro", uri=True)) as db:
            names = [name for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")]
            mine = [name for name in names if name not in BOOKS and not name.startswith("sqlite_")]
            for name in mine:
                self._columns[name] = [row[1] for row in db.execute(f'PRAGMA table_info("{name}")')]
            return {name: set(db.execute(f'SELECT * FROM "{name}"')) for name in mine}

    def _new(self, table: str, before: Mapping[str, set[Row]], after: Mapping[str, set[Row]]) -> list[Json]:
        return [self._named(table, row) for row in after[table] - before[table]]

    def _named(self, table: str, row: Row) -> Json:
        return dict(zip(self._columns[table], row, strict=True))

    def _changed(self, before: Mapping[str, set[Row]], after: Mapping[str, set[Row]]) -> Iterator[str]:
        """Yield what was added, changed or taken away, without what is drawn by lot or a hash of the rest."""
        for table in after:
            for sign, rows in (("+", after[table] - before[table]), ("-", before[table] - after[table])):
                for row in rows:
                    bare = self._bare(table, self._named(table, row))
                    yield f"{sign} {table} {json.dumps(bare, default=repr, sort_keys=True)}"

    def _bare(self, table: str, row: Json) -> Json:
        left_out = _DRAWN.get(table, set()) | ({"data"} if table == "steps" else set())
        kept = {column: self._value(column, value) for column, value in row.items() if column not in left_out}
        if table == "steps":
            kept["data"] = _without(_step(row))
        return {**kept, "number": 0} if "number" in kept else kept

    def _value(self, column: str, value: Any) -> Any:
        if isinstance(value, bytes) and not value.startswith(b"\x89PNG"):
            return f"sealed, {len(value)} bytes"
        if isinstance(value, int) and value > 1_700_000_000_000_000:
            return self._moment(value)
        if column == "payload":
            return _without(json.loads(value))
        if column == "receipt" and value:
            return {**json.loads(value), "at": ""}  # the chat's own clock
        return value

    def _moment(self, micros: int) -> object:
        away = micros - int(self.clock.at.timestamp() * 1_000_000)
        return f"now {away:+}" if away > -_FRESH else "then" if away > -_DAY else micros

    def _plain(self, line: str, run: str) -> str:
        named = re.sub(rf"\b{run}\b", "RUN", line)  # not the same four letters in the midst of an id
        bare = _ID.sub("id", _NOW.sub("now", named))
        return _NUMBER.sub("#", re.sub(r"RUN-[\w-]{22}", "RUN-id", _OPAQUE.sub("id", bare)))

    def _marks(self) -> dict[str, int]:
        posted = self.slack.calls("chat.postMessage")
        return {"slack": len(posted), "hook": len(self.hook.asked), "discord": len(self.discord.asked),
                "messages": sum(map(len, self.discord.messages.values())), "files": len(self._files())}  # fmt: skip

    def _files(self) -> list[Path]:
        return sorted((self.folder / "home" / "outbox").rglob("*.*"), key=lambda path: path.stat().st_mtime_ns)

    def _bodies(self, marks: Mapping[str, int]) -> Mapping[str, list[Json]]:
        posted = [{**told, "metadata": "", "client_msg_id": ""} for told in self.slack.calls("chat.postMessage")]
        said = [one for messages in self.discord.messages.values() for one in messages]
        kept = ("components", "content", "embeds", "flags", "attachments")
        return {
            "slack": posted[marks["slack"] :],
            "discord": [
                {**{k: v for k, v in one.items() if k in kept}, "pinged": sorted(pinged)}
                for one, pinged in zip(said, self.discord.pings, strict=True)
            ][marks["messages"] :],
            "webhook": [json.loads(one.body) for one in self.hook.asked[marks["hook"] :]],
            "file": [{"html": path.read_text("utf-8")} for path in self._files()[marks["files"] :]],
        }


def _step(row: Json) -> Json:
    """Return what a step has left, as its row holds it."""
    data = row["data"]
    if row["name"] == "collect":
        lines = gzip.decompress(data).decode().splitlines()
        return {"lines": [json.loads(line) for line in lines]}
    found = json.loads(data)
    return found if isinstance(found, dict) else {"value": found}


def _without(value: Any) -> Any:
    """Return a card, a message or a step without the block of the model, wherever it stands in it."""
    if isinstance(value, dict):
        ours = value.get("kind") == "remark" or (
            ("block_id" in value or value.get("type") == 10) and MODEL in str(value)
        )
        return None if ours else {k: _without(one) for k, one in value.items() if k not in ("aside", "notes")}
    if isinstance(value, list):
        return [_without(one) for one in value]
    if isinstance(value, str) and MODEL in value:
        head, _, rest = value.partition(MODEL)
        foot = _FOOT.search(rest)  # after it come footnotes of what the block says
        return head.rstrip("*").rstrip() + ("" if foot is None else foot[0].rstrip("*"))
    return value


@contextmanager
def _around() -> Iterator[tuple[Provider, Stand, Discord]]:
    with model_provider() as provider, slack() as stand, discord() as there:
        there.add_channel("eng")
        yield provider, stand, there


@asynccontextmanager
async def house(
    folder: Path, sources: Sequence[str], *, chats: bool = True, seconds: float = 45.0
) -> AsyncIterator[House]:
    """Start a bot; `sources`: what its first ones are. Without `chats` it posts to a webhook and a folder alone."""
    clock = FixedClock()
    with _around() as (provider, stand, there):
        settings = Settings(
            home=with_tables(folder / "home"), git_roots=(folder,), data_roots=(folder,), language="en",
            time_zone="UTC", database_url=None,
            egress_allow=("127.0.0.1",), anthropic_api_key=SecretStr(KEY), anthropic_api_url=provider.url,
            slack_bot_token=SecretStr("xoxb-CANARY-1"), slack_api_url=stand.url, discord_token=SecretStr(there.token),
            discord_api_url=there.url, model_seconds=seconds,
        )  # fmt: skip
        async with outside(saying(response(204))) as hook, running(settings, clock) as app:
            made = House(Talk(app), provider, stand, there, hook, folder, clock)
            places = ["file name=shelf folder=x form=html", f"webhook name=hook url={hook.url('/hook')}"]
            places += ["slack channel=#eng", "discord name=disc channel=#eng"] if chats else []
            made.places = "shelf,hook,#eng,disc" if chats else "shelf,hook"
            await made.do(*(f"/source add {one}" for one in sources), *(f"/destination add {one}" for one in places))
            await made.do("/arb settings models=claude usd_a_run=1000 usd_a_day=1000 usd_a_month=1000")
            yield made
