"""Run a report: its steps in order, each a row; whoever holds the claim may take it up at any point."""

from __future__ import annotations

import asyncio
import hashlib
import logging
from collections.abc import Coroutine, Mapping, Sequence
from functools import partial

from model.clock import Clock
from model.errors import ArbError, LostLease, StorageBroken, StorageBusy
from model.ids import RunId
from model.language import Message
from model.report import HASHED, STEPS, Run, RunState
from reports.posting import tell_failure
from reports.progress import Gauge
from reports.snapshot import content_hash
from reports.steps import Along, Step, step_of
from storage.claims import Claim
from storage.database import Database
from storage.owners import Owner
from storage.steps import Finished
from storage.stores import Stores

_log = logging.getLogger(__name__)
LEASE = 15.0  # seconds; renewed three times within it; so long others wait for a machine that is no more
_MOST_CLAIMS = 20  # a run that ends every process that takes it up must not do so for ever
TOGETHER = 0.05  # seconds of work that may be unwritten: to do it again costs less than a transaction
_DEADLINE = 1800.0  # seconds that a run may take before it fails


async def execute(
    db: Database,
    claim: Claim,
    owner: Owner,
    steps: Mapping[str, Step],
    clock: Clock,
    lease: float = LEASE,
    together: float = TOGETHER,
    gauge: Gauge | None = None,
) -> None:
    """Do what is still undone of a claimed run; a step is done if and only if its row exists.

    Steps that took less than `together` seconds are written in one transaction with the next.
    Somebody else taking the run over is no error here: nothing more is written. A step's own failure ends the run
    as failed, with the reason in words. `gauge`: what the steps tell how far they are.

    Raises:
        StorageBusy: or StorageBroken; the run is left as it stands, for whoever takes it up.
    """
    gauge = gauge or Gauge()
    beside = [_renew(db, claim, owner, clock, lease), gauge.keep(db, claim, clock)]
    tasks = [asyncio.create_task(one) for one in beside]
    try:
        async with asyncio.timeout(_DEADLINE) as deadline:
            await _while_ours(_walk(db, claim, steps, clock, together, gauge), tasks[0])
    except LostLease:
        _log.info("run %s was taken over", claim.id)
    except (StorageBusy, StorageBroken):
        raise
    except TimeoutError:
        if not deadline.expired():
            raise
        await fail(db, claim, Message("It took longer than {minutes} minutes.", {"minutes": int(_DEADLINE // 60)}))
    except ArbError as error:
        await fail(db, claim, error.message)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _while_ours(work: Coroutine[None, None, None], renewing: asyncio.Task[None]) -> None:
    """Do the work; once renewing tells that somebody else has it, or cancelled it, stop at once."""
    working = asyncio.create_task(work)
    try:
        await asyncio.wait((working, renewing), return_when=asyncio.FIRST_COMPLETED)
    finally:
        working.cancel()
        await asyncio.gather(working, return_exceptions=True)
    if working.cancelled():
        renewing.result()
    else:
        working.result()


async def _walk(
    db: Database, claim: Claim, steps: Mapping[str, Step], clock: Clock, together: float, gauge: Gauge
) -> None:
    run, there = claim.run, set[str]()
    if claim.fence > 1:  # somebody has begun it
        async with db.read(claim.workspace) as stores:
            there = {name for name, *_ in await stores.runs.steps(run.id)}
    if claim.attempts > _MOST_CLAIMS:
        raise ArbError("It was taken up {n} times and never finished.", n=claim.attempts - 1)
    walked: dict[str, bytes] = {}
    held: list[Finished] = []
    along: list[Along] = []
    for name, step in steps.items():
        if name in there:
            continue
        gauge.begin(name)
        began = clock.monotonic()
        try:
            made = await step(run)
        except ArbError:  # the run fails: what was done before stands
            await _keep(db, claim, held)
            raise
        held.append(Finished(name, made.data, clock.monotonic() - began))
        walked[name] = made.data
        along += [made.along] if made.along is not None else []
        last = name == STEPS[-1]
        if not last and sum(one.seconds for one in held) < together:
            continue
        hash = await _hash(db, run, walked) if last else None
        shown = gauge.noted or claim.fence > 1  # how far it is
        await db.briefly(claim.workspace, partial(_finish, claim, held, along, hash, forget=last and shown))
        held, along = [], []


async def _finish(
    claim: Claim, held: Sequence[Finished], along: Sequence[Along], hash: str | None, stores: Stores, *, forget: bool
) -> None:
    await stores.runs.finish_all(claim.run.id, held, claim.fence, hash)
    for write in along:  # now that the run's row is held, nobody else shows how far it is
        await write(stores)
    if forget:
        await stores.progress.forget(claim.run.id)


async def _keep(db: Database, claim: Claim, held: Sequence[Finished]) -> None:
    await db.briefly(claim.workspace, partial(_finish, claim, held, (), None, forget=False))


async def _hash(db: Database, run: Run, walked: Mapping[str, bytes]) -> str:
    """Return the run's hash; what was made before it was taken up is read from its rows."""
    rows = [walked[name] if name in walked else await step_of(db, run.workspace, run.id, name) for name in HASHED]
    return run_hash(*rows)


async def fail(db: Database, claim: Claim, reason: Message) -> None:
    """End a claimed run as failed, unless somebody else has it by now."""
    try:
        async with db.write(claim.workspace) as stores:
            await stores.runs.conclude(RunId(claim.id), RunState.FAILED, claim.fence, failure=reason)
            await tell_failure(stores, await stores.runs.of(RunId(claim.id)), reason)
            await stores.progress.forget(RunId(claim.id))
    except LostLease:
        _log.info("run %s was taken over", claim.id)


async def _renew(db: Database, claim: Claim, owner: Owner, clock: Clock, lease: float) -> None:
    while True:
        await clock.sleep(lease / 3)
        try:
            await db.claims.renew(claim, owner, lease)
        except (StorageBusy, StorageBroken) as error:  # the next one may be in time
            _log.info("run %s could not be renewed: %s", claim.id, error)


def run_hash(collected: bytes, measured: bytes, narrated: bytes, written: bytes) -> str:
    """Return the hash of a run, in hex: over its snapshot, its facts, its words and its card."""
    rows = (measured, narrated, written)
    parts = (content_hash(collected), *(hashlib.sha256(row).hexdigest() for row in rows))
    return hashlib.sha256("\n".join(parts).encode("ascii")).hexdigest()
