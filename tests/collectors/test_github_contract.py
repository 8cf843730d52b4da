"""What is asked of GitHub is what GitHub describes: its GraphQL schema and its REST description, where they are here.

`ARB_CONTRACTS` names a folder with `schema.graphql` (npm @octokit/graphql-schema) and `api.github.com.json` (npm
@octokit/openapi); queries are validated by graphql-core.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from urllib.parse import parse_qsl, urlsplit

import pytest

from collectors.github_config import GitHubConfig
from collectors.github_cursor import Cursor
from collectors.github_query import Search, Want, query_of, repositories_query, searches_query
from collectors.github_runs import runs_path

_SINCE = datetime(2026, 1, 8, 12, tzinfo=UTC)


def _described(name: str) -> str:
    folder = os.environ.get("ARB_CONTRACTS")
    if folder is None or not (Path(folder) / name).is_file():
        pytest.skip(f"ARB_CONTRACTS names no folder with {name}")
    return (Path(folder) / name).read_text(encoding="utf-8")


def test_queries_fit_the_schema() -> None:
    """All parts, the first time, further on and looked at; an owner's repositories; who is new."""
    text = _described("schema.graphql")
    graphql = pytest.importorskip("graphql", reason="graphql-core is not installed")
    schema = graphql.build_schema(text, assume_valid=True, assume_valid_sdl=True)  # it has faults of its own
    names = [f"acme/repo-{n}" for n in range(10)]
    config = GitHubConfig.model_validate({"repositories": names, "token": "none"})
    wants = [want for one in Cursor.of(None, _SINCE).wants(names, config) for want in one]
    assert {want.part for want in wants} == {
        "pulls", "issues", "commits", "releases", "deployments", "open_pulls", "open_issues",
    }  # fmt: skip
    further = Cursor.of(None, _SINCE)
    ends = [further.read(want, _SINCE, 'end "quoted"') for want in wants]
    more = query_of([want for want in ends if want is not None])[0]
    looks = query_of([Want("acme/api", "seen_pulls", _SINCE), Want("acme/api", "seen_issues", _SINCE)])[0]
    new = searches_query([Search("acme/api", "mina", _SINCE)] * 10)
    listed = (repositories_query("acme", None), repositories_query("acme", "x"))
    for query in (query_of(wants)[0], more, looks, new, *listed):
        assert graphql.validate(schema, graphql.parse(query)) == [], query[:300]


def test_requests_fit_the_description() -> None:
    """The path is described, and each parameter is one of its own."""
    described = json.loads(_described("api.github.com.json"))
    asked = urlsplit(runs_path("acme/api", "2026-01-08", 2))
    assert asked.path == "/repos/acme/api/actions/runs"
    operation = described["paths"]["/repos/{owner}/{repo}/actions/runs"]["get"]
    found = [described["components"]["parameters"][p["$ref"].rpartition("/")[2]] for p in operation["parameters"]]
    assert {name for name, _ in parse_qsl(asked.query)} <= {p["name"] for p in found if p["in"] == "query"}
    kinds = described["paths"]["/app/installations/{installation_id}/access_tokens"]["post"]["responses"]
    assert "201" in kinds
