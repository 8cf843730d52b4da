"""Destinations that people name: what each kind takes, channels of a chat, and a message to try one with."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, ClassVar, Protocol, runtime_checkable

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from model.card import Card, Text, text_line
from model.delivery import Address, Channel, Destination, NamedDestination, Platform
from model.errors import DeliveryError, UsageError
from model.form import Option
from model.ids import delivery_id
from model.language import Language, Message
from writers.file import FileConfig, Files
from writers.webhook import WebhookConfig, Webhooks


class ChannelConfig(BaseModel):
    """A channel of a chat."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
    channel: Annotated[str, Field(min_length=1, max_length=200), Option(Message("Channel"), example="#eng")]


# Which setting holds the token of each chat.
_CHATS = {Platform.SLACK.value: "ARB_SLACK_BOT_TOKEN", Platform.DISCORD.value: "ARB_DISCORD_TOKEN"}
_SETTINGS: Mapping[str, type[BaseModel]] = {
    Webhooks.platform.value: WebhookConfig,
    Files.platform.value: FileConfig,
    **dict.fromkeys(_CHATS, ChannelConfig),
}
_CHANNEL = re.compile(r"#\S+|<#\S+>")
HERE = "here"  # the channel or thread in which it is said


@runtime_checkable
class Addable(Destination, Protocol):
    """A kind of place that people add by name."""

    Config: ClassVar[type[BaseModel]]

    async def kept(self, given: Mapping[str, JsonValue]) -> Mapping[str, JsonValue]:
        """Return the configuration to keep; nothing is sent. Raises UsageError."""
        ...


@runtime_checkable
class Chat(Destination, Protocol):
    """A kind of place whose channels have names of their own."""

    async def channel(self, said: str, account: str | None) -> Channel:
        """Return the channel that is meant by "#eng", a mention of it or its id; of this account only.

        `account`: None is the one that the operator's own token is for. Raises UsageError, DestinationUnavailable.
        """
        ...


def kinds() -> tuple[str, ...]:
    """Return the kinds of destination that can be added."""
    return tuple(_SETTINGS)


def settings_of(kind: str) -> type[BaseModel] | None:
    """Return the settings that a kind of destination takes; None for an unknown kind."""
    return _SETTINGS.get(kind)


async def kept(
    kind: str, given: Mapping[str, JsonValue], places: Mapping[Platform, Destination]
) -> Mapping[str, JsonValue]:
    """Return the configuration to keep of a destination that may be sent to. Raises UsageError."""
    place = places.get(Platform(kind))
    if not isinstance(place, Addable):
        raise UsageError("Nothing here sends to {platform}.", platform=kind)
    return await place.kept(given)


def is_chat(kind: str) -> bool:
    """Tell whether a kind of destination is a chat, whose channels have names of their own."""
    return kind in _CHATS


async def channel_of(
    kind: str, given: Mapping[str, JsonValue], here: Address, places: Mapping[Platform, Destination]
) -> Channel:
    """Return the channel that is meant; who speaks in a chat means one of that chat's own. Raises UsageError."""
    said = ChannelConfig.model_validate(given).channel
    place, own = places.get(Platform(kind)), here.platform is Platform(kind)
    if here.platform.value in _CHATS and not own:
        raise UsageError("Nothing here sends to {platform}.", platform=kind)
    if not isinstance(place, Chat):
        hint = Message("The operator sets the bot's token: {setting}.", {"setting": _CHATS[kind]})
        raise UsageError("Nothing here sends to {platform}.", hint=hint, platform=kind)
    try:
        return await place.channel(said, here.account if own else None)
    except DeliveryError as error:
        raise UsageError("{problem}", hint=error.hint, problem=error.message) from None


async def channel_said(name: str, here: Address, places: Mapping[Platform, Destination]) -> Channel | None:
    """Return the channel that a name of a destination means where it is said; None: it means none.

    Raises UsageError.
    """
    if here.platform.value not in _CHATS or (name == HERE and here.private):
        return None
    if name == HERE:
        found = await channel_of(here.platform.value, {"channel": here.target}, here, places)
        name = found.name if here.thread is None else f"{found.name}/{here.thread}"
        return Channel(name, replace(found.address, thread=here.thread))
    if not _CHANNEL.fullmatch(name):
        return None
    return await channel_of(here.platform.value, {"channel": name}, here, places)


async def try_out(named: NamedDestination, language: Language, places: Mapping[Platform, Destination]) -> None:
    """Send one message that says it is a test. Raises DeliveryError."""
    lines = (text_line(language.say(Message("Reports will come here: this message is a test, and no report."))),)
    card = Card(language.say(Message("Test")), (Text(lines),), language.code)
    place, to = places[named.address.platform], named.address
    for payload in place.render(card):
        await place.send(to, payload, delivery_id())


def shown(config: Mapping[str, JsonValue]) -> Mapping[str, str]:
    """Return what of a configuration anybody may see: of a URL its host, for the rest of it may be a secret."""
    values = {name: str(value) for name, value in config.items() if name != "secret"}
    if "url" in values:
        scheme, _, rest = values["url"].partition("://")
        host = rest.split("/", 1)[0].split("?", 1)[0]
        values["url"] = f"{scheme}://{host}/…" if rest not in (host, f"{host}/") else values["url"]
    return values
