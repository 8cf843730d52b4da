"""How Slack is: whether it takes the token, which scopes are missing, and what keeps the bot out of a channel."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence

from model.clock import Clock
from model.delivery import NamedDestination
from model.errors import DeliveryError
from model.health import Check, Health
from model.language import Message
from writers.slack_api import SlackApi
from writers.slack_scopes import POSTING, SCOPES

_MOST_APART = 60.0  # seconds: what a message in doubt is looked for with, twice


async def checks(
    api: SlackApi, clock: Clock, named: Sequence[NamedDestination], team: str | None, *, talks: bool
) -> AsyncIterator[Check]:
    """Yield how the bot is in a team, then each channel; nothing is posted. `talks`: people talk to it there."""
    found = [check async for check in team_checks(api, clock, team, talks=talks)]
    for check in found:
        yield check
    for one in () if len(found) == 1 else named:  # its token is not taken: nor is it there
        yield await _channel(api, one)


async def team_checks(api: SlackApi, clock: Clock, team: str | None, *, talks: bool) -> AsyncIterator[Check]:
    """Yield how the bot is in a team; None: in that of the operator's own token."""
    if team is None and not api.has_own:
        return  # teams install it: those who run the bot see all of them
    part = Message("Slack") if team is None else Message("Slack {name}", {"name": team})
    try:
        team = team or await api.own_team()
        answer = await api.call(team, "auth.test", {})
    except DeliveryError as error:
        yield Check(part, Health.CRITICAL, error.message, error.hint)
        return
    values = {"name": str(answer.data.get("user", "?")), "team": str(answer.data.get("team", team))}
    yield Check(part, Health.OK, Message("The token of {name} is taken; it is for {team}.", values))
    yield _scopes(answer.headers.get("x-oauth-scopes", ""), talks=talks)
    apart = None if answer.at is None else abs((answer.at - clock.now()).total_seconds())
    if apart is not None and apart > _MOST_APART:
        means = Message("This machine's clock and Slack's are {n} s apart.", {"n": round(apart)})
        yield Check(Message("Slack's clock"), Health.ATTENTION, means, Message("Keep the clock right, with NTP."))


def _scopes(given: str, *, talks: bool) -> Check:
    part = Message("Slack's scopes")
    known = {one.strip() for one in given.split(",")}
    missing = [scope for scope in (SCOPES if talks else POSTING) if scope not in known]
    if not missing:
        all_ = Message("The app has every scope that it needs.")
        return Check(part, Health.OK, all_ if talks else Message("The app has every scope that posting needs."))
    means = Message("The app lacks {scopes}.", {"scopes": ", ".join(missing)})
    do = Message("Add the scope to your Slack app and install it again: docs/slack.md")
    return Check(part, Health.CRITICAL if "chat:write" in missing else Health.ATTENTION, means, do)


async def _channel(api: SlackApi, named: NamedDestination) -> Check:
    part, to = Message("Slack {name}", {"name": named.name}), named.address
    try:
        found = (await api.call(to.account, "conversations.info", {"channel": to.target})).data["channel"]
    except DeliveryError as error:
        return Check(part, Health.ATTENTION, error.message, error.hint)
    if found.get("is_archived"):
        do = Message("Unarchive the channel, or choose another one: /destination list")
        return Check(part, Health.ATTENTION, Message("The channel is archived."), do)
    if not found.get("is_member", True):
        do = Message("Invite the bot: type /invite and its name in that channel.")
        return Check(part, Health.ATTENTION, Message("The bot is not in that channel."), do)
    return Check(part, Health.OK, Message("The bot may post there."))
