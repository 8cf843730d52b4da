"""What came from Discord, in our words: who said what, where, and how he can be answered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import IntEnum
from typing import Any

import discord

from bot.platforms.discord_tree import called
from commands.event import Said, Visitor
from model.delivery import Address, Platform
from model.ids import EventId
from model.language import Code, code_of
from model.member import Role

TOKEN_LIFETIME = timedelta(
    minutes=15
)  # of an interaction: https://docs.discord.com/developers/interactions/receiving-and-responding
_RUNS_IT = 1 << 3 | 1 << 5  # administrator, manage server
_EPOCH = 1_420_070_400_000  # milliseconds: the first of 2015, from which Discord's ids count


class Kind(IntEnum):
    """What somebody did; the numbers are Discord's."""

    TEXT = 0  # a message of his own: ours
    COMMAND = 2
    COMPONENT = 3
    COMPLETION = 4
    MODAL = 5


@dataclass(frozen=True, slots=True)
class Standing:
    """What somebody is in a server: the role that gives him here, and the names and ids of his roles there."""

    role: Role
    groups: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Heard:
    """One thing that somebody did on Discord."""

    id: str
    kind: Kind
    user: str
    name: str
    channel: str
    guild: str | None  # none in direct messages
    standing: Standing | None = None  # none where Discord has not said
    locale: Code | None = None
    data: Mapping[str, Any] = field(default_factory=dict[str, Any])  # of an interaction
    text: str = ""  # of a message
    below: str | None = None  # the message that it replies to, or that its thread is about
    application: str = ""
    token: str = ""  # to answer an interaction with

    @property
    def event(self) -> EventId:
        """Return what a repeat of it is known by."""
        return EventId(f"discord:{self.id}")

    @property
    def back(self) -> Said:
        """Return what it takes to answer it later."""
        return {"id": self.id, "application": self.application, "token": self.token, "channel": self.channel}

    def visitor(self, guild: str, standing: Standing | None) -> Visitor:
        """Return who stands at the door of a server's workspace; `standing`: None where nobody can tell just now."""
        here = Address(Platform.DISCORD, guild, self.channel if self.guild else f"@{self.user}")
        role, groups = (None, ()) if standing is None else (standing.role, standing.groups)
        return Visitor(self.user, self.name, here, standing=role, groups=groups, locale=self.locale)


def made_at(id: str) -> datetime:
    """Return when Discord gave out an id."""
    return datetime.fromtimestamp(((int(id) >> 22) + _EPOCH) / 1000, UTC)


def interaction_heard(came: discord.Interaction) -> Heard:
    """Return an interaction in our words."""
    user = came.user
    return Heard(
        id=str(came.id),
        kind=Kind(came.type.value),
        user=str(user.id),
        name=user.display_name,
        channel="" if came.channel_id is None else str(came.channel_id),
        guild=None if came.guild_id is None else str(came.guild_id),
        standing=_standing(user),
        locale=code_of(str(came.locale)),
        data=dict(came.data or {}),
        application=str(came.application_id),
        token=came.token,
    )


def message_heard(came: discord.Message, me: int) -> Heard:
    """Return a message in our words, without the mention that it begins with."""
    text = came.content.strip()
    for mention in (f"<@{me}>", f"<@!{me}>"):
        text = text.removeprefix(mention).strip()
    text = called(text)
    author = came.author
    return Heard(
        id=str(came.id),
        kind=Kind.TEXT,
        user=str(author.id),
        name=author.display_name,
        channel=str(came.channel.id),
        guild=None if came.guild is None else str(came.guild.id),
        standing=_standing(author),
        text=text,
        below=_below(came),
    )


def _below(came: discord.Message) -> str | None:
    """Return the message below which one is written: a thread has the id of the message that it was begun on."""
    if came.reference is not None and came.reference.message_id is not None:
        return str(came.reference.message_id)
    return str(came.channel.id) if isinstance(came.channel, discord.Thread) else None


def _standing(user: discord.User | discord.Member) -> Standing | None:
    return (
        standing_of(user.guild, user.id, [role.id for role in user.roles]) if isinstance(user, discord.Member) else None
    )


def standing_of(guild: discord.Guild, user: int, roles: Iterable[str | int]) -> Standing | None:
    """Return what somebody with these roles is in a server; None while we have not been told what they are."""
    if guild.unavailable or guild.owner_id is None:
        return None
    his = [role for id in roles if (role := guild.get_role(int(id))) is not None and not role.is_default()]
    groups = tuple(word for role in his for word in (role.name, str(role.id)))
    rights = [role.permissions.value for role in (guild.default_role, *his)]
    return Standing(role_by(rights, owns=guild.owner_id == user), groups)


def role_by(rights: Iterable[int], *, owns: bool) -> Role:
    """Return the role here of somebody with these permissions in his server, or who owns it."""
    if owns:
        return Role.OWNER
    return Role.ADMIN if any(one & _RUNS_IT for one in rights) else Role.NOBODY
