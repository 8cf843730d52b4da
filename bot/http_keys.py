"""Requests of programs: an API key says in whose name they ask, and how many may come is bounded before it is read."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Callable, Sequence

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from bot.http_limits import Limiter, Network, Standing, client_of, tightest
from model.clock import Clock
from model.errors import StorageBroken, StorageBusy
from model.keys import NEEDS, KeyHolder, Scope
from storage.database import Database

_log = logging.getLogger(__name__)
_LONGEST = 200  # characters of a key that is looked up at all
_PER_ADDRESS, _PER_TENANT, _PER_KEY, _GUESSES = 600, 1000, 100, 20  # in any sixty seconds

Answer = Callable[[Request, KeyHolder], Awaitable[Response]]


class Refused(Exception):
    """A request is answered with a status and a few words."""

    def __init__(self, status: int, words: str, **more: object) -> None:
        self.status = status
        self.content = {"error": words, **more}
        super().__init__(words)


class Gate:
    """Lets requests through that bring a good key, as many as may come."""

    def __init__(self, db: Database, clock: Clock, trusted: Sequence[Network]) -> None:
        self._db = db
        self._clock = clock
        self._trusted = trusted
        self._addresses, self._guesses = Limiter(_PER_ADDRESS, clock), Limiter(_GUESSES, clock)
        self._tenants, self._keys = Limiter(_PER_TENANT, clock), Limiter(_PER_KEY, clock)

    async def answer(self, request: Request, scope: Scope, answer: Answer) -> Response:
        """Answer a request that brings a key which may do this; every answer says how many more may come."""
        address = client_of(request, self._trusted)
        standings = [self._addresses.admit(address)]
        try:
            holder = await self._holder(request, scope, address, standings)
            response = await answer(request, holder)
        except Refused as refused:
            response = JSONResponse(refused.content, refused.status)
        except (StorageBusy, StorageBroken) as error:
            _log.warning("a request with a key was not taken: %s", error)
            response = JSONResponse({"error": "The storage is busy. Try again in a moment."}, 503)
        response.headers.update(tightest(standings).headers(self._clock.now().timestamp()))
        response.headers.setdefault("cache-control", "no-store")
        return response

    async def _holder(self, request: Request, scope: Scope, address: str, standings: list[Standing]) -> KeyHolder:
        _refuse_beyond(standings)
        guesses = self._guesses.look(address)
        if not guesses.admitted:  # whoever tries keys out is not even told which are wrong
            standings.append(guesses)
            _refuse_beyond(standings)
        holder = await self._known(request)
        if holder is None:
            self._guesses.admit(address)
            raise Refused(401, "Bring a good API key in the header X-Api-Key: /arb keys makes one.")
        standings += [self._tenants.admit(holder.workspace), self._keys.admit(holder.key.id)]
        _refuse_beyond(standings)
        tenant = request.headers.get("x-tenant")
        if tenant is not None and tenant not in holder.tenants:
            raise Refused(403, "This key is not for that tenant.")
        if scope not in holder.key.may or holder.role < NEEDS[scope]:
            raise Refused(403, "This key may not do that.", needs=scope)
        await self._db.entrances.count_request(holder)
        return holder

    async def _known(self, request: Request) -> KeyHolder | None:
        brought = request.headers.getlist("x-api-key")
        scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() == "bearer":
            brought = [*brought, bearer.strip()]
        if len(brought) != 1 or not 0 < len(brought[0]) <= _LONGEST:
            return None
        return await self._db.entrances.key_holder(brought[0])


def _refuse_beyond(standings: Sequence[Standing]) -> None:
    if not all(standing.admitted for standing in standings):
        raise Refused(429, "These are too many requests. Retry-After says when to go on.")


def key_at(app: FastAPI, gate: Gate) -> None:
    """Tell at /api/key whose key it is: for trying one out."""

    async def told(_: Request, holder: KeyHolder) -> Response:
        key = holder.key
        return JSONResponse(
            {"name": key.name, "tenants": holder.tenants, "may": key.may, "expires": key.expires.isoformat()}
        )

    async def key(request: Request) -> Response:
        return await gate.answer(request, "read", told)

    app.add_api_route("/api/key", key, methods=["GET"], response_model=None)
