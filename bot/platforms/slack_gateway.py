"""The two ways in which Slack talks to the bot: signed HTTP, and Socket Mode; both lead to the same front."""

from __future__ import annotations

from functools import partial

from bot.app import App
from bot.platforms.slack_app import Listening
from bot.platforms.slack_front import Front
from bot.platforms.slack_socket import EVERY, Sockets
from model.delivery import Platform
from model.errors import ConfigError
from model.language import Message
from writers.slack import Slack
from writers.slack_api import SlackApi


class Gateway:
    """What Slack says to this process, over its own connections or as requests."""

    def __init__(self, app: App) -> None:
        settings, clock, api = app.settings, app.workshop.clock, api_of(app)
        self._front = Front(app, api, settings.command_prefix)
        self._sockets: Sockets | None = None
        listening = Listening(self._front.hear)
        self.requested = listening.requested  # hears what Slack has signed
        app.leftovers.finishers[Platform.SLACK] = self._front.finish
        app.lookout.askers[Platform.SLACK] = self._front.people.ask
        if settings.slack_app_token is not None:
            ring = partial(app.loops.ring, "slack")
            self._sockets = Sockets(api, settings.slack_app_token, listening.enveloped, clock, ring)
            app.loops.add("slack", self._sockets.look, EVERY)

    async def stop(self, grace: float) -> None:
        """Hear nothing more, and give what is under way so many seconds."""
        if self._sockets is not None:
            await self._sockets.stop()
        await self._front.stop(grace)


def api_of(app: App) -> SlackApi:
    """Return the way to Slack; raises ConfigError where no workspace of Slack is connected."""
    place = app.workshop.destinations.get(Platform.SLACK)
    if not isinstance(place, Slack):
        raise ConfigError("ARB_SLACK_BOT_TOKEN is not set.", hint=Message("docs/slack.md says where to get one."))
    return place.api
