"""How Discord is: whether it takes the token, and what the bot lacks in each channel that reports go to."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from model.delivery import NamedDestination
from model.errors import ArbError
from model.health import Check, Health
from model.language import Message
from writers.discord_channels import Channels, in_words
from writers.discord_rest import Rest
from writers.discord_rights import lacking

_DISCORD = Message("Discord")
_CONTENT = (1 << 18) | (1 << 19)  # of an application's flags: it is told what people write
_MOST_APART = 60.0  # seconds; a message in doubt is looked for with minutes to spare


async def checks(rest: Rest, channels: Channels, named: Sequence[NamedDestination]) -> AsyncIterator[Check]:
    """Yield how the bot is, then each channel; nothing is posted."""
    try:
        application = await rest.ask("GET", "/applications/@me")
        servers = len([guild async for guild in channels.guilds()])
    except ArbError as error:
        yield Check(_DISCORD, Health.CRITICAL, error.message, error.hint)
        return
    values = {"name": str(application.get("name") or "?"), "n": servers}
    means = Message("The token of {name} is taken; it is in {n} {n:server|servers}.", values)
    do = None if servers else Message("Invite the bot to a server: docs/discord.md says how.")
    yield Check(_DISCORD, Health.OK if servers else Health.ATTENTION, means, do)
    yield _intents(int(application.get("flags") or 0))
    if rest.apart is not None and rest.apart > _MOST_APART:
        means = Message("This machine's clock and Discord's are {n} s apart.", {"n": round(rest.apart)})
        yield Check(Message("Discord's clock"), Health.ATTENTION, means, Message("Keep the clock right, with NTP."))
    for one in named:
        yield await _channel(channels, one)


def _intents(flags: int) -> Check:
    part = Message("Discord's intents")
    if flags & _CONTENT:
        means = Message("Message content is on in the portal. Nothing here needs it.")
    else:
        means = Message("No privileged intent is on, and none is needed.")
    return Check(part, Health.OK, means)


async def _channel(channels: Channels, named: NamedDestination) -> Check:
    part, to = Message("Discord {name}", {"name": named.name}), named.address
    try:
        missing = lacking(await channels.rights(to.account, to.thread or to.target), thread=to.thread is not None)
    except ArbError as error:
        return Check(part, Health.ATTENTION, error.message, error.hint)
    if missing:
        means = Message("The bot lacks the right to {rights}.", {"rights": in_words(missing)})
        do = Message("Give it these rights in the channel's settings in Discord, and try again.")
        return Check(part, Health.ATTENTION, means, do)
    return Check(part, Health.OK, Message("The bot may post there."))
