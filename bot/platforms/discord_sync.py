"""Tell Discord of our commands, where they are others than it was told last."""

from __future__ import annotations

from typing import Any

from bot.platforms.discord_tree import digest, tree
from commands import COMMANDS
from model.clock import Clock
from model.errors import DeliveryError
from model.health import Check, Health
from model.language import Message
from storage.database import Database
from storage.owners import Owner
from writers.discord_rest import Rest

_LEASE = 60.0  # seconds in which one process tells it


async def sync(db: Database, rest: Rest, owner: Owner, clock: Clock, prefix: str = "", *, anew: bool = False) -> bool:
    """Tell Discord of the commands; True where that was needed. `anew`: whatever it was told last.

    Raises:
        DeliveryError: Discord does not take them.
        StorageBusy, LostLease: another process tells it.
    """
    made = tree(COMMANDS, prefix)
    application: dict[str, Any] = await rest.ask("GET", "/applications/@me")
    name, wanted = _duty(str(application["id"])), digest(made)
    if not anew and await db.duties.mark(name) == wanted:
        return False
    duty = await db.duties.claim(name, owner, clock.now(), _LEASE)
    if duty is None:
        return False
    await rest.ask("PUT", f"/applications/{application['id']}/commands", [dict(one) for one in made], harmless=True)
    await db.duties.done(duty, wanted)
    return True


async def commands_checks(db: Database, rest: Rest, prefix: str = "") -> tuple[Check, ...]:
    """Tell whether Discord knows the commands as they are now; nothing where it does not answer."""
    try:
        application: dict[str, Any] = await rest.ask("GET", "/applications/@me")
        told = await rest.ask("GET", f"/applications/{application['id']}/commands")
    except DeliveryError:  # other checks say why
        return ()
    part, made = Message("Commands in Discord"), tree(COMMANDS, prefix)
    there = {str(one["name"]) for one in told}
    known = await db.duties.mark(_duty(str(application["id"]))) == digest(made)
    if known and {str(one["name"]) for one in made} <= there:
        return (Check(part, Health.OK, Message("Discord knows all {n} of them.", {"n": len(COMMANDS)})),)
    means = Message("Discord does not know the commands as they are now.")
    do = Message("arb run tells it when it starts; or now: arb discord sync")
    return (Check(part, Health.ATTENTION, means, do),)


def _duty(application: str) -> str:
    return f"discord commands {application}"
