"""What others push: POST /webhooks/<kind>/<id>. Bounded before it is read, stored before it is answered."""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Mapping, Sequence

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from bot.http_limits import Limiter, Network, Standing, client_of, tightest
from model.clock import Clock
from model.errors import ArbError, StorageBroken, StorageBusy
from model.pushed import Push, PushRefused, Why
from sources.receive import NoHook, hooked, verified
from storage.database import Database

_log = logging.getLogger(__name__)
PATH = "/webhooks/{kind}/{id}"
_LONGEST = 64  # characters of an id that are remembered of one that is wrong
_PER_ADDRESS, _PER_HOOK, _PER_TENANT, _WRONG = 6000, 3000, 6000, 60  # in any sixty seconds
_STATUS: Mapping[Why, int] = {"unsigned": 401, "foreign": 403, "unreadable": 400}


class Hooks:
    """Takes what is pushed."""

    def __init__(self, db: Database, clock: Clock, trusted: Sequence[Network], ring: Callable[[], None]) -> None:
        self._db = db
        self._clock = clock
        self._trusted = trusted
        self._ring = ring  # called when something was stored
        self._addresses, self._wrong = Limiter(_PER_ADDRESS, clock), Limiter(_WRONG, clock)
        self._hooks, self._tenants = Limiter(_PER_HOOK, clock), Limiter(_PER_TENANT, clock)

    def listen(self, app: FastAPI) -> None:
        """Add the route."""
        app.add_api_route(PATH, self.answer, methods=["POST"], response_model=None)

    async def answer(self, request: Request) -> Response:
        """Answer a push: 202 once it is stored, 200 where it was known or holds nothing for us."""
        standings = [self._addresses.admit(client_of(request, self._trusted))]
        try:
            response = await self._taken(request, standings)
        except _TooMany:
            response = _told(429, "These are too many requests. Retry-After says when to go on.")
        except NoHook:
            response = _told(404, "There is nothing here.")
        except PushRefused as error:
            response = _told(_STATUS[error.why], error.message.plain())
        except (StorageBusy, StorageBroken) as error:
            _log.warning("a push was not taken: %s", error)
            response = _told(503, "The storage is busy. Send it again in a moment.")
        except ArbError as error:  # its secret or its configuration does not open
            _log.warning("a push was not taken: %s", error)
            response = _told(503, "This source cannot be pushed to just now.")
        response.headers.update(tightest(standings).headers(self._clock.now().timestamp()))
        return response

    async def _taken(self, request: Request, standings: list[Standing]) -> Response:
        kind, id = str(request.path_params["kind"]), str(request.path_params["id"])
        # Who sends wrong ones to an address is heard no more, and nobody else there suffers: many share GitHub's.
        sender = f"{client_of(request, self._trusted)} {id[:_LONGEST]}"
        standings.append(self._wrong.look(sender))
        _refuse_beyond(standings)
        push = Push(_headers(request), await request.body())
        refused: PushRefused | None = None
        try:
            source = await hooked(self._db, kind, id)
            arrived = verified(source, push, self._clock.now())
        except NoHook:
            self._wrong.admit(sender)
            raise
        except PushRefused as error:
            if error.why == "unsigned":
                self._wrong.admit(sender)
                raise
            refused = error  # whoever has the secret sent it: it counts as any other
        hook = source.hook
        standings[1:] = [self._tenants.admit(hook.workspace), self._hooks.admit(hook.id)]
        _refuse_beyond(standings)
        if refused is not None:
            raise refused
        if arrived.answer is not None:
            return JSONResponse(dict(arrived.answer))
        kept = await self._db.receiving.keep(hook, arrived, push.body) if arrived.wanted else None
        if kept == "other":
            return _told(409, "Something else came under this id before.")
        if kept == "new":
            self._ring()
        return JSONResponse({"taken": kept == "new"}, 202 if kept == "new" else 200)


class _TooMany(Exception):
    """More came than may."""


def _refuse_beyond(standings: Sequence[Standing]) -> None:
    if not all(standing.admitted for standing in standings):
        raise _TooMany


def _headers(request: Request) -> Mapping[str, str]:
    """Return the headers that came once."""
    names = Counter(name.lower() for name, _ in request.headers.raw)
    return {name: value for name, value in request.headers.items() if names[name.encode("latin-1")] == 1}


def _told(status: int, words: str) -> Response:
    return JSONResponse({"error": words}, status)
