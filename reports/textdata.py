"""What a template's text sections may see: plain values, nothing with methods."""

from __future__ import annotations

from collections.abc import Mapping

from pydantic import JsonValue

from analyzers.branches import as_of
from analyzers.patterns import patterns
from model.language import Language, Message
from model.ledger import Fact, Ledger
from model.probed import Outage, Trouble
from model.record import Branch, Commit
from model.report import Snapshot

_MOST_COMMITS = 100
_MOST_OUTAGES = 100
_MOST_PATTERNS = 50
_TROUBLES: Mapping[Trouble, Message] = {
    "status": Message("answered {status}"),
    "text": Message("answered something else"),
    "late": Message("answered too late"),
    "away": Message("could not be reached"),
    "broken": Message("broke off"),
}


def text_data(snapshot: Snapshot, ledger: Ledger, language: Language) -> dict[str, JsonValue]:
    """Return what a text may see as JSON values; persons only where they may be named."""
    days = ledger.window.days()
    return {
        "language": language.code,
        "window": {"first": language.day(days[0]), "last": language.day(days[-1]), "days": len(days)},
        "facts": {f.metric: _fact(f) for f in ledger.facts if not f.labels},
        "commits": _commits(snapshot),
        "branches": _branches(snapshot),
        "outages": _outages(snapshot, language),
        "patterns": _patterns(snapshot),
    }


def _fact(fact: Fact) -> JsonValue:
    return {
        "value": None if fact.value is None else float(fact.value),
        "before": None if fact.before is None else float(fact.before),
    }


def _commits(snapshot: Snapshot) -> list[JsonValue]:
    bots = {name.casefold() for name in snapshot.settings.bots}
    found: dict[str, JsonValue] = {}
    for _, record in sorted(snapshot.records, key=lambda r: (r[1].at, r[1].key), reverse=True):
        body = record.body
        if not isinstance(body, Commit) or body.bot or body.parents > 1 or record.at not in snapshot.window:
            continue
        if {body.author.casefold(), body.address.casefold()} & bots:
            continue
        found[record.key] = {
            "title": record.title,
            "author": body.author if snapshot.settings.people else None,
            "key": record.key,
            "short": record.key[:8],
            "url": record.url,
        }
        if len(found) == _MOST_COMMITS:
            break
    return list(found.values())


def _branches(snapshot: Snapshot) -> list[JsonValue]:
    as_of = min(snapshot.window.end, snapshot.taken)
    return [
        {
            "title": record.title,
            "ahead": record.body.ahead,
            "behind": record.body.behind,
            "age_days": max(0, (as_of - record.body.tip_at).days),
        }
        for _, record in snapshot.records
        if isinstance(record.body, Branch) and not record.body.merged
    ]


def _outages(snapshot: Snapshot, language: Language) -> list[JsonValue]:
    """Return what was down in the window, the newest first."""
    now = as_of(snapshot)
    found = [
        (record, record.body)
        for _, record in snapshot.records
        if isinstance(record.body, Outage) and (record.ended is None or record.ended > snapshot.window.start)
    ]
    newest = sorted((one for one in found if one[0].at < now), key=lambda one: (one[0].at, one[0].key), reverse=True)
    return [
        {
            "check": body.check,
            "began": language.instant(record.at),
            "lasted": language.ago((record.ended or now) - record.at),
            "over": record.ended is not None and record.ended <= now,
            "trouble": language.say(Message(_TROUBLES[body.trouble].text, {"status": body.said})),
        }
        for record, body in newest[:_MOST_OUTAGES]
    ]


def _patterns(snapshot: Snapshot) -> list[JsonValue]:
    """Return the patterns of errors, the most frequent first; the newest of each can be linked to."""
    return [
        {
            "text": one.text,
            "count": one.count,
            "before": one.before,
            "title": one.text,
            "key": one.last.key,
            "url": one.last.url,
        }
        for one in patterns(snapshot)[:_MOST_PATTERNS]
    ]
