"""What the bot may do in a channel of Discord, worked out as Discord does; pure.

https://discord.com/developers/docs/topics/permissions#permission-overwrites
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import IntFlag
from typing import Any

from model.language import Message


class Right(IntFlag):
    """The permissions that posting needs."""

    ADMINISTRATOR = 1 << 3
    VIEW = 1 << 10
    SEND = 1 << 11
    ATTACH = 1 << 15
    HISTORY = 1 << 16
    SEND_IN_THREADS = 1 << 38


ALL = Right.VIEW | Right.SEND | Right.ATTACH | Right.HISTORY | Right.SEND_IN_THREADS
_QUIET = Right.VIEW | Right.HISTORY  # what is left to who is timed out

NAMES: Mapping[Right, Message] = {
    Right.VIEW: Message("view the channel"),
    Right.SEND: Message("send messages"),
    Right.SEND_IN_THREADS: Message("send messages in threads"),
    Right.HISTORY: Message("read the message history"),
    Right.ATTACH: Message("attach files"),
}


def rights_of(guild: Mapping[str, Any], member: Mapping[str, Any], channel: Mapping[str, Any], now: datetime) -> Right:
    """Return what a member may do in a channel; `guild` has its roles, a thread is judged by its parent."""
    me, roles = str(member["user"]["id"]), {str(guild["id"]), *map(str, member["roles"])}
    if str(guild["owner_id"]) == me:
        return ALL
    base = 0
    for role in guild["roles"]:
        if str(role["id"]) in roles:
            base |= int(role["permissions"])
    if base & Right.ADMINISTRATOR:
        return ALL
    overwrites: Sequence[Mapping[str, Any]] = channel.get("permission_overwrites") or ()
    everyone = [one for one in overwrites if str(one["id"]) == str(guild["id"])]
    by_role = [one for one in overwrites if str(one["id"]) in roles and one not in everyone]
    mine = [one for one in overwrites if str(one["id"]) == me]
    for some in (everyone, by_role, mine):
        allow = deny = 0
        for one in some:
            allow, deny = allow | int(one["allow"]), deny | int(one["deny"])
        base = (base & ~deny) | allow
    until = member.get("communication_disabled_until")
    if until and datetime.fromisoformat(until) > now:
        base &= _QUIET
    return Right(base & ALL) if base & Right.VIEW else Right(0)


def lacking(rights: Right, *, thread: bool = False) -> list[Message]:
    """Return what posting needs and the bot may not do, in words."""
    needed = Right.VIEW | Right.HISTORY | Right.ATTACH | (Right.SEND_IN_THREADS if thread else Right.SEND)
    return [name for right, name in NAMES.items() if right & needed & ~rights]
