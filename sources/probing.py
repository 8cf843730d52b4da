"""Probe what is due, and write down what was seen: hours of each check, and what was down.

What a try found and when the probe is due again are one transaction, under the claim's fence: a prober that died, or
was overtaken, has written nothing, and the time of its try is not measured. Nothing is ever caught up on.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from pydantic import TypeAdapter

from collectors.probe import ProbeCollector, Try
from collectors.probe_config import ProbeConfig
from model.clock import Clock
from model.errors import AddressRefused
from model.probed import QUARTER, QUARTERS, Outage, Probed, Quarter
from model.record import Record
from model.source import Reach
from storage.database import Database
from storage.probes import ProbeClaim


@dataclass(frozen=True, slots=True)
class Standing:
    """How a check stands: its last try, and the failures in a row up to it."""

    last: datetime
    failures: int = 0
    since: datetime | None = None  # the first of them
    outage: Outage | None = None  # what they have been written down as


@dataclass(frozen=True, slots=True)
class State:
    """How the checks of a probe stand."""

    checks: Mapping[str, Standing] = field(default_factory=dict)


_STATE: TypeAdapter[State] = TypeAdapter(State)


async def probe(db: Database, claim: ProbeClaim, reach: Reach, clock: Clock) -> None:
    """Try the checks of a claimed probe and write down what was seen.

    Raises:
        LostLease: another prober has it; nothing was written.
        StorageBusy: nothing was written.
        UnknownName: the source is no longer there.
        ArbError: its configuration does not open.
    """
    async with db.read(claim.workspace) as stores:
        settings = await stores.sources.config(claim.source)
    collector = ProbeCollector(ProbeConfig.model_validate(settings), reach)
    problem: AddressRefused | None = None
    tries: Sequence[Try] = ()
    try:
        tries = await collector.tries()
    except AddressRefused as error:  # it says nothing about whoever is there
        problem = error
    every = timedelta(seconds=collector.config.every)
    stood, over = without(_state_of(claim.state), collector.config.checks)
    state, records = seen(stood, tries, collector.config.failures, every)
    async with db.write(claim.workspace) as stores:
        now = clock.now()
        await stores.probes.settle(claim, following(claim.due, now, every), _STATE.dump_json(state).decode())
        hours = [added(await stores.records.one(claim.source, "probed", _hour_key(t)), t, every) for t in tries]
        await stores.records.add(claim.source, [*hours, *over, *records])
        if problem is not None:
            await stores.sources.failed(claim.source, now, problem.message)


def following(due: datetime, now: datetime, every: timedelta) -> datetime:
    """Return when a probe is due next: in step with `due`, after `now`; slots that were missed are not caught up on."""
    if due > now:  # the clock was set back
        return now + every
    return due + ((now - due) // every + 1) * every


def seen(state: State, tries: Sequence[Try], failures: int, every: timedelta) -> tuple[State, Sequence[Record]]:
    """Return how the checks stand after their tries, and the outages that begin, go on or end with them."""
    checks = dict(state.checks)
    records: list[Record] = []
    for one in tries:
        before = checks.get(one.check, Standing(one.at))
        if before.outage is None and one.at - before.last > 2 * every:  # nobody saw what was between: not in a row
            before = Standing(one.at)
        if one.trouble is None:
            records += _over(before, one.at)
            checks[one.check] = Standing(one.at)
            continue
        since, number = before.since or one.at, before.failures + 1
        outage = Outage(one.check, one.trouble, one.said) if number >= failures else None
        checks[one.check] = Standing(one.at, number, since, outage)
        records += [] if outage is None else [_outage(outage, since, None)]
    return State(checks), records


def without(state: State, names: Collection[str]) -> tuple[State, Sequence[Record]]:
    """Return the state of these checks alone, and what ends as the others are tried no more."""
    gone = [one for name, one in state.checks.items() if name not in names]
    left = {name: one for name, one in state.checks.items() if name in names}
    return State(left), [record for one in gone for record in _over(one, one.last)]


def added(record: Record | None, one: Try, every: timedelta) -> Record:
    """Return the record of a check's hour with one more try in it."""
    began = one.at.replace(minute=0, second=0, microsecond=0)
    body = record.body if record is not None else None
    quarters = list(body.quarters if isinstance(body, Probed) else (Quarter(),) * QUARTERS)
    at = (one.at - began) // QUARTER
    seconds, quarter = int(every.total_seconds()), quarters[at]
    if one.trouble is None:
        quarters[at] = replace(quarter, up=quarter.up + seconds, took=(*quarter.took, one.took))
    else:
        quarters[at] = replace(quarter, down=quarter.down + seconds)
    last = began + (QUARTERS - 1) * QUARTER
    return Record(_hour_key(one), began, last, one.check, None, Probed(one.check, tuple(quarters)))


def _over(standing: Standing, at: datetime) -> Sequence[Record]:
    """Return the record of an outage that is over, if there was one."""
    if standing.outage is None or standing.since is None:
        return ()
    return (_outage(standing.outage, standing.since, at),)


def _outage(body: Outage, since: datetime, ended: datetime | None) -> Record:
    return Record(f"{body.check} {since:%Y-%m-%dT%H:%M:%SZ}", since, ended, body.check, None, body)


def _hour_key(one: Try) -> str:
    return f"{one.check} {one.at:%Y-%m-%dT%H}"


def _state_of(text: str) -> State:
    return _STATE.validate_json(text) if text else State()
