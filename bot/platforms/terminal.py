"""The terminal as a platform: one line at a time, or a chat; the same door as everywhere."""

from __future__ import annotations

import asyncio
import json
import shutil
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Literal

from bot.app import App
from bot.platforms.status_line import StatusLine
from commands.door import Answer, Visitor
from model.card import Action, Attachment, Block, Card, Fields, Remark, Table, Text, Tone, files_of, plain, text_line
from model.delivery import Address, Platform
from model.errors import StorageBroken, StorageBusy
from model.form import Form
from model.ids import EventId, QuestionId, RunId, row_id
from model.language import Code, Language, Message
from model.member import Member
from model.question import QuestionState
from model.report import RunState
from reports.live import how_far
from storage.deliveries import OPEN
from storage.home import EXPORTS
from storage.questions import OPEN as OPEN_QUESTION
from writers import plain as plain_text
from writers import terminal as terminal_text

Kind = Literal["card", "form", "progress", "error"]
_LOOK_AGAIN = 0.2  # seconds between two looks at a run that another process does
_WATCH = 1.0  # seconds between two looks at how far a run is


@dataclass(frozen=True, slots=True)
class Saved:
    """A file that came with a card, where it lies now."""

    name: str
    media_type: str
    path: str
    size: int


@dataclass(frozen=True, slots=True)
class Said:
    """One message of the bot; a form also stands as a card, for where it cannot be filled in."""

    kind: Kind
    card: Card
    files: tuple[Saved, ...] = ()
    form: Form | None = None

    def as_json(self) -> str:
        """Return the message as one line of JSON."""
        return json.dumps(
            {
                "kind": self.kind,
                "title": self.card.title,
                "text": plain_text.render(self.card),
                "actions": [{"label": a.label, "id": a.id} for a in self.card.actions],
                "fields": self._fields(),
                "private": self.card.private,
                "files": [
                    {"name": f.name, "media_type": f.media_type, "path": f.path, "size": f.size} for f in self.files
                ],
                "run": self.card.run,
            },
            ensure_ascii=False,
        )

    def _fields(self) -> list[dict[str, object]]:
        if self.form is not None:
            return [{**asdict(f), "choices": [value for value, _ in f.choices]} for f in self.form.fields]
        pairs = [pair for block in self.card.blocks if isinstance(block, Fields) for pair in block.fields]
        return [{"name": name, "value": plain(line)} for name, line in pairs]


@dataclass(slots=True)
class Terminal:
    """One person at a terminal, in one workspace."""

    app: App
    user: str
    workspace: str
    language: Code | None
    show: Callable[[Said], None]
    actions: Sequence[Action] = field(default=())  # of the newest card
    form: Form | None = None  # where the newest message is one
    status: StatusLine | None = None  # where there is a line to say on how far a run is

    @property
    def platform(self) -> Platform:
        """Return the platform that this is."""
        return Platform.TERMINAL

    @property
    def address(self) -> Address:
        """Return where this person sits, in this process."""
        return Address(Platform.TERMINAL, self.workspace, self.user, self.app.owner.id)

    @asynccontextmanager
    async def seated(self) -> AsyncIterator[None]:
        """Show what is sent to this person for the length of the block; first what has waited for him."""
        with self.app.screens.open(self.address, self._arrived):
            await self.app.outbox.drain(near=True)
            yield

    async def say(self, line: str) -> bool:
        """Say a line; show the answer and the report that follows it. Returns whether all went well."""
        async with self.seated():
            return await self._answered(await self.app.door.say(self._event(), self._visitor(), line))

    async def press(self, id: str) -> bool:
        """Press a button; like `say`."""
        async with self.seated():
            return await self._answered(await self.app.door.press(self._event(), self._visitor(), id))

    async def submit(self, id: str, values: Mapping[str, str]) -> bool:
        """Submit a form that was filled in; like `say`."""
        async with self.seated():
            return await self._answered(await self.app.door.submit(self._event(), self._visitor(), id, values))

    async def _answered(self, answer: Answer | None) -> bool:
        if answer is None:
            return True
        if isinstance(answer.shows, Form):
            self._tell(Said("form", form_card(answer.shows, self._language()), form=answer.shows))
            return True
        if answer.awaits is not None and answer.member is not None and not answer.error:
            async with self._watched(partial(self._coming, answer.awaits)):
                return await self._await(answer.awaits, answer.member)
        files = await self._save(files_of(answer.shows), answer.member)
        follows = answer.follows is not None
        self._tell(Said("error" if answer.error else "progress" if follows else "card", answer.shows, files))
        if answer.follows is None or answer.member is None:
            return not answer.error
        async with self._watched(partial(self._how_far, answer.follows, answer.member)):
            return await self._follow(answer.follows, answer.member)

    async def _follow(self, run: RunId, member: Member) -> bool:
        """Do the run, or wait for whoever does it, until all that it sends here is shown."""
        while True:
            await self.app.runs.drain()
            await self.app.outbox.drain(near=True)
            async with self.app.workshop.db.read(member.workspace) as stores:
                found = await stores.runs.of(run)
                coming = [d for d in await stores.deliveries.of_run(run) if d.to == self.address]
            if found.state in (RunState.DONE, RunState.FAILED) and all(one.state not in OPEN for one in coming):
                break
            await self.app.workshop.clock.sleep(_LOOK_AGAIN)
        if not coming and found.state is RunState.FAILED:  # it was cancelled from elsewhere
            shown = await self.app.door.say(self._event(), self._visitor(), f"/report show {found.name}")
            if shown is not None and isinstance(shown.shows, Card):
                self._tell(Said("error", shown.shows))
        return found.state is RunState.DONE

    async def _await(self, question: QuestionId, member: Member) -> bool:
        """Answer a question, or wait for whoever does, until the answer is shown."""
        while True:
            await self.app.questions.drain()
            await self.app.outbox.drain(near=True)
            async with self.app.workshop.db.read(member.workspace) as stores:
                found = await stores.questions.of(question)
                delivery = None if found.delivery is None else await stores.deliveries.of(found.delivery)
            if found.state not in OPEN_QUESTION and (delivery is None or delivery.state not in OPEN):
                return found.state is QuestionState.DONE
            await self.app.workshop.clock.sleep(_LOOK_AGAIN)

    @asynccontextmanager
    async def _watched(self, look: Callable[[], Awaitable[str]]) -> AsyncIterator[None]:
        """Say on the status line how far something is, for the length of the block."""
        if self.status is None:
            yield
            return
        watching = asyncio.create_task(self._watch(self.status, look))
        try:
            yield
        finally:
            watching.cancel()
            await asyncio.gather(watching, return_exceptions=True)
            self.status.clear()

    async def _watch(self, status: StatusLine, look: Callable[[], Awaitable[str]]) -> None:
        while True:
            await self.app.workshop.clock.sleep(_WATCH)
            with suppress(StorageBusy, StorageBroken):  # the next look may be better
                if now := await look():
                    status.show(now)
                else:
                    status.clear()

    async def _how_far(self, run: RunId, member: Member) -> str:
        async with self.app.workshop.db.read(member.workspace) as stores:
            found = await stores.runs.of(run)
            now = self._language().say(await how_far(stores, found))
        return f"{found.name} · {now}" if found.state in (RunState.WAITING, RunState.RUNNING) else ""

    async def _coming(self, question: QuestionId) -> str:
        """Return the newest line of an answer that is still on its way, and who says it."""
        said = [b for b in self.app.questions.coming(question) if isinstance(b, Text | Remark) and b.lines]
        who = [block.label for block in said[-1:] if isinstance(block, Remark)]
        return " ".join((*who, *(plain(block.lines[-1]) for block in said[-1:])))

    async def _arrived(self, card: Card) -> None:
        self._tell(Said("error" if card.tone is Tone.CRITICAL else "card", card))

    def _tell(self, said: Said) -> None:
        self.actions, self.form = said.card.actions, said.form
        if self.status is not None:
            self.status.clear()
        self.show(said)

    async def _save(self, attachments: Sequence[Attachment], member: Member | None) -> tuple[Saved, ...]:
        """Write a card's files into the data folder, each under its name."""
        saved = []
        folder = self.app.settings.home / EXPORTS
        if member is None:
            return ()
        for attachment in attachments:
            async with self.app.workshop.db.read(member.workspace) as stores:
                data = await stores.blobs.of(attachment.blob)
            path = folder / Path(attachment.name).name
            folder.mkdir(parents=True, exist_ok=True)
            path.write_bytes(data)
            saved.append(Saved(attachment.name, attachment.media_type, str(path.resolve()), len(data)))
        return tuple(saved)

    def _language(self) -> Language:
        settings = self.app.settings
        return Language(self.language or settings.language, settings.time_zone)

    def _visitor(self) -> Visitor:
        return Visitor(self.user, self.user, self.address, self.language)

    @staticmethod
    def _event() -> EventId:
        return EventId(f"terminal:{row_id()}")


def form_card(form: Form, language: Language) -> Card:
    """Return a form as a card: what to fill in, what is wrong, and how to submit it from a shell."""
    say = language.say
    rows = tuple(
        (
            text_line(f.name),
            text_line(f.label),
            text_line(say(Message("yes")) if f.required else ""),
            text_line(f.value or ""),
            text_line(f.error or ", ".join(label for _, label in f.choices)),
        )
        for f in form.fields
    )
    head = (Message("Field"), Message("What it is"), Message("Needed"), Message("Value"), Message("Note"))
    blocks: list[Block] = [Text((text_line(form.problem),))] if form.problem else []
    blocks.append(Table(tuple(say(h) for h in head), rows))
    missing = " ".join(f"{f.name}=…" for f in form.fields if f.required and not f.value)
    line = f"arb say --submit {form.submit.id} {missing}".strip()
    ways = [text_line(say(Message("Fill it in: {line}", {"line": line})))]
    if form.example:
        ways.append(text_line(say(Message("In one line: {example}", {"example": form.example}))))
    blocks.append(Text(tuple(ways)))
    return Card(form.title, tuple(blocks), language.code, (form.submit,), private=True)


def print_json(said: Said) -> None:
    """Print a message as one line of JSON."""
    print(said.as_json(), flush=True)  # noqa: T201


def print_card(said: Said) -> None:
    """Print a message for a person: in colour on a terminal, as plain lines elsewhere."""
    if sys.stdout.isatty():
        text = terminal_text.render(said.card, width=min(shutil.get_terminal_size().columns, 110), colour=True)
    else:
        text = plain_text.render(said.card)
    print(text, flush=True)  # noqa: T201
    for file in said.files:
        print(file.path, flush=True)  # noqa: T201
    print(flush=True)  # noqa: T201
