"""Take out of collected text what nobody is to see, before a post, an export or a model has it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from functools import lru_cache

from model.ids import SourceId
from model.masking import masked, without_secrets
from model.measured import Measured, with_texts
from model.record import (
    AnyBody,
    Branch,
    Commit,
    Deployment,
    Forged,
    Issue,
    PullRequest,
    Record,
    Release,
    Review,
    WorkflowRun,
)

Records = tuple[tuple[SourceId, Record], ...]
_once = lru_cache(maxsize=20_000)(masked)  # paths and labels come again and again


def masked_texts(records: Records) -> Records:
    """Return the records with their titles, links and groups masked; names of people are left to `masked_names`."""
    return tuple((source, _hidden(record)) for source, record in records)


def masked_names(names: Iterable[str]) -> Mapping[str, str]:
    """Return what to call those whose name is an address or holds a secret: each still somebody of his own."""
    found: dict[str, str] = {}
    for name in sorted(names):
        if (bare := masked(name)) != name:
            again = sum(other == bare or other.startswith(f"{bare} ") for other in found.values())
            found[name] = f"{bare} {again + 1}" if again else bare
    return found


def people_of(records: Records) -> Iterator[str]:
    """Yield the names of people in records, again and again."""
    for _, record in records:
        body = record.body
        if isinstance(body, Commit | Branch | Forged):
            yield body.author
        if isinstance(body, Commit):
            yield from body.co_authors


def _hidden(record: Record) -> Record:
    title, body = masked(record.title), _body(record.body)
    url = record.url if record.url is None or without_secrets(record.url) == record.url else None
    if (title, url) == (record.title, record.url) and body is record.body:
        return record
    return replace(record, title=title, body=body, url=url)


def _body(body: AnyBody) -> AnyBody:
    """Return a body with what it is grouped by masked; itself where nothing is to be hidden."""
    if isinstance(body, Measured):
        return with_texts(body, lambda _, text: masked(text))
    match body:
        case Commit(changes=changes) if changes is not None:
            paths = tuple(replace(c, path=_once(c.path)) if _once(c.path) != c.path else c for c in changes)
            return body if paths == changes else replace(body, changes=paths)
        case PullRequest(labels=labels) | Review(labels=labels) | Issue(labels=labels):
            shown = tuple(map(_once, labels))
            return body if shown == labels else replace(body, labels=shown)
        case Deployment(environment=text) if _once(text) != text:
            return replace(body, environment=_once(text))
        case WorkflowRun(workflow=text) if _once(text) != text:
            return replace(body, workflow=_once(text))
        case Release(tag=text) if _once(text) != text:
            return replace(body, tag=_once(text))
        case _:
            return body
