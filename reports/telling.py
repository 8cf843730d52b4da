"""Have a run's figures told by language models: one after another, within time and money, each call in the books."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TypeVar

from analyzers.words.answer import Answer, read_answer
from analyzers.words.prompt import prompt_of
from analyzers.words.schema import schema_of
from delivery.telling import tell
from model.clock import Clock
from model.errors import NarratorError
from model.ids import MemberId, RunId, UsageId, WorkspaceId
from model.language import Message
from model.prompt import ModelAccess, Prompt, Tokens, Told, dollars, unheard
from model.report import BUILT_IN, Run
from model.words import Brief, Draft
from reports.models import Missing, Models
from storage.database import Database
from storage.stores import Stores
from storage.usage import Capped

T = TypeVar("T")
_LEAST = 0.5  # seconds in which nobody needs to be asked any more
_CAPS = {
    "run": Message("one report may cost {most} at most, and this one might have cost more"),
    "day": Message("one person's reports may cost {most} at most within a day, and more might have been needed"),
    "month": Message("language models may cost {most} at most in a month, and more might have been needed"),
}


@dataclass(frozen=True, slots=True)
class Books:
    """In whose name models are asked."""

    db: Database
    workspace: WorkspaceId
    member: MemberId
    run: RunId | None  # None: somebody tries a model

    async def begin(self, access: ModelAccess, prompt: Prompt) -> UsageId:
        """Note a call before it is made. Raises NarratorError where it might go beyond a cap; an admin is told once."""
        async with self.db.write(self.workspace) as stores:
            begun = await stores.usage.begin(self.member, self.run, access.model, access.price.most(prompt))
            if isinstance(begun, Capped) and begun.first:
                await _tell_admin(stores, begun)
        if isinstance(begun, Capped):
            raise NarratorError(_CAPS[begun.cap].text, hint=_raise_it(begun), most=dollars(begun.most))
        return begun


@dataclass(frozen=True, slots=True)
class _Note:
    """What came of a call; None: nobody says."""

    id: UsageId
    tokens: Tokens | None
    cost: Decimal | None


class Teller:
    """The narrator of one execution of a run; what it notes is written with the run's own row."""

    def __init__(
        self, books: Books, models: Models, chain: Sequence[ModelAccess], clock: Clock, missing: Missing | None = None
    ) -> None:
        self.name = chain[0].model if chain else "" if missing is None else missing.name  # who is asked first
        self.spent = Decimal(0)  # US dollars, since the last draft; where a vendor does not say: at most
        self.hear: Callable[[], Callable[[str], None]] = lambda: unheard  # who hears an answer as it comes, told anew
        self._books = books
        self._models = models
        self._chain = chain
        self._missing = missing
        self._clock = clock
        self._end = clock.monotonic() + models.seconds
        self._notes: list[_Note] = []

    async def narrate(self, brief: Brief) -> Draft:
        """Return a model's sentences, with what they and all that failed before them cost.

        The first model that gives some is the first that is asked for a second try.

        Raises:
            NarratorError: none of the models gave any; why the first did not.
        """
        written = prompt_of(brief)
        prompt = Prompt(written.system, written.user, schema_of(Answer))
        sentences, access, told = await self.first(prompt, read_answer)
        cost, self.spent = self.spent, Decimal(0)
        return Draft(sentences, access.model, told.tokens.all, cost)

    async def first(self, prompt: Prompt, read: Callable[[str], T]) -> tuple[T, ModelAccess, Told]:
        """Return what the first of the models says that can be read; it is the first that is asked from then on.

        Raises:
            NarratorError: none of them said anything of the kind; why the first did not.
        """
        failed = None if self._missing is None else NarratorError("{why}", why=self._missing.why)
        for at, access in enumerate(self._chain):
            left = self._end - self._clock.monotonic()
            if left < _LEAST:
                failed = failed or NarratorError("no time was left to ask it")
                break
            try:
                told = await self.told(access, prompt, left / (len(self._chain) - at))
                found = read(told.text)
            except NarratorError as error:
                failed = failed or error
                continue
            self._chain = self._chain[at:]
            return found, access, told
        raise failed or NarratorError("there is no model to ask")

    async def told(self, access: ModelAccess, prompt: Prompt, seconds: float) -> Told:
        """Return what a model says; the call is in the books before it is made. Raises NarratorError."""
        call = await self._books.begin(access, prompt)
        try:
            told = await self._models.make(access).ask(prompt, seconds, self.hear())
        except NarratorError as error:
            self._note(call, access, prompt, error.tokens, doubtful=error.doubtful)
            raise
        self._note(call, access, prompt, told.tokens)
        return told

    async def along(self, stores: Stores) -> None:
        """Write what the calls have cost: part of the transaction of what came of them."""
        for note in self._notes:
            await stores.usage.settle(note.id, note.tokens, note.cost)

    def _note(
        self, call: UsageId, access: ModelAccess, prompt: Prompt, tokens: Tokens | None, *, doubtful: bool = False
    ) -> None:
        cost = None if doubtful else Decimal(0) if tokens is None else access.price.of(tokens)
        self._notes.append(_Note(call, tokens, cost))
        self.spent += access.price.most(prompt) if cost is None else cost


async def teller_of(
    db: Database, models: Models, run: Run, clock: Clock, member: MemberId | None = None
) -> Teller | None:
    """Return who tells of a run's figures besides the built-in words; None: nobody is to.

    `member`: in whose name, where it is not whoever asked for the run.
    """
    wished = [name for name in (run.settings.model, *run.settings.otherwise) if name != BUILT_IN]
    if not wished:
        return None
    async with db.read(run.workspace) as stores:
        chain, missing = await models.chain(stores, wished)
    return Teller(Books(db, run.workspace, member or run.member, run.id), models, chain, clock, missing)


async def _tell_admin(stores: Stores, capped: Capped) -> None:
    why = replace(_CAPS[capped.cap], values={"most": dollars(capped.most)})
    rest = Message("Reports come in built-in words until then, or until the bound is higher.")
    await tell(stores, None, Message("Language models have used up what they may cost"), why, rest, _raise_it(capped))


def _raise_it(capped: Capped) -> Message:
    setting = {"setting": f"usd_a_{capped.cap}", "more": f"{capped.most * 2:f}"}
    return Message("An admin can raise it: /arb settings {setting}={more}", setting)
