"""What came from Slack, in our words: who said what, where, and how he can be answered.

Bolt has found out what came, from whom and from where. Payloads are read as far as they are understood: whatever is not
there, or of another kind, counts as empty.
https://docs.slack.dev/apis/events-api, https://docs.slack.dev/interactivity/handling-user-interaction
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import TYPE_CHECKING, Any

from commands.event import Said, Visitor
from model.delivery import Address, Platform
from model.ids import EventId

if TYPE_CHECKING:
    from slack_bolt.async_app import AsyncBoltContext

LIFETIME = timedelta(minutes=30)  # of a response_url: https://docs.slack.dev/interactivity/handling-user-interaction
ACTION = "arb1:"  # what the ids of our buttons and forms begin with
_MARKED = re.compile(r"<([@#!][^<>]+|[a-z]+:[^<>]+)>")
_DASH = re.compile(r"(?<!\S)—(?=[A-Za-z])")
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))
_WRITTEN = ("", "file_share", "thread_broadcast")  # subtypes of messages that somebody has written himself
_LEAVING = ("app_uninstalled", "tokens_revoked")
EVENTS = ("app_mention", "message", "app_home_opened", "user_change", *_LEAVING)


class Kind(StrEnum):
    """What somebody did."""

    COMMAND = "slash_command"
    TEXT = "text"  # a mention, a direct message, a line in a thread of ours
    PRESS = "block_actions"
    SUBMISSION = "view_submission"
    SUGGESTION = "block_suggestion"
    SHORTCUT = "message_action"
    HOME = "app_home_opened"
    CHANGED = "user_change"
    GONE = "gone"  # the app was taken out, or its tokens were


@dataclass(frozen=True, slots=True)
class Heard:
    """One thing that somebody did on Slack."""

    id: str  # the same for a repeat
    kind: Kind
    account: str
    user: str
    name: str = ""  # his short one, where it was said
    channel: str = ""
    thread: str | None = None
    text: str = ""
    overheard: bool = False  # said below a message of ours, to nobody in particular
    way_back: str = ""  # Slack's response_url
    trigger: str = ""  # opens a form within three seconds
    data: Mapping[str, Any] = field(default_factory=dict[str, Any])

    @property
    def event(self) -> EventId:
        """Return what a repeat of it is known by."""
        return EventId(f"slack:{self.id}")

    @property
    def is_event(self) -> bool:
        """Whether Slack says it again where it is not told that it has arrived."""
        return self.kind in (Kind.TEXT, Kind.HOME, Kind.CHANGED, Kind.GONE)

    @property
    def here(self) -> Address:
        """Return where it was said."""
        if not self.channel or self.channel.startswith("D"):
            return Address(Platform.SLACK, self.account, f"@{self.user}")
        return Address(Platform.SLACK, self.account, self.channel, self.thread)

    @property
    def visitor(self) -> Visitor:
        """Return who stands at the door; Slack is asked what he is there once it knows that this has arrived."""
        return Visitor(self.user, self.name or self.user, self.here, standing=None, groups=())

    def back(self, now: datetime) -> Said:
        """Return what it takes to answer it later."""
        return {"url": self.way_back, "until": (now + LIFETIME).isoformat()} if self.way_back else {}


def account_of(enterprise: str, team: str) -> str:
    """Return the account of a team; of one of an organisation that has installed the app as a whole, with that."""
    return f"{enterprise}.{team}" if enterprise else team


def command(body: Mapping[str, Any], context: AsyncBoltContext) -> Heard | None:
    """Return what a slash command says; None where it does not say who."""
    name, trigger = at(body, "command").removeprefix("/"), at(body, "trigger_id")
    return _from_somebody(
        Heard(
            id=trigger,
            kind=Kind.COMMAND,
            account=_account(context),
            user=_text(context.user_id),
            name=at(body, "user_name"),
            channel=_text(context.channel_id),
            text=typed(f"/{name} {at(body, 'text')}"),
            way_back=_text(context.response_url),
            trigger=trigger,
            data=body,
        )
    )


def interaction(kind: Kind, body: Mapping[str, Any], context: AsyncBoltContext) -> Heard | None:
    """Return what somebody did with a button, a form, a select or a shortcut; None where it does not say who."""
    trigger = at(body, "trigger_id")
    view = ".".join(part for part in (at(body, "view", "id"), at(body, "view", "hash")) if part)
    thread = _text(context.thread_ts) or at(body, "container", "thread_ts")
    return _from_somebody(
        Heard(
            id=trigger or view or at(body, "action_ts"),
            kind=kind,
            account=_account(context),
            user=_text(context.user_id),
            name=at(body, "user", "username") or at(body, "user", "name"),
            channel=_text(context.channel_id) or at(body, "container", "channel_id"),
            thread=thread if thread != at(body, "message", "ts") else None,
            text=at(body["actions"][0], "action_id").removeprefix(ACTION) if kind is Kind.PRESS else "",
            way_back=_text(context.response_url),
            trigger=trigger,
            data=body,
        )
    )


def event(body: Mapping[str, Any], context: AsyncBoltContext) -> Heard | None:
    """Return what an event of EVENTS says; None where nobody means us."""
    told, id, account, user = body["event"], at(body, "event_id"), _account(context), _text(context.user_id)
    what = at(told, "type")
    if what in _LEAVING:
        return Heard(id, Kind.GONE, account, user, data=body) if id and account else None
    if what in (Kind.CHANGED, Kind.HOME):
        return _from_somebody(Heard(id, Kind(what), account, user, channel=at(told, "channel"), data=body))
    if not _is_written(told, _me(body)):
        return None
    return _line(body, told, id, account, user)


def typed(text: str) -> str:
    """Return a text as it was typed: Slack marks links, channels and people, and writes & < > as entities."""
    plain = _MARKED.sub(_unmarked, text)
    for entity, character in _ENTITIES:
        plain = plain.replace(entity, character)
    return _DASH.sub("--", plain).strip()


def at(value: object, *path: str) -> str:
    """Return the text at a path of keys; empty where there is none."""
    for key in path:
        value = value.get(key) if isinstance(value, Mapping) else None
    return value if isinstance(value, str) else ""


def _line(body: Mapping[str, Any], event: Mapping[str, Any], id: str, account: str, user: str) -> Heard | None:
    """Return a line that is said to us, or below a message of ours; None for what people say to each other."""
    me, thread, text = _me(body), at(event, "thread_ts"), at(event, "text")
    mentioned = at(event, "type") == "app_mention"
    alone = at(event, "channel_type") == "im" or at(event, "channel").startswith("D")
    below = bool(thread and me) and at(event, "parent_user_id") == me
    if not mentioned and not alone and (not below or f"<@{me}" in text):  # a mention is told by an event of its own
        return None
    return _from_somebody(
        Heard(
            id=id,
            kind=Kind.TEXT,
            account=account,
            user=user,
            channel=at(event, "channel"),
            thread=thread if thread and thread != at(event, "ts") else None,
            text=typed(_meant(me, text)),
            overheard=not mentioned and not alone,
            data=body,
        )
    )


def _from_somebody(heard: Heard) -> Heard | None:
    return heard if heard.id and heard.account and heard.user else None


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _is_written(event: Mapping[str, Any], me: str) -> bool:
    """Tell whether somebody has written a message just now: no bot, no change of an older one, not we ourselves."""
    by_bot = bool(event.get("bot_id") or event.get("bot_profile")) or at(event, "user") == me
    return not by_bot and not event.get("edited") and not event.get("hidden") and at(event, "subtype") in _WRITTEN


def _me(body: Mapping[str, Any]) -> str:
    """Return our own user in the team that an event is told to."""
    for_whom = body.get("authorizations")  # in channels that companies share, the outer team may be another one
    return at(for_whom[0], "user_id") if isinstance(for_whom, list) and for_whom else ""


def _meant(me: str, text: str) -> str:
    """Return what of a line is said to us: what follows the mention, all the rest where nothing does."""
    before, *after = re.split(rf"<@{re.escape(me)}(?:\|[^<>]*)?>[\s:,]*", text, maxsplit=1) if me else (text,)
    return after[0] if after and after[0].strip() else before


def _account(context: AsyncBoltContext) -> str:
    enterprise = _text(context.enterprise_id) if context.is_enterprise_install else ""
    return account_of(enterprise, _text(context.team_id))


def _unmarked(found: re.Match[str]) -> str:
    mark, _, label = found[1].partition("|")
    if mark.startswith("@"):
        return f"slack:{mark[1:]}"  # an identity, as /arb members shows them
    if mark.startswith("#"):
        return found[0]
    if mark.startswith("!"):
        return label or f"@{mark[1:]}"
    return label if label and label in mark else mark.removeprefix("mailto:")
