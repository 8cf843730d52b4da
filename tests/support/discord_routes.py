"""The paths of Discord's REST interface that posting needs."""

from __future__ import annotations

from typing import Any

from aiohttp import web

from tests.support.discord import ATTACH, BOT, HISTORY, SEND, SENT, THREADS, VIEW, Discord, Said, numbered, paced, post
from tests.support.discord_limits import check


class Routes:
    """The handlers of one Discord."""

    def __init__(self, there: Discord) -> None:
        self._there = there

    def _channel(self, request: web.Request, *rights: int) -> dict[str, Any]:
        found = self._there.channels.get(request.match_info["channel"])
        if found is None:
            raise Said(404, 10003)
        have = self._there.rights(found)
        if not have & VIEW:
            raise Said(403, 50001)
        if any(not have & right for right in rights):
            raise Said(403, 50013)
        return found

    def _message(self, request: web.Request) -> dict[str, Any]:
        channel = self._channel(request)
        for message in self._there.messages.get(channel["id"], ()):
            if message["id"] == request.match_info["message"]:
                return message
        raise Said(404, 10008)

    async def me(self, _: web.Request) -> web.Response:
        return web.json_response({"id": BOT, "username": "arb", "discriminator": "0", "avatar": None, "bot": True})

    async def application(self, _: web.Request) -> web.Response:
        return web.json_response({"id": BOT, "name": "arb", "flags": self._there.flags})

    async def guilds(self, request: web.Request) -> web.Response:
        after, most = int(request.query.get("after", "0")), int(request.query.get("limit", "200"))
        found = sorted((g for g in self._there.guilds.values() if int(g["id"]) > after), key=lambda g: int(g["id"]))
        return web.json_response([{"id": g["id"], "name": g["name"]} for g in found[:most]])

    async def guild(self, request: web.Request) -> web.Response:
        if request.match_info["guild"] not in self._there.guilds:
            raise Said(404, 10004)
        return web.json_response(self._there.guilds[request.match_info["guild"]])

    async def members(self, request: web.Request) -> web.Response:
        user = request.match_info["user"]
        known = self._there.people.get(request.match_info["guild"])
        if known is not None and user != BOT and user not in known:
            raise Said(404, 10007)
        return web.json_response({"user": {"id": user}, "roles": (known or {}).get(user, [])})

    async def channels(self, request: web.Request) -> web.Response:
        here = request.match_info["guild"]
        return web.json_response(
            [c for c in self._there.channels.values() if c.get("guild_id") == here and c["type"] < 10]
        )

    async def channel(self, request: web.Request) -> web.Response:
        return web.json_response(self._channel(request))

    async def direct(self, request: web.Request) -> web.Response:
        user = request[SENT][0]["recipient_id"]
        known = next((c for c in self._there.channels.values() if c.get("recipient") == user), None)
        if known is None:
            known = {"id": self._there.new_id(), "type": 1, "recipient": user}
            self._there.channels[known["id"]] = known
        return web.json_response(known)

    async def create(self, request: web.Request) -> web.Response:
        body, files = request[SENT]
        found = self._channel(request)
        have = self._there.rights(found)
        if not have & (THREADS if found["type"] in (10, 11, 12) else SEND) or (files and not have & ATTACH):
            raise Said(403, 50013)
        if found.get("recipient") in self._there.closed:
            raise Said(403, 50007)
        if "message_reference" in body and not have & HISTORY:
            raise Said(400, 160002)
        headers = paced(self._there, found["id"])
        return web.json_response(post(self._there, found, body, files), headers=headers)

    async def edit(self, request: web.Request) -> web.Response:
        body, files = request[SENT]
        message = self._message(request)
        if message["author"]["id"] != BOT:
            raise Said(403, 50005)
        check(body, files, editing=True)
        message |= {"components": numbered(body["components"]), "edited_timestamp": "now"}
        self._there.files |= {f"{message['id']}/{name}": data for name, data in files.items()}
        self._there.edits.setdefault(message["id"], []).append(self._there.now())
        return web.json_response(message)

    async def one(self, request: web.Request) -> web.Response:
        return web.json_response(self._message(request))

    async def history(self, request: web.Request) -> web.Response:
        found = self._channel(request)
        if not self._there.rights(found) & HISTORY:
            return web.json_response([])
        said, most = self._there.messages.get(found["id"], []), int(request.query.get("limit", "50"))
        if "after" in request.query:  # the oldest of the later ones, newest first
            later = [message for message in said if int(message["id"]) > int(request.query["after"])]
            return web.json_response(later[:most][::-1])
        return web.json_response(said[-most:][::-1])


def routes_of(there: Discord) -> list[web.RouteDef]:
    """Return the paths of one Discord."""
    do = Routes(there)
    at = "/api/v10"
    return [
        web.get(f"{at}/users/@me", do.me),
        web.get(f"{at}/applications/@me", do.application),
        web.get(f"{at}/users/@me/guilds", do.guilds),
        web.post(f"{at}/users/@me/channels", do.direct),
        web.get(f"{at}/guilds/{{guild}}", do.guild),
        web.get(f"{at}/guilds/{{guild}}/channels", do.channels),
        web.get(f"{at}/guilds/{{guild}}/members/{{user}}", do.members),
        web.get(f"{at}/channels/{{channel}}", do.channel),
        web.get(f"{at}/channels/{{channel}}/messages", do.history),
        web.post(f"{at}/channels/{{channel}}/messages", do.create),
        web.get(f"{at}/channels/{{channel}}/messages/{{message}}", do.one),
        web.patch(f"{at}/channels/{{channel}}/messages/{{message}}", do.edit),
    ]
