"""Names that complete what somebody types: what is stored under them, and what is built in."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Literal

from model.delivery import NamedDestination
from model.form import Names
from model.member import Member
from model.source import Source
from reports.templates import builtin
from sources.add import kinds
from storage.models import NamedModel
from storage.stores import Stores

_RUNS = 20  # the newest


async def names(stores: Stores, what: Names, member: Member | None) -> tuple[str, ...]:
    """Return the names of a kind that a member may use, each once; None: somebody who was never here."""
    return tuple(dict.fromkeys(await _found(stores, what, member)))


def matching(known: Sequence[str], typed: str, most: int) -> tuple[str, ...]:
    """Return up to `most` names that what was typed may mean: those that begin with it before those that hold it."""
    wanted = typed.strip().casefold()
    begins = [name for name in known if name.casefold().startswith(wanted)]
    holds = [name for name in known if wanted in name.casefold() and name not in begins]
    return tuple((begins + holds)[:most])


async def _found(stores: Stores, what: Names, member: Member | None) -> Sequence[str]:
    match what:
        case "template":
            return [*builtin(), *(one.name for one in await stores.templates.all() if one.shared)]
        case "report":
            return [*await _reports(stores, member), *await _found(stores, "template", member)]
        case "run":
            runs = [] if member is None else await stores.runs.list(_RUNS, by=member)
            return ["last", *(run.name for run in runs), *await _reports(stores, member)]
        case "schedule":
            own = [] if member is None else await stores.schedules.seen(member)
            return [f"#{schedule.number}" for schedule in own]
        case "target":
            return [target.metric for target in await stores.targets.all()]
        case "kind":
            return kinds()
        case _:
            return await _named(stores, what)


async def _named(stores: Stores, what: Literal["source", "destination", "member", "model"]) -> Sequence[str]:
    rows: Mapping[str, Callable[[], Awaitable[Sequence[Source | NamedDestination | Member | NamedModel]]]] = {
        "source": stores.sources.all,
        "destination": stores.destinations.all,
        "member": stores.members.all,
        "model": stores.models.all,
    }
    return [one.name for one in await rows[what]()]


async def _reports(stores: Stores, member: Member | None) -> Sequence[str]:
    return [] if member is None else [report.name for report in await stores.reports.seen(member)]
