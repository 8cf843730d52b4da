"""What came from Slack, in our words: who said what, where, and how he can be answered.

Payloads are read as far as they are understood: whatever is not there, or of another kind, counts as empty.
https://docs.slack.dev/apis/events-api, https://docs.slack.dev/interactivity/handling-user-interaction
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qsl

from commands.event import Said, Visitor
from model.delivery import Address, Platform
from model.ids import EventId

LIFETIME = timedelta(minutes=30)  # of a response_url: https://docs.slack.dev/interactivity/handling-user-interaction
ACTION = "arb1:"  # what the ids of our buttons and forms begin with
_MARKED = re.compile(r"<([@#!][^<>]+|[a-z]+:[^<>]+)>")
_DASH = re.compile(r"(?<!\S)—(?=[A-Za-z])")
_ENTITIES = (("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&"))
_WRITTEN = ("", "file_share", "thread_broadcast")  # subtypes of messages that somebody has written himself
_LEAVING = ("app_uninstalled", "tokens_revoked")


class Kind(StrEnum):
    """What somebody did."""

    COMMAND = "slash_command"
    TEXT = "text"  # a mention, a direct message, a line in a thread of ours
    PRESS = "block_actions"
    SUBMISSION = "view_submission"
    CLOSED = "view_closed"
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


def read(kind: str, body: bytes) -> Mapping[str, Any]:
    """Return the payload in a request's body of a media type. Raises ValueError, RecursionError."""
    text = body.decode("utf-8")
    if kind.partition(";")[0].strip().lower() == "application/json":
        return _object(text)
    form = dict(parse_qsl(text, keep_blank_values=True, strict_parsing=True, max_num_fields=100))
    if not form:
        raise ValueError("no form")
    return _object(form["payload"]) if "payload" in form else form


def heard(payload: Mapping[str, Any]) -> Heard | None:
    """Return what a payload says; None where nobody means us."""
    if payload.get("type") == "event_callback":
        return _event(payload)
    is_command = "command" in payload and "type" not in payload
    found = _command(payload) if is_command else _interaction(payload)
    return found if found is not None and found.id and found.account and found.user else None


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


def _object(text: str) -> Mapping[str, Any]:
    found = json.loads(text)
    if not isinstance(found, dict):
        raise ValueError("no object")  # noqa: TRY004 - it is no mistake of ours
    return found


def _command(payload: Mapping[str, Any]) -> Heard:
    name = at(payload, "command").removeprefix("/")
    return Heard(
        id=at(payload, "trigger_id"),
        kind=Kind.COMMAND,
        account=_account(payload),
        user=at(payload, "user_id"),
        name=at(payload, "user_name"),
        channel=at(payload, "channel_id"),
        text=typed(f"/{name} {at(payload, 'text')}"),
        way_back=at(payload, "response_url"),
        trigger=at(payload, "trigger_id"),
        data=payload,
    )


def _interaction(payload: Mapping[str, Any]) -> Heard | None:
    kinds = (Kind.PRESS, Kind.SUBMISSION, Kind.CLOSED, Kind.SUGGESTION, Kind.SHORTCUT)
    kind = next((one for one in kinds if one == payload.get("type")), None)
    if kind is None:
        return None
    trigger = at(payload, "trigger_id")
    view = ".".join(part for part in (at(payload, "view", "id"), at(payload, "view", "hash")) if part)
    message = payload.get("message")
    thread = at(message, "thread_ts") or at(payload, "container", "thread_ts")
    return Heard(
        id=trigger or view or at(payload, "action_ts"),
        kind=kind,
        account=_account(payload),
        user=at(payload, "user", "id"),
        name=at(payload, "user", "username") or at(payload, "user", "name"),
        channel=at(payload, "channel", "id") or at(payload, "container", "channel_id"),
        thread=thread if thread != at(message, "ts") else None,
        way_back=at(payload, "response_url"),
        trigger=trigger,
        data=payload,
    )


def _event(payload: Mapping[str, Any]) -> Heard | None:
    event, id, account = payload.get("event"), at(payload, "event_id"), _account(payload)
    if not isinstance(event, dict) or not id or not account:
        return None
    what, user = at(event, "type"), at(event, "user") or at(event, "user", "id")
    if what in _LEAVING:
        return Heard(id, Kind.GONE, account, user, data=payload)
    if not user:
        return None
    if what == Kind.CHANGED:
        return Heard(id, Kind.CHANGED, account, user, data=payload)
    if what == Kind.HOME:
        return Heard(id, Kind.HOME, account, user, channel=at(event, "channel"), data=payload)
    if what not in ("app_mention", "message") or not _is_written(event, _me(payload)):
        return None
    return _text(payload, event, id, account, user)


def _text(payload: Mapping[str, Any], event: Mapping[str, Any], id: str, account: str, user: str) -> Heard | None:
    """Return a line that is said to us, or below a message of ours; None for what people say to each other."""
    me, thread, text = _me(payload), at(event, "thread_ts"), at(event, "text")
    mentioned = at(event, "type") == "app_mention"
    alone = at(event, "channel_type") == "im" or at(event, "channel").startswith("D")
    below = bool(thread and me) and at(event, "parent_user_id") == me
    if not mentioned and not alone and (not below or f"<@{me}" in text):  # a mention is told by an event of its own
        return None
    return Heard(
        id=id,
        kind=Kind.TEXT,
        account=account,
        user=user,
        channel=at(event, "channel"),
        thread=thread if thread and thread != at(event, "ts") else None,
        text=typed(_meant(me, text)),
        overheard=not mentioned and not alone,
        data=payload,
    )


def _is_written(event: Mapping[str, Any], me: str) -> bool:
    """Tell whether somebody has written a message just now: no bot, no change of an older one, not we ourselves."""
    by_bot = bool(event.get("bot_id") or event.get("bot_profile")) or at(event, "user") == me
    return not by_bot and not event.get("edited") and not event.get("hidden") and at(event, "subtype") in _WRITTEN


def _me(payload: Mapping[str, Any]) -> str:
    """Return our own user in the team that an event is told to."""
    return at(_authorized(payload), "user_id")


def _meant(me: str, text: str) -> str:
    """Return what of a line is said to us: what follows the mention, all the rest where nothing does."""
    before, *after = re.split(rf"<@{re.escape(me)}(?:\|[^<>]*)?>[\s:,]*", text, maxsplit=1) if me else (text,)
    return after[0] if after and after[0].strip() else before


def _authorized(payload: Mapping[str, Any]) -> object:
    """Return for whom an event is told: in channels that companies share, the outer team may be another one."""
    found = payload.get("authorizations")
    return found[0] if isinstance(found, list) and found else None


def _account(payload: Mapping[str, Any]) -> str:
    for_whom = _authorized(payload)
    team = (
        at(payload, "view", "app_installed_team_id")
        or at(payload, "team", "id")
        or at(for_whom, "team_id")
        or at(payload, "team_id")
        or at(payload, "user", "team_id")
        or at(payload, "view", "team_id")
    )
    whole = for_whom if isinstance(for_whom, Mapping) else payload
    if whole.get("is_enterprise_install") not in (True, "true"):
        return team
    enterprise = at(whole, "enterprise_id") or at(payload, "enterprise", "id") or at(payload, "enterprise_id")
    return account_of(enterprise, team)


def _unmarked(found: re.Match[str]) -> str:
    mark, _, label = found[1].partition("|")
    if mark.startswith("@"):
        return f"slack:{mark[1:]}"  # an identity, as /arb members shows them
    if mark.startswith("#"):
        return found[0]
    if mark.startswith("!"):
        return label or f"@{mark[1:]}"
    return label if label and label in mark else mark.removeprefix("mailto:")
