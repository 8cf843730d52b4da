"""Results of quality checks: pushed with a key, once; listed, told day by day and in a report; its tenant's alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from collectors.qc import schema
from model.language import Code
from tests.bot.web import Got, Web, web
from tests.stories.test_keys import made
from tests.support.talk import NOW, Talk, text

_AT = "2026-11-19T10:00:00+09:00"
_GOOD = {
    "id": "n-1",
    "at": _AT,
    "name": "nightly",
    "status": {"api": "pass", "web": "fail", "docs": "warn", "e2e": "skip"},
}


async def post(here: Web, key: str, body: object, path: str = "/ingest/qc", **headers: str) -> Got:
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    return await here.post(path, data, **{"content_type": "application/json", "x_api_key": key, **headers})


async def get(here: Web, key: str, path: str, **headers: str) -> Got:
    return await here.get(path, x_api_key=key, **headers)


@pytest.mark.parametrize("lang", ["en", "ko"])
async def test_from_a_pipeline_to_the_report(tmp_path: Path, lang: Code) -> None:
    """Stored once; the list and the days are told anew only where they are another; a report has every figure."""
    async with web(tmp_path / "home") as here:
        talk = Talk(here.app)
        await talk.say("/source add qc name=quality", lang=lang)
        key = await made(talk, lang=lang)
        taken = await post(here, key, _GOOD, x_tenant="acme")
        assert (taken.status, taken.headers["location"]) == (201, "/ingest/qc/n-1")
        counts = {"passed": 1, "warned": 1, "failed": 1, "skipped": 1}
        assert (taken.json["decision"], taken.json["ok"], taken.json["counts"]) == ("fail", False, counts)
        assert (await post(here, key, _GOOD)).status == 200
        assert (await post(here, key, {**_GOOD, "status": {"api": "pass"}})).status == 409
        for n in range(3):
            again = {"status": {"api": "pass", "web": "pass"}, "at": f"2026-11-1{n + 6}T12:00:00Z", "id": f"d{n}"}
            assert (await post(here, key, again)).status == 201
        assert (await post(here, key, {"status": {"api": "pass"}})).json["at"] == NOW.isoformat()
        first = await get(here, key, "/ingest/qc?limit=2")
        assert (await get(here, key, "/ingest/qc?limit=2", if_none_match=first.headers["etag"])).status == 304
        second = await get(here, key, f"/ingest/qc?limit=9&before={first.json['next']}")
        ids = [report["id"] for report in (*first.json["reports"], *second.json["reports"])]
        assert ids[1:] == ["n-1", "d2", "d1", "d0"]
        assert second.json["next"] is None
        assert (await get(here, key, "/ingest/qc/n-1")).json["status"] == _GOOD["status"]
        days = (await get(here, key, "/ingest/qc/timeline?days=5")).json["days"]
        assert [(day["reports"], day["failed"]) for day in days] == [(1, 0), (1, 0), (1, 0), (1, 1), (1, 0)]
        assert (await get(here, key, "/ingest/qc/schema")).json == schema()
        report = await talk.say("/report run qc source=quality window=2026-11-14..2026-11-21", lang=lang)
        shown = text(report)
        for said in {
            "en": ("Pass rate 80%", "Failed checks 1", "QC reports 5", "Failed QC reports 1"),
            "ko": ("통과율 80%", "실패한 검사 1", "QC 보고 5", "실패한 QC 보고 1"),
        }[lang]:
            assert said in shown, shown
        assert "web" in shown
        good = {"en": "identical", "ko": "같습니다"}[lang]
        assert good in text(await talk.say("/report verify last", lang=lang))


_A = {"a": "pass"}
_UNFIT: tuple[tuple[object, str, str], ...] = (
        (b"", "", "json"), (b"{", "", "json"), (b'{"status": {}, "status": {}}', "", "json"),
    (b"[" * 50_000, "", "json"),
        ([], "", "type"), ({}, "", "required"), ({"status": []}, "status", "type"),
        ({"status": {}}, "status", "minProperties"), ({"status": {"api": "maybe"}}, "status.api", "enum"),
        ({"status": {"a/b": "pass"}}, "status", "pattern"),
    ({"status": _A, "x": 1}, "", "additionalProperties"),
        ({"status": _A, "id": "../x"}, "id", "pattern"), ({"status": _A, "name": 5}, "name", "type"),
        ({"status": _A, "url": "javascript:x"}, "url", "pattern"),
        ({"status": _A, "at": "2026-11-19T10:00:00"}, "at", "minLength"),
        ({"status": _A, "at": "2099-11-19T10:00:00Z"}, "at", "instant"),
        ({"status": _A, "at": "0001-01-01T00:00:00+14:00"}, "at", "instant"),
        ({"status": {str(n): "pass" for n in range(501)}}, "status", "maxProperties"),
)  # fmt: skip


async def test_what_does_not_fit_is_told_by_its_place(tmp_path: Path) -> None:
    """Never by what was sent."""
    async with web(tmp_path / "home") as here:
        await Talk(here.app).say("/source add qc name=quality")
        key = await made(Talk(here.app))
        for body, path, rule in _UNFIT:
            refused = await post(here, key, body)
            assert refused.status == 400, refused.body
            (problem, *_) = refused.json["problems"]
            assert (problem["path"], problem["rule"]) == (path, rule), body
            assert b"maybe" not in refused.body


async def test_who_may_do_what(tmp_path: Path) -> None:
    """Another tenant's key finds nothing of it, byte for byte as if there were nothing; a key does what it may."""
    async with web(tmp_path / "home") as here:
        talk = Talk(here.app)
        await talk.say("/source add qc name=quality")
        key, reads = await made(talk), await made(talk, "/arb keys new reads may=read")
        assert (await post(here, key, _GOOD)).status == 201
        assert (await post(here, reads, _GOOD)).status == 403
        assert (await get(here, reads, "/ingest/qc/n-1")).status == 200
        assert (await post(here, key, _GOOD, content_type="text/plain")).status == 415
        for path in ("?limit=0", "?limit=201", "?limit=1e2", "?before=x", "/timeline?days=367", "?source=nothing"):
            assert (await get(here, key, f"/ingest/qc{path}")).status in (400, 404), path
        await talk.say("/source add qc name=more")
        assert (await get(here, key, "/ingest/qc")).status == 400
        assert (await get(here, key, "/ingest/qc?source=more")).json == {"reports": [], "next": None}
        said = await talk.say("/source add qc name=quality", workspace="rival")
        assert said.kind == "card"
        theirs = str(text(await talk.say("/arb keys new ci", workspace="rival")).split("shown again:")[1].split()[0])
        assert (await get(here, theirs, "/ingest/qc/n-1")).body == (await get(here, theirs, "/ingest/qc/n-2")).body
        assert (await get(here, theirs, "/ingest/qc")).json["reports"] == []
        assert (await get(here, theirs, "/ingest/qc", x_tenant="acme")).status == 403
        assert (await get(here, "", "/ingest/qc")).status == 401
