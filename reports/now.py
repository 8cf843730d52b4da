"""How things stand now: collect again what a run has read, and name what moved, figure by figure."""

from __future__ import annotations

import asyncio

from analyzers import ledger_of
from analyzers.diff import FactMoved, FindingMoved, Movement, moved
from analyzers.query import Found, look
from model.card import Block, Footer, Heading, Text, text_line
from model.language import Language, Message
from model.ledger import Ledger
from model.report import Run, Snapshot
from reports.answers import answer_blocks
from reports.board import Board
from reports.freezing import frozen
from reports.moved import moved_blocks
from reports.steps import Workshop

_ANEW = 0.0  # seconds for which what was read would do: nothing does


async def told_now(
    shop: Workshop, board: Board, run: Run, then: Snapshot, found: Found, language: Language
) -> tuple[Block, ...]:
    """Read a run's sources again and return what a question finds now, with what moved since its snapshot `then`.

    Raises:
        UsageError: what is asked is not known any more.
    """
    now = await frozen(shop.db, shop.reach, shop.clock, run, board.reading, _ANEW, then)
    ledger, earlier = await asyncio.to_thread(ledger_of, now), await shop.ledger(run)
    people = run.settings.people
    blocks: list[Block] = list(_unread(now, language))
    if found.query.what != "changes":
        blocks += answer_blocks(look(found.query, now, ledger, language), language)
        blocks.append(Heading(language.say(Message("What moved since the report"))))
    blocks += moved_blocks(differences(earlier, ledger, found.query.metric), language, people)
    return (*blocks, _as_of(run, then, now, language))


def differences(then: Ledger, now: Ledger, metric: str = "") -> tuple[Movement, ...]:
    """Return exactly what differs between two ledgers: of one metric, or of all with what came and went."""
    return tuple(
        m
        for m in moved(then, now)
        if (isinstance(m, FactMoved) and metric in ("", m.metric))
        or (isinstance(m, FindingMoved) and not metric and m.state != "still")
    )


def _unread(now: Snapshot, language: Language) -> tuple[Block, ...]:
    """Say what could not be read again: its figures are not known now."""
    names = [c.name for c in now.coverage if c.read < c.of]
    if not names:
        return ()
    said = Message("{names} could not be read just now.", {"names": language.listed(names)})
    return (Text((text_line(language.say(said)),)),)


def _as_of(run: Run, then: Snapshot, now: Snapshot, language: Language) -> Footer:
    values = {"now": language.instant(now.taken), "then": language.instant(then.taken)}
    parts = (
        language.say(Message("As of {now}, beside {then}", values)),
        then.window.spoken(language),
        language.say(Message("run {name}", {"name": run.name})),
    )
    return Footer(text_line(" · ".join(parts)))
