"""What Discord's gateway sends, as https://docs.discord.com/developers/events/gateway-events has it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tests.support.discord import BOT, OWNER, Discord

People = Mapping[str, Mapping[str, list[str]]]
_NAMES = {OWNER: "Mina"}


def user(id: str) -> dict[str, Any]:
    name = _NAMES.get(id, f"user{id[-3:]}")
    return {"id": id, "username": name, "global_name": name, "discriminator": "0", "avatar": None, "bot": id == BOT}


def member(guild: Mapping[str, Any], id: str, roles: list[str]) -> dict[str, Any]:
    mine = [one for one in guild["roles"] if one["id"] in (*roles, guild["id"])]
    rights = 0
    for role in mine:
        rights |= int(role["permissions"])
    if guild["owner_id"] == id:
        rights = (1 << 50) - 1
    return {
        "user": user(id), "roles": roles, "joined_at": "2026-01-01T00:00:00+00:00", "deaf": False, "mute": False,
        "flags": 0, "permissions": str(rights), "nick": None, "avatar": None, "pending": False, "premium_since": None,
    }  # fmt: skip


def guild(there: Discord, known: Mapping[str, Any]) -> dict[str, Any]:
    roles = [
        {
            "position": at, "color": 0, "hoist": False, "managed": False, "mentionable": False, "flags": 0, **role,
        }
        for at, role in enumerate(known["roles"])
    ]  # fmt: skip
    channels = [
        {"position": 0, "topic": None, "nsfw": False, "last_message_id": None, "rate_limit_per_user": 0, **one}
        for one in there.channels.values()
        if one.get("guild_id") == known["id"]
    ]
    return {
        **known, "roles": roles, "channels": channels, "members": [], "emojis": [], "stickers": [], "threads": [],
        "features": [], "verification_level": 0, "default_message_notifications": 0, "explicit_content_filter": 0,
        "mfa_level": 0, "premium_tier": 0, "system_channel_flags": 0, "preferred_locale": "ko", "nsfw_level": 0,
        "member_count": 3, "large": False, "unavailable": False, "voice_states": [], "presences": [],
        "stage_instances": [], "guild_scheduled_events": [], "soundboard_sounds": [], "afk_timeout": 300,
        "premium_progress_bar_enabled": False, "icon": None, "splash": None, "banner": None,
    }  # fmt: skip


def ready(there: Discord, session: str, url: str, shard: tuple[int, int]) -> dict[str, Any]:
    return {
        "v": 10, "user": user(BOT), "session_id": session, "resume_gateway_url": url, "shard": list(shard),
        "guilds": [{"id": id, "unavailable": True} for id in there.guilds],
        "application": {"id": BOT, "flags": there.flags},
    }  # fmt: skip


def application(there: Discord) -> dict[str, Any]:
    return {
        "id": BOT, "name": "arb", "icon": None, "description": "", "bot_public": True, "bot_require_code_grant": False,
        "verify_key": "0" * 64, "summary": "", "team": None, "owner": user(OWNER), "flags": there.flags,
        "rpc_origins": [], "interactions_endpoint_url": None, "redirect_uris": [],
    }  # fmt: skip


def interaction(
    there: Discord, people: People, made: Any, data: Mapping[str, Any], channel: str | None
) -> dict[str, Any]:
    """Return an interaction in a channel of a guild, or in somebody's direct messages."""
    found: dict[str, Any] = {
        "id": made.id, "application_id": BOT, "type": made.type, "token": made.token, "version": 1, "data": dict(data),
        "locale": there.locales.get(made.user, "en-US"), "attachment_size_limit": 10 << 20, "app_permissions": "0",
        "entitlements": [], "authorizing_integration_owners": {},
    }  # fmt: skip
    if channel is None:
        place = {"id": "1", "type": 1, "flags": 0, "last_message_id": None, "recipients": [user(made.user)]}
        return {**found, "user": user(made.user), "channel": place, "channel_id": "1", "context": 1}
    known = there.channels[channel]
    here = there.guilds[known["guild_id"]]
    return {
        **found, "guild_id": here["id"], "guild_locale": "ko", "channel_id": channel, "context": 0,
        "guild": {"id": here["id"], "locale": "ko", "features": []},
        "channel": {"position": 0, "nsfw": False, **known},
        "member": member(here, made.user, people[here["id"]][made.user]),
    }  # fmt: skip


def message(
    there: Discord, people: People, author: str, text: str, channel: str, *, mention: bool, reply: str = ""
) -> dict[str, Any]:
    """Return a message; without the intent for contents its text comes only where the bot is meant."""
    known = there.channels[channel]
    guild_id = known.get("guild_id")
    seen = mention or guild_id is None
    found: dict[str, Any] = {
        "id": there.new_id(), "channel_id": channel, "author": user(author), "content": text if seen else "",
        "timestamp": "2026-11-20T09:00:00+00:00", "edited_timestamp": None, "tts": False, "mention_everyone": False,
        "mentions": [user(BOT)] if mention else [], "mention_roles": [], "attachments": [], "embeds": [],
        "pinned": False, "type": 0, "components": [], "flags": 0, "channel_type": known["type"],
    }  # fmt: skip
    if reply:
        found |= {"type": 19, "message_reference": {"message_id": reply, "channel_id": channel, "guild_id": guild_id}}
    if guild_id is None:
        return found
    here = there.guilds[guild_id]
    mine = {k: v for k, v in member(here, author, people[guild_id][author]).items() if k not in ("user", "permissions")}
    return {**found, "guild_id": guild_id, "member": mine}
