"""What is asked of Prometheus, and what the stand-in answers, is what Prometheus itself describes, where that is here.

`ARB_CONTRACTS` names a folder with `prometheus.yaml` (the OpenAPI description that Prometheus serves itself).
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from collectors import collector
from egress.client import Allowed, Egress
from model.ids import WorkspaceId
from model.source import Reach
from model.window import Window
from tests.support.prometheus import TOKEN, prometheus
from tests.support.talk import FixedClock

_END = datetime(2026, 11, 16, tzinfo=UTC)
_FILE = "prometheus.yaml"


def _described() -> dict[str, Any]:
    folder = os.environ.get("ARB_CONTRACTS")
    if folder is None or not (Path(folder) / _FILE).is_file():
        pytest.skip(f"ARB_CONTRACTS names no folder with {_FILE}")
    yaml = pytest.importorskip("yaml", reason="PyYAML is not installed")
    found: dict[str, Any] = yaml.safe_load((Path(folder) / _FILE).read_text(encoding="utf-8"))
    return found


async def test_requests_and_answers_fit_the_description() -> None:
    """Every request of a reading, as a form and as a query string, and every answer, down to the values."""
    described = _described()
    jsonschema = pytest.importorskip("jsonschema")
    egress = Egress(FixedClock(_END), Allowed.parse(["127.0.0.1"]))
    reach = Reach((), egress, clock=FixedClock(_END)).within(WorkspaceId("w"))
    with prometheus() as there:
        there.counter("http_requests_total", _END - timedelta(days=15), _END, 2.0, code="200", service="api")
        for only_get in (False, True):
            there.only_get = only_get
            made = collector("prometheus", {"url": there.url, "token": TOKEN, "by": "service"}, reach)
            async for _ in made.collect(Window(_END - timedelta(days=7), _END, "UTC"), None):
                pass
        assert {method for method, *_ in there.asked} == {"POST", "GET"}
        for method, path, values in there.asked:
            operation = described["paths"][path.removeprefix("/api/v1")][method.lower()]
            if method == "GET":
                names = {p["name"]: p.get("required", False) for p in operation["parameters"]}
            else:
                schema = _resolved(described, operation["requestBody"]["content"]["application/x-www-form-urlencoded"])
                names = {name: name in schema.get("required", ()) for name in schema["properties"]}
            assert set(values) <= set(names)
            assert {name for name, required in names.items() if required} <= set(values)
            answer = operation["responses"]["200"]["content"]["application/json"]["schema"]
            status, body = there.answer(path.removeprefix("/api/v1/"), values)
            assert status == 200
            jsonschema.validate(json.loads(body), {**described, **answer})
    await egress.aclose()


def _resolved(described: dict[str, Any], content: dict[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = described["components"]["schemas"][content["schema"]["$ref"].rpartition("/")[2]]
    return found
