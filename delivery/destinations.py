"""Destinations that people add by name: what each kind takes, and a message to try one with."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar, Protocol, runtime_checkable

from pydantic import BaseModel, JsonValue

from model.card import Card, Text, text_line
from model.delivery import Destination, NamedDestination, Platform
from model.errors import UsageError
from model.ids import delivery_id
from model.language import Language, Message
from writers.file import FileConfig, Files
from writers.webhook import WebhookConfig, Webhooks

_SETTINGS: Mapping[str, type[BaseModel]] = {Webhooks.platform.value: WebhookConfig, Files.platform.value: FileConfig}


@runtime_checkable
class Addable(Destination, Protocol):
    """A kind of place that people add by name."""

    Config: ClassVar[type[BaseModel]]

    async def kept(self, given: Mapping[str, JsonValue]) -> Mapping[str, JsonValue]:
        """Return the configuration to keep; nothing is sent. Raises UsageError."""
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
