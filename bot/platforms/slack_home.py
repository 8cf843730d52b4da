"""The app's Home on Slack: what `/arb home` answers, shown when somebody opens it and after he did something in it.

https://docs.slack.dev/surfaces/app-home
"""

from __future__ import annotations

import logging
from collections.abc import Mapping

from pydantic import JsonValue

from bot.platforms.slack_heard import Heard, Kind, at
from commands.event import Answer, Said, Taken, words
from model.card import Card
from model.errors import DeliveryError
from writers.slack_api import SlackApi
from writers.slack_views import home

_log = logging.getLogger(__name__)
SAID: Said = words("arb home", {})  # what opening it says
SHOWN: Mapping[str, JsonValue] = {"home": "shown"}  # the answer is what stands in it
_STALE: Mapping[str, JsonValue] = {"home": "stale"}  # the answer goes elsewhere; what stands in it is not true any more


class Home:
    """What stands in the Homes of people."""

    def __init__(self, api: SlackApi) -> None:
        self._api = api

    async def shows(self, taken: Taken, answer: Answer) -> bool:
        """Show an answer that belongs there; False where it goes elsewhere."""
        if answer.back.get("home") != "shown" or not isinstance(answer.shows, Card):
            return False
        try:
            told = {"user_id": taken.user, "view": home(answer.shows)}
            await self._api.call(taken.here.account, "views.publish", told, writes=True)
        except DeliveryError as error:
            _log.warning("the Home of %s is not shown: %s", taken.user, error)
        return True


def is_opened(heard: Heard) -> bool:
    """Tell whether somebody looks at it: the app's messages are told of by the same event."""
    return at(heard.data, "event", "tab") in ("home", "")


def way_back(heard: Heard) -> Mapping[str, JsonValue]:
    """Return what remembers that something was done in it; empty where it was not."""
    return _STALE if at(heard.data, "view", "type") == "home" else {}


def anew(taken: Taken, answer: Answer) -> Heard | None:
    """Return what has it shown anew once an answer was given; None where nothing was done in it."""
    if answer.back.get("home") != "stale":
        return None
    id = taken.event.partition(":")[2]
    return Heard(f"{id}.home", Kind.HOME, taken.here.account, taken.user)
