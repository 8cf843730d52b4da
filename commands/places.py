"""Where it goes: names of destinations as people say them, channels among them, which are added when first named."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from pydantic import JsonValue

from commands.command import Context
from delivery.destinations import HERE, channel_said
from model.delivery import Address, Channel, NamedDestination
from model.errors import NotAllowed, UsageError
from model.language import Message
from model.member import Member, Role
from reports.places import addresses_of, own_name
from storage.stores import Stores

Said = Mapping[str, Channel]  # names of destinations as they were said → the channels that they mean


async def channels_said(ctx: Context, names: Sequence[str]) -> Said:
    """Ask the chat which channels are meant, before anything is written. Raises UsageError."""
    async with ctx.read() as stores:
        known = {one.name for one in await stores.destinations.all()}
    found: dict[str, Channel] = {}
    for name in names:
        channel = None if name in known else await channel_said(name, ctx.here, ctx.house.destinations)
        if channel is not None:
            found[name] = channel
    return found


async def going_to(ctx: Context, stores: Stores, names: Sequence[str], said: Said) -> tuple[str, ...]:
    """Return the names of destinations, each once; a channel that is none yet is added.

    Raises:
        UnknownName: there is none of a name.
        NotAllowed: a channel would have to be added, and the caller may not.
    """
    channels = [(await _entered(stores, said[name], ctx.member)).name if name in said else name for name in names]
    found = tuple(dict.fromkeys(own(ctx) if name == HERE else name for name in channels))
    await addresses_of(stores, found, ctx.member)
    return found


async def addresses_said(ctx: Context, stores: Stores, names: Sequence[str], said: Said) -> tuple[Address, ...]:
    """Return where names of destinations lead; nothing is added. Raises UnknownName."""
    others = [own(ctx) if name == HERE else name for name in names if name not in said]
    channels = [said[name].address for name in names if name in said]
    return tuple(dict.fromkeys((*await addresses_of(stores, others, ctx.member), *channels)))


async def added(stores: Stores, channel: Channel, member: Member, name: str | None = None) -> NamedDestination:
    """Add a channel as a destination. Raises UsageError where it is one already."""
    known = await stores.destinations.at(channel.address)
    if known is not None:
        raise UsageError(
            "{channel} is there already: it is called {name}.",
            hint=Message("See it: /destination show {name}", {"name": known.name}),
            channel=channel.name,
            name=known.name,
        )
    return await stores.destinations.add(
        name or channel.name, channel.address.platform.value, config_of(channel), member.id, channel.address
    )


def config_of(channel: Channel) -> Mapping[str, JsonValue]:
    """Return what is kept of a channel besides its address."""
    return {"channel": channel.address.target}


def own(ctx: Context) -> str:
    """Return what the caller's own place is called where he speaks."""
    return own_name(ctx.here.platform)


async def _entered(stores: Stores, channel: Channel, member: Member) -> NamedDestination:
    known = await stores.destinations.at(channel.address)
    if known is not None:
        return known
    if member.role < Role.EDITOR:
        raise NotAllowed("Only editors name a channel that no report goes to yet.")
    taken = {one.name for one in await stores.destinations.all()}
    free = f"{channel.name}.{channel.address.target}" if channel.name in taken else channel.name  # it was renamed there
    return await added(stores, channel, member, free)
