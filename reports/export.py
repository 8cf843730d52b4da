"""Export a run as a file: Markdown, HTML, JSON or CSV."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Literal

from model.card import Card, plain
from model.ids import SourceId
from model.language import Language
from model.ledger import Fact, Ledger
from model.masking import masked
from model.report import Run, Snapshot
from model.source import Source
from model.words import CHECKED, Checked
from reports.snapshot import content_hash, plain_template
from reports.steps import Workshop
from reports.targets import as_values, standings_of
from writers import html, markdown, tables

Form = Literal["md", "html", "json", "csv"]
MEDIA_TYPES: Mapping[Form, str] = {
    "md": "text/markdown; charset=utf-8",
    "html": "text/html; charset=utf-8",
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
}


@dataclass(frozen=True, slots=True)
class File:
    """A file that was made."""

    name: str
    media_type: str
    data: bytes


async def export(run: Run, form: Form, workshop: Workshop, names: Mapping[SourceId, Source]) -> File:
    """Return the run as a file; persons' figures only where the run names persons."""
    card = await workshop.card(run)
    match form:
        case "md":
            text = markdown.render(card)
        case "html":
            text = html.render(card)
        case "json":
            text = await _json(run, card, workshop, names)
        case "csv":
            text = _csv(await workshop.ledger(run), run, names)
    first = run.window.days()[0]
    name = re.sub(r"[^a-z0-9-]", "-", run.template.lower())
    return File(f"{name}-{first}-{run.name}.{form}", MEDIA_TYPES[form], text.encode("utf-8", "replace"))


def shown(ledger: Ledger, people: bool) -> tuple[Fact, ...]:
    """Return the facts that a reader may see: those about single persons only where they are switched on."""
    return tuple(f for f in ledger.facts if people or "author" not in dict(f.labels))


async def _json(run: Run, card: Card, workshop: Workshop, names: Mapping[SourceId, Source]) -> str:
    collected = await workshop.done(run, "collect")
    snapshot = await workshop.snapshot(run)
    ledger = await workshop.ledger(run)
    checked = CHECKED.validate_json(await workshop.done(run, "narrate"))
    document = {
        "run": {
            "name": run.name,
            "id": run.id,
            "template": run.template,
            "state": run.state,
            "created": run.created.isoformat(),
            "finished": run.finished.isoformat() if run.finished else None,
            "title": card.title,
            "hash": run.hash,
        },
        "window": {
            "start": run.window.start.isoformat(),
            "end": run.window.end.isoformat(),
            "zone": run.window.zone,
            "days": len(run.window.days()),
        },
        "facts": [_fact(f, names) for f in shown(ledger, snapshot.settings.people)],
        "findings": _findings(ledger, snapshot, names),
        "targets": as_values(standings_of(snapshot, ledger)),
        "coverage": _coverage(ledger, snapshot),
        "sentences": _sentences(checked),
        "manifest": _manifest(run, snapshot, collected),
    }
    return json.dumps(document, ensure_ascii=False, indent=2)


def _fact(fact: Fact, names: Mapping[SourceId, Source]) -> dict[str, object]:
    return {
        "id": fact.id,
        "metric": fact.metric,
        **({"title": fact.title} if fact.title else {}),
        "labels": dict(fact.labels),
        "value": _number(fact.value),
        "unit": fact.unit,
        "before": _number(fact.before),
        "sources": [_name(s, names) for s in fact.sources],
        "evidence": [{"source": _name(e.source, names), "kind": e.kind, "key": masked(e.key)} for e in fact.evidence],
        "counted": fact.counted,
    }


def _findings(ledger: Ledger, snapshot: Snapshot, names: Mapping[SourceId, Source]) -> list[dict[str, object]]:
    return [
        {
            "title": f.record.title,
            "source": _name(f.source, names),
            "kind": f.record.kind,
            "key": masked(f.record.key),
            "author": f.record.actor if snapshot.settings.people else None,
            "priority": _number(f.priority),
            "factors": [
                {"name": x.name, "weight": _number(x.weight), "score": _number(x.score), "why": x.why}
                for x in f.factors
            ],
        }
        for f in ledger.findings
    ]


def _coverage(ledger: Ledger, snapshot: Snapshot) -> list[dict[str, object]]:
    language = Language(snapshot.settings.language, snapshot.window.zone)
    return [
        {
            "source": c.name,
            "kind": c.kind,
            "read": c.read,
            "of": c.of,
            "problem": None if c.problem is None else language.say(c.problem),
            "last_good": c.last_good.isoformat() if c.last_good else None,
        }
        for c in ledger.coverage
    ]


def _sentences(checked: Checked) -> list[dict[str, object]]:
    """Return a run's own sentences, and a model's, each with what it rests on."""
    said = [(s.part, s, checked.by) for s in checked.said]
    remark = [] if checked.aside is None else [("remark", s, checked.aside.by) for s in checked.aside.said]
    return [
        {"part": part, "text": plain(s.line), "rests_on": list(s.rests_on), "by": by}
        for part, s, by in (*said, *remark)
    ]


def _filters(snapshot: Snapshot) -> Mapping[str, object]:
    """Return what is filtered; patterns of people only where persons may be named."""
    people = snapshot.settings.people
    return {
        name: list(patterns) if people or not name.endswith("people") else len(patterns)
        for name, patterns in asdict(snapshot.settings.filters).items()
    }


def _manifest(run: Run, snapshot: Snapshot, collected: bytes) -> dict[str, object]:
    return {
        "snapshot": content_hash(collected),
        "taken": snapshot.taken.isoformat(),
        "versions": dict(snapshot.metrics),
        "settings": {
            "language": snapshot.settings.language,
            "people": snapshot.settings.people,
            "bots": list(snapshot.settings.bots),
            "stale_days": snapshot.settings.stale_days,
            "weights": {name: _number(weight) for name, weight in snapshot.settings.weights},
            "view": snapshot.settings.view,
            "model": snapshot.settings.model,
            "country": snapshot.settings.country,
            "filters": _filters(snapshot),
        },
        "template": plain_template(snapshot.template),
        "hash": run.hash,
    }


def _csv(ledger: Ledger, run: Run, names: Mapping[SourceId, Source]) -> str:
    head = ("id", "metric", "label", "of", "value", "before", "unit", "sources", "counted")
    rows = [
        (f.id, f.metric, *(f.labels[0] if f.labels else ("", "")), _number(f.value), _number(f.before), f.unit,
         " ".join(_name(s, names) for s in f.sources), f.counted)
        for f in shown(ledger, run.settings.people)
    ]  # fmt: skip
    return tables.csv([head, *rows])


def _name(source: SourceId, names: Mapping[SourceId, Source]) -> str:
    """Return a source's name, or its id where it was removed since."""
    return names[source].name if source in names else source


def _number(value: Decimal | None) -> int | float | None:
    if value is None:
        return None
    return int(value) if value == value.to_integral_value() else float(value)
