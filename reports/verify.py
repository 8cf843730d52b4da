"""Verify a run: rebuild facts, words and card from its snapshot and compare them with what was stored."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace

from pydantic import ValidationError

from analyzers import ledger_of, versions
from model.card import CARD
from model.ledger import LEDGER, Fact, Ledger
from model.report import Run
from model.words import CHECKED, Checked
from reports.compose import compose
from reports.narrating import worded
from reports.run import run_hash
from reports.snapshot import damaged, unpack
from reports.steps import Workshop


@dataclass(frozen=True, slots=True)
class Difference:
    """A fact that is not what it was; None stands for a fact that is not there."""

    stored: Fact | None
    rebuilt: Fact | None


@dataclass(frozen=True, slots=True)
class Verdict:
    """What a rebuild has shown."""

    stored: str  # the hash that the run ended with
    rebuilt: str  # the hash of the rebuild
    differences: tuple[Difference, ...]
    versions: tuple[tuple[str, int, int], ...]  # (metric, version then, version now), where they differ
    findings: bool  # whether what needs somebody is the same
    words: bool  # whether the sentences are the same
    card: bool  # whether the card is the same

    @property
    def same(self) -> bool:
        """Whether everything is identical: the hash, and each row that it was made from."""
        rows = not self.differences and self.findings and self.words and self.card
        return rows and self.stored == self.rebuilt


async def verify(run: Run, workshop: Workshop) -> Verdict:
    """Rebuild a finished run. Raises ArbError where its snapshot is damaged."""
    collected = await workshop.done(run, "collect")
    snapshot = await asyncio.to_thread(unpack, collected)
    measured, narrated = await workshop.done(run, "measure"), await workshop.done(run, "narrate")
    stored, checked = _ledger(measured), _checked(narrated)
    ledger = await asyncio.to_thread(ledger_of, snapshot)
    # A model's words cannot be made again: they stay as they were checked.
    checked = replace(await worded(snapshot, ledger), aside=checked.aside)
    card = await compose(run.name, snapshot, ledger, checked, workshop.render)
    rebuilt = LEDGER.dump_json(ledger), CHECKED.dump_json(checked), CARD.dump_json(card)
    return Verdict(
        stored=run.hash or "",
        rebuilt=run_hash(collected, *rebuilt),
        differences=tuple(_differences(stored, ledger)),
        versions=tuple(_newer(snapshot.metrics)),
        findings=stored.findings == ledger.findings,
        words=rebuilt[1] == narrated,
        card=rebuilt[2] == await workshop.done(run, "write"),
    )


def _ledger(data: bytes) -> Ledger:
    try:
        return LEDGER.validate_json(data)
    except ValidationError as error:
        raise damaged() from error


def _checked(data: bytes) -> Checked:
    try:
        return CHECKED.validate_json(data)
    except ValidationError as error:
        raise damaged() from error


def _differences(stored: Ledger, rebuilt: Ledger) -> Iterator[Difference]:
    then = {(f.metric, f.labels): f for f in stored.facts}
    now = {(f.metric, f.labels): f for f in rebuilt.facts}
    for key in [*then, *(k for k in now if k not in then)]:
        if _content(then.get(key)) != _content(now.get(key)):
            yield Difference(then.get(key), now.get(key))


def _content(fact: Fact | None) -> object:
    """Return what counts of a fact: its position may move when another one appears."""
    return None if fact is None else (fact.value, fact.before, fact.unit, fact.sources, fact.evidence, fact.counted)


def _newer(frozen: Mapping[str, int]) -> Iterator[tuple[str, int, int]]:
    now = versions()
    for metric in sorted(frozen.keys() | now.keys()):
        if frozen.get(metric, 0) != now.get(metric, 0):
            yield metric, frozen.get(metric, 0), now.get(metric, 0)
