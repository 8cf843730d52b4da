"""What the bot may do in a team, and what for: no more than that is asked for.

https://docs.slack.dev/reference/scopes
"""

from __future__ import annotations

from collections.abc import Mapping

from model.language import Message

POSTING: Mapping[str, Message] = {
    "chat:write": Message("posting and editing its own messages"),
    "channels:read": Message("finding a public channel by its name"),
    "groups:read": Message("finding a private channel that it was invited to"),
    "channels:history": Message("looking whether a message is there after a crash; hearing answers below its reports"),
    "groups:history": Message("the same in private channels that it was invited to"),
    "im:write": Message("direct messages"),
    "im:history": Message("hearing direct messages, and the same look there"),
    "files:write": Message("pictures of charts, and files"),
    "files:read": Message("whether Slack has these ready"),
}
TALKING: Mapping[str, Message] = {
    "commands": Message("slash commands, and the menu of a message"),
    "app_mentions:read": Message("hearing where it is mentioned"),
    "users:read": Message("the name, language, time zone and standing of who speaks, or answers for schedules"),
}
SCOPES: Mapping[str, Message] = {**POSTING, **TALKING}
