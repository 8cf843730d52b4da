"""The words of a run: its own, and a language model's remark beside them, checked and labelled."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace
from decimal import ROUND_UP, Decimal

from analyzers.words.builtin import BuiltIn
from analyzers.words.fields import fields_of
from analyzers.words.gate import check
from analyzers.words.slots import filled
from model.card import Block, Figure, Remark
from model.errors import NarratorError
from model.ids import SourceId
from model.language import Language, Message
from model.ledger import Ledger
from model.report import Run, Snapshot
from model.words import Aside, Brief, Checked, Narrator
from reports.targets import standings_of
from storage.database import Database

_MOST_NAMES = 200  # characters of the sources in a label
_TRIES = 2  # a draft, and once more with the reasons for what was refused


async def worded(snapshot: Snapshot, ledger: Ledger) -> Checked:
    """Return a run's own words about its ledger: the same snapshot always gives the same."""
    brief = brief_of(snapshot, ledger)
    return filled(await BuiltIn().narrate(brief), ledger, brief.language)


async def narrated(
    snapshot: Snapshot, ledger: Ledger, narrator: Narrator | None, closed: Collection[SourceId] = ()
) -> Checked:
    """Return a run's own words, and a language model's beside them where it has one.

    Nothing of what a model says, and nothing that goes wrong with it, changes anything but `aside`.
    """
    own = await worded(snapshot, ledger)
    if narrator is None:
        return own
    return replace(own, aside=await aside_of(shown_to_model(brief_of(snapshot, ledger), closed), narrator))


async def closed_sources(db: Database, run: Run) -> frozenset[SourceId]:
    """Return the sources of a run that no language model may see."""
    async with db.read(run.workspace) as stores:
        names = (await stores.workspaces.settings()).never_to_model
        return frozenset(source.id for source in await stores.sources.all() if source.name in names)


def remark_blocks(aside: Aside | None, ledger: Ledger, language: Language) -> tuple[Block, ...]:
    """Return the one block that holds a language model's words; none where a run has no model."""
    if aside is None:
        return ()
    if aside.why is not None:
        why = Message("{by} says nothing: {why}.", {"by": aside.by, "why": aside.why})
        return (Remark(language.say(why), ()),)
    return (Remark(_label(aside, ledger, language), tuple(said.line for said in aside.said)),)


def brief_of(snapshot: Snapshot, ledger: Ledger) -> Brief:
    """Return what a narrator is told of a run."""
    settings = snapshot.settings
    instruction = "\n".join(filter(None, (snapshot.template.instruction, settings.instruction)))
    language = Language(settings.language, snapshot.window.zone)
    return Brief(ledger, instruction, language, settings.people, targets=standings_of(snapshot, ledger))


def shown_to_model(brief: Brief, closed: Collection[SourceId]) -> Brief:
    """Return the brief with what a language model may be shown; names of persons are masked where none is named."""
    fields = fields_of(brief.ledger, brief.language, brief.people, closed)
    coverage = tuple(c for c in brief.ledger.coverage if c.source not in closed)
    names = () if brief.people else tuple(_persons(brief.ledger))
    return replace(brief, ledger=replace(brief.ledger, coverage=coverage), fields=fields, names=names)


def _persons(ledger: Ledger) -> Iterable[str]:
    yield from (value for fact in ledger.facts for name, value in fact.labels if name == "author")
    yield from (f.record.actor for f in ledger.findings if f.record.actor is not None)


async def aside_of(brief: Brief, narrator: Narrator) -> Aside:
    """Return what a language model says to a brief, checked; where it says nothing that holds, why."""
    if not brief.fields.facts:
        return Aside((), narrator.name, Decimal(0), 0, 0, Message("no figure here may be shown to it"))
    best, by, cost = Checked((), ()), narrator.name, Decimal(0)
    for _ in range(_TRIES):
        try:
            draft = await narrator.narrate(brief)
        except NarratorError as error:
            if best.said:
                break
            return Aside((), by, cost, 0, len(best.refusals), error.message)
        by, cost = draft.by, cost + draft.cost
        checked = check(draft, brief.ledger, brief.fields, brief.language)
        best = checked if len(checked.said) >= len(best.said) else best
        if not checked.refusals:
            break
        brief = replace(brief, refused=checked.refusals)
    why = None if best.said else Message("none of its sentences could be proved")
    figures = sum(isinstance(node, Figure) for said in best.said for node in said.line)
    return Aside(best.said, by, cost, figures, len(best.refusals), why)


def _names(ledger: Ledger) -> str:
    names = ", ".join(c.name for c in ledger.coverage)
    return names if len(names) <= _MOST_NAMES else names[: _MOST_NAMES - 1] + "…"


def _label(aside: Aside, ledger: Ledger, language: Language) -> str:
    say = language.say
    parts = [
        aside.by,
        say(Message("{n} of {n} {n:figure|figures} checked", {"n": aside.figures})),
        *([f"${aside.cost.quantize(Decimal('0.001'), ROUND_UP)}"] if aside.cost else []),
        say(Message("sources: {names}", {"names": _names(ledger)})),
    ]
    if aside.refused:
        parts.append(say(Message("{n} {n:sentence|sentences} dropped", {"n": aside.refused})))
    return " · ".join(parts)
