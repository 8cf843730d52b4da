"""What somebody is in a server of Discord who says nothing: asked for by two calls that no intent is needed for.

https://docs.discord.com/developers/resources/guild#get-guild-member
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Mapping
from typing import Any

from bot.platforms.discord_heard import role_by
from model.member import Introduced, Role
from writers.discord_rest import Refused, Rest

_PATIENCE = 10.0  # seconds to ask; then what was known before holds
_GONE = (10007, 10013)  # no member of that server, nobody at all: any other refusal is about the bot


class Absent:
    """Asks about people of servers."""

    def __init__(self, rest: Rest) -> None:
        self._rest = rest

    async def ask(self, account: str, user: str) -> Introduced:
        """Return what somebody is in a server; raises DeliveryError or TimeoutError where Discord does not say it."""
        try:
            async with asyncio.timeout(_PATIENCE):
                member = await self._rest.ask("GET", f"/guilds/{account}/members/{user}")
                guild = await self._rest.ask("GET", f"/guilds/{account}")
        except Refused as error:
            if error.code not in _GONE:
                raise
            return Introduced(Role.NOBODY, gone=True)
        return _introduced(guild, user, member["roles"])


def _introduced(guild: Mapping[str, Any], user: str, roles: Collection[str]) -> Introduced:
    """Return what somebody with these roles is in a server; everybody has the one that bears the server's own id."""
    his = [one for one in guild["roles"] if one["id"] in roles and one["id"] != guild["id"]]
    rights = [int(one["permissions"]) for one in guild["roles"] if one["id"] in (guild["id"], *roles)]
    groups = tuple(word for one in his for word in (str(one["name"]), str(one["id"])))
    return Introduced(role_by(rights, owns=guild["owner_id"] == user), groups=groups)
