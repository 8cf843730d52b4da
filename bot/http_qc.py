"""Results of quality checks: POST /ingest/qc with an API key; what came is listed, each by itself, and day by day."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

from fastapi import FastAPI, Request, Response
from fastapi.responses import JSONResponse

from bot.http_keys import Answer, Gate, Refused
from collectors.qc import Unfitting, report_of, schema
from model.clock import Clock
from model.errors import ArbError, UnknownName
from model.keys import KeyHolder, Scope
from model.source import Source
from sources.results import Day, Shown, listed, one, put, qc_source, timeline
from storage.database import Database, Urgency
from storage.stores import Stores

PATH = "/ingest/qc"
_MOST, _USUAL = 200, 50  # reports of one answer
_MOST_DAYS, _USUAL_DAYS = 366, 30
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Quality:
    """Takes results, and tells them again."""

    def __init__(self, db: Database, clock: Clock, gate: Gate) -> None:
        self._db = db
        self._clock = clock
        self._gate = gate

    def listen(self, app: FastAPI) -> None:
        """Add the routes."""
        routes: tuple[tuple[str, str, Scope, Answer], ...] = (
            (PATH, "POST", "ingest", self._take),
            (PATH, "GET", "read", self._list),
            (f"{PATH}/schema", "GET", "read", self._schema),
            (f"{PATH}/timeline", "GET", "read", self._timeline),
            (f"{PATH}/{{id}}", "GET", "read", self._one),
        )
        for path, method, scope, answer in routes:
            app.add_api_route(path, self._route(scope, answer), methods=[method], response_model=None)

    def _route(self, scope: Scope, answer: Answer) -> Callable[[Request], object]:
        async def route(request: Request) -> Response:
            return await self._gate.answer(request, scope, answer)

        return route

    async def _take(self, request: Request, holder: KeyHolder) -> Response:
        if request.headers.get("content-type", "").partition(";")[0].strip().lower() != "application/json":
            raise Refused(415, "Send the results as application/json.")
        try:
            report = report_of(await request.body(), self._clock.now())
        except Unfitting as error:
            problems = [asdict(misfit) for misfit in error.misfits]
            raise Refused(
                400, f"That is no report of checks: {PATH}/schema says how one looks.", problems=problems
            ) from None
        async with self._db.write(holder.workspace, Urgency.ACK) as stores:
            shown, taken = await put(stores, await _source(stores, request), report)
        if taken == "other":
            raise Refused(409, "Another report came under this id before.")
        status = 201 if taken == "new" else 200
        return JSONResponse(_report(shown), status, headers={"location": f"{PATH}/{shown.id}"})

    async def _list(self, request: Request, holder: KeyHolder) -> Response:
        most = _number(request, "limit", _USUAL, _MOST)
        before = _cursor(request.query_params.get("before"))
        async with self._db.read(holder.workspace) as stores:
            found, more = await listed(stores, await _source(stores, request), most, before)
        following = _as_cursor(found[-1]) if more else None
        return _fresh(request, {"reports": [_report(shown) for shown in found], "next": following})

    async def _one(self, request: Request, holder: KeyHolder) -> Response:
        async with self._db.read(holder.workspace) as stores:
            found = await one(stores, await _source(stores, request), str(request.path_params["id"])[:200])
        if found is None:
            raise Refused(404, "There is nothing here.")
        shown, status = found
        return _fresh(request, {**_report(shown), "status": dict(status)})

    async def _timeline(self, request: Request, holder: KeyHolder) -> Response:
        days = _number(request, "days", _USUAL_DAYS, _MOST_DAYS)
        async with self._db.read(holder.workspace) as stores:
            source = await _source(stores, request)
            zone = (await stores.workspaces.settings()).zone or "UTC"
            found = await timeline(stores, source, days, ZoneInfo(zone))
        return _fresh(request, {"zone": zone, "days": [_day(day) for day in found]})

    async def _schema(self, request: Request, _: KeyHolder) -> Response:
        return _fresh(request, schema())


async def _source(stores: Stores, request: Request) -> Source:
    try:
        return await qc_source(stores, request.query_params.get("source"))
    except ArbError as error:
        hint = {} if error.hint is None else {"hint": error.hint.plain()}
        raise Refused(404 if isinstance(error, UnknownName) else 400, error.message.plain(), **hint) from None


def _report(shown: Shown) -> dict[str, object]:
    return {
        "id": shown.id, "at": shown.at.isoformat(), "name": shown.name, "url": shown.url, "decision": shown.decision,
        "ok": shown.decision != "fail", "counts": dict(shown.counts),
    }  # fmt: skip


def _day(day: Day) -> dict[str, object]:
    return {"day": day.day.isoformat(), "reports": day.reports, "failed": day.failed, "counts": dict(day.counts)}


def _fresh(request: Request, content: Mapping[str, object]) -> Response:
    """Answer 304 where the caller has this very content already."""
    body = json.dumps(content, ensure_ascii=False, separators=(",", ":")).encode()
    etag = f'"{hashlib.sha256(body).hexdigest()[:32]}"'
    headers = {"etag": etag, "cache-control": "private, no-cache"}
    known = {tag.strip().removeprefix("W/") for tag in request.headers.get("if-none-match", "").split(",")}
    if etag in known or "*" in known:
        return Response(status_code=304, headers=headers)
    return Response(body, media_type="application/json", headers=headers)


def _number(request: Request, name: str, usual: int, most: int) -> int:
    said = request.query_params.get(name, str(usual))
    if not (said.isascii() and said.isdigit() and len(said) <= 4 and 1 <= int(said) <= most):
        raise Refused(400, f"{name} is a number from 1 to {most}.")
    return int(said)


def _as_cursor(last: Shown) -> str:
    moment = (last.at - _EPOCH) // timedelta(microseconds=1)
    return base64.urlsafe_b64encode(f"{moment} {last.id}".encode()).decode("ascii").rstrip("=")


def _cursor(said: str | None) -> tuple[datetime, str] | None:
    if said is None:
        return None
    try:
        moment, _, id = base64.urlsafe_b64decode(said[:400] + "=" * (-len(said) % 4)).decode().partition(" ")
        return _EPOCH + timedelta(microseconds=int(moment)), id
    except (binascii.Error, ValueError, OverflowError):
        raise Refused(400, "before is what an answer gave as next.") from None
