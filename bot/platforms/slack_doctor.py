"""How Slack is for who runs the bot: the ways in which people talk to it, its commands, the teams that installed it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator

from pydantic import SecretStr

from bot.platforms.slack_manifest import manifest_check
from bot.settings import Settings
from model.clock import Clock
from model.delivery import Platform
from model.errors import DeliveryError, SealBroken
from model.health import Check, Health
from model.language import Message
from storage.database import Database
from storage.installations import Installation
from writers.slack_api import INSTALL_AGAIN, SlackApi
from writers.slack_health import team_checks

_SECRET = re.compile(r"[0-9A-Za-z]{32}")
_WAYS = Message("People talk to it")


async def slack_checks(settings: Settings, db: Database, api: SlackApi, clock: Clock) -> AsyncIterator[Check]:
    """Yield what only the operator can mend; nothing is posted."""
    app, secret = settings.slack_app_token, settings.slack_signing_secret
    if app is not None:
        yield await _socket_mode(api, app)
    if secret is not None:
        yield _signing(secret)
    if app is None and secret is None:
        means = Message("Nobody can: it only posts. ARB_SLACK_APP_TOKEN or ARB_SLACK_SIGNING_SECRET would let them.")
        yield Check(Message("Slack: {part}", {"part": _WAYS}), Health.OK, means)
    else:
        yield await manifest_check(db, settings.command_prefix)
    if settings.slack_client_id is not None:
        async for check in _installations(settings, db, api, clock):
            yield check


async def _socket_mode(api: SlackApi, token: SecretStr) -> Check:
    part = Message("Slack: {part}", {"part": Message("Socket Mode")})
    try:
        await api.opens(token.get_secret_value())
    except DeliveryError as error:
        do = Message("Make an app-level token with connections:write, and set ARB_SLACK_APP_TOKEN: docs/slack.md")
        return Check(part, Health.CRITICAL if error.of_account else Health.ATTENTION, error.message, do)
    return Check(part, Health.OK, Message("Slack opens connections for ARB_SLACK_APP_TOKEN."))


def _signing(secret: SecretStr) -> Check:
    part = Message("Slack: {part}", {"part": Message("Signing secret")})
    if _SECRET.fullmatch(secret.get_secret_value()):
        return Check(part, Health.OK, Message("ARB_SLACK_SIGNING_SECRET has the form of one."))
    means = Message("ARB_SLACK_SIGNING_SECRET is not 32 letters and digits: what Slack says would be answered 401.")
    return Check(part, Health.CRITICAL, means, Message("Copy it from Basic Information of your Slack app."))


async def _installations(settings: Settings, db: Database, api: SlackApi, clock: Clock) -> AsyncIterator[Check]:
    part = Message("Slack: {part}", {"part": Message("Installation")})
    if not settings.slack_teams:
        means = Message("No workspace may install the app: ARB_SLACK_TEAMS is empty.")
        yield Check(part, Health.ATTENTION, means, Message("Name those that may, by their ids: docs/slack.md"))
    if settings.public_url is None:
        means = Message("ARB_PUBLIC_URL is not set: Slack sends people back to the first redirect URL of the app.")
        yield Check(part, Health.ATTENTION, means, Message("Set it to the address that Slack reaches the bot at."))
    try:
        found = await db.installations.all(Platform.SLACK)
    except SealBroken as error:
        yield Check(part, Health.CRITICAL, error.message, error.hint)
        return
    for one in found:
        if one.closed is not None or one.problem is not None:
            yield _troubled(one)
        else:
            async for check in team_checks(api, clock, one.account, talks=True):
                yield check


def _troubled(found: Installation) -> Check:
    part = Message("Slack {name}", {"name": found.account})
    return Check(part, Health.ATTENTION, found.problem or Message("The app was taken out."), INSTALL_AGAIN)
