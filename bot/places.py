"""The places that reports are sent to by name, and the way to them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from contextlib import suppress

from pydantic import JsonValue, SecretStr

from bot.platforms.slack_tokens import TeamTokens
from bot.settings import Settings
from egress.client import Allowed, Egress
from model.clock import Clock
from model.delivery import Address, Destination
from model.errors import ConfigError, UnknownName
from model.ids import BlobId, DestinationId, WorkspaceId
from model.language import Message
from model.source import Reach
from storage.database import Database
from storage.home import make_home
from storage.owners import Owner
from writers.discord import Discord
from writers.discord_rest import Rest
from writers.file import Files
from writers.slack import Slack
from writers.slack_api import SlackApi
from writers.webhook import Webhooks

_OUTBOX = "outbox"  # in the data folder


def way_out(settings: Settings, clock: Clock) -> Egress:
    """Return the one way out, with what the operator has opened; never to our own server. Raises ConfigError."""
    own_ports = [settings.http_port] if settings.http_port else []
    return Egress(clock, Allowed.parse(settings.egress_allow), own_ports=own_ports)


def reach_of(settings: Settings, egress: Egress, clock: Clock) -> Reach:
    """Return what the operator lets collectors touch."""
    git, data = ([root.resolve() for root in roots] for roots in (settings.git_roots, settings.data_roots))
    return Reach(tuple(git), egress, clock=clock, data_roots=tuple(data), home=settings.home.resolve())


def named_places(
    settings: Settings, db: Database, clock: Clock, egress: Egress, owner: Owner | None = None
) -> tuple[Destination, ...]:
    """Return the kinds of place that people add by name; `owner`: whoever keeps what they need good."""

    async def config(to: Address) -> Mapping[str, JsonValue]:
        async with db.read(WorkspaceId(to.account)) as stores:
            return await stores.destinations.config(DestinationId(to.target))

    async def file(to: Address, blob: BlobId) -> bytes:
        for workspace in await db.entrances.senders(to):
            with suppress(UnknownName):
                async with db.read(workspace) as stores:
                    return await stores.blobs.of(blob)
        raise UnknownName("There is no such file here.")

    roots = tuple(root.resolve() for root in settings.file_roots)
    if not roots:  # a folder of ours may be made; one of the operator's may be a disk that is not mounted
        make_home(settings.home)
        roots = ((settings.home / _OUTBOX).resolve(),)
        roots[0].mkdir(mode=0o700, exist_ok=True)
    places: list[Destination] = [Webhooks(egress, clock, config), Files(roots, clock, config)]
    client = client_of(settings)
    if settings.slack_bot_token is not None or client is not None:
        own = settings.slack_bot_token.get_secret_value() if settings.slack_bot_token else None
        api = SlackApi(egress, clock, settings.slack_api_url, own)
        if client is not None:
            api.tokens = TeamTokens(db, api, clock, client, owner)
        talks = settings.slack_app_token is not None or settings.slack_signing_secret is not None
        places.append(Slack(api, clock, file, talks=talks))
    if settings.discord_token is not None:
        places.append(Discord(Rest(egress, clock, settings.discord_token, settings.discord_api_url), clock, file))
    return tuple(places)


def client_of(settings: Settings) -> tuple[str, SecretStr] | None:
    """Return the client that other teams install the Slack app by; None where they do not. Raises ConfigError."""
    id, secret = settings.slack_client_id, settings.slack_client_secret
    if id is not None and secret is not None:
        return id, secret
    if id is None and secret is None:
        return None
    missing = "ARB_SLACK_CLIENT_SECRET" if secret is None else "ARB_SLACK_CLIENT_ID"
    raise ConfigError(
        "{name} is not set, and only the other half of it is.",
        hint=Message("Both stand on Slack's page of the app, under Basic Information: docs/slack.md"),
        name=missing,
    )


async def close(places: Iterable[Destination]) -> None:
    """Close the connections of those places that keep some of their own."""
    for place in places:
        if isinstance(place, Slack):
            await place.aclose()
