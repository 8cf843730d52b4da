"""The message of a question: how far it is while somebody waits, and then, in its place, the answer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

from delivery.mentions import addressed
from model.card import Action, Block, Card, Text, text_line
from model.language import Language, Message
from model.question import Question
from reports.steps import Along, Workshop
from storage.stores import Stores
from writers.direct import payloads_of

_FIRST = 1.0  # seconds after which it is shown: who is answered sooner sees the answer alone
_EVERY = 3.0  # seconds between two changes of a message: Slack and Discord count them
_LONGEST = 140  # characters of a question above its answer


@dataclass(slots=True)
class Board:
    """What is shown of one question while it is being answered."""

    shop: Workshop
    question: Question
    ring: Callable[[], None]
    blocks: Callable[[], Sequence[Block]] = field(default=tuple)  # what is known so far; none: nothing to show yet
    along: Along | None = None  # what is written with the answer, whatever it is

    async def keep(self) -> None:
        """Show what is known whenever that has changed, until cancelled. Raises LostLease."""
        if not self.question.asks.to.platform.shows_changes:
            return
        last: Sequence[Block] = ()
        await self.shop.clock.sleep(_FIRST)
        while True:
            now = tuple(self.blocks())
            if now and now != last:
                async with self.shop.db.write(self.question.workspace) as stores:
                    await put(stores, self.question, self._card(now))
                last = now
                self.ring()
            await self.shop.clock.sleep(_EVERY)

    def reading(self, done: int, of: int) -> None:
        """Note how many of the sources are read again."""
        said = Message("Reading sources: {done} of {of}", {"done": done, "of": of})
        line = text_line(Language(self.question.asks.language).say(said))
        self.blocks = lambda: (Text((line,)),)

    def _card(self, blocks: Sequence[Block]) -> Card:
        language = Language(self.question.asks.language)
        stop = Action(language.say(Message("Stop")), "ask stop", {"id": self.question.id}, once=True)
        card = Card(titled(self.question), tuple(blocks), language.code, (stop,))
        return replace(card, private=self.question.asks.to.private)


def titled(question: Question) -> str:
    """Return a question as it stands above its answer."""
    text = " ".join(question.asks.text.split())
    return f"“{text if len(text) <= _LONGEST else text[: _LONGEST - 1] + '…'}”"


async def put(stores: Stores, question: Question, card: Card) -> None:
    """Show a card as a question's message, in the place of what it showed before; part of the open transaction.

    Raises:
        LostLease: somebody else has the question, or it was stopped.
    """
    asks, known = question.asks, (await stores.questions.of(question.id)).delivery
    if known is not None:
        await stores.questions.shown(question, known)
    shown = await addressed(stores, card, asks.to.platform)
    shown = await stores.actions.bind(shown, asks.member if asks.to.private else None)
    payloads = payloads_of(shown, asks.to.platform)
    if known is None or not await stores.deliveries.revise(known, payloads):
        to = asks.to if known is None else asks.mine  # where it stood nothing can be said any more
        await stores.questions.shown(question, await stores.deliveries.put(to, payloads, language=card.language))
