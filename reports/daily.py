"""A metric day by day, as a chart: this window, and the one before where anything happened in it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from decimal import Decimal

from analyzers.metrics import label_of
from model.card import Chart, Series
from model.language import Language, Message
from model.ledger import Fact, Ledger

_MOST_BARS = 31


def daily(ledger: Ledger, metric: str, title: str, language: Language) -> Chart | None:
    """Return the chart of a metric; None where its days are not known, or too few or too many to be drawn."""
    days = ledger.window.days()
    if not 2 <= len(days) <= _MOST_BARS:
        return None
    facts = [fact for day in days if (fact := ledger.of(metric, day=day.isoformat())) is not None]
    known = [fact for fact in facts if fact.value is not None]
    if len(facts) < len(days) or not known or (len(known) < len(facts) and facts[0].unit.adds_up):
        return None  # what is counted is counted every day; what is measured may have gaps
    labels = tuple(language.short_weekday(day) if len(days) <= 7 else f"{day:%m-%d}" for day in days)
    series = [Series(language.say(Message("this window")), tuple(fact.value for fact in facts))]
    if any(fact.before for fact in facts):
        series.append(Series(language.say(Message("the one before")), tuple(fact.before for fact in facts)))
    return Chart(title, labels, tuple(series), facts[0].unit, _alt(metric, facts, days, language))


def _alt(metric: str, facts: Sequence[Fact], days: Sequence[date], language: Language) -> str:
    """Say what the chart shows; the busiest day only where one is busier than all others."""
    most = max(fact.value or Decimal(0) for fact in facts)
    busiest = [day for day, fact in zip(days, facts, strict=True) if fact.value == most]
    values: dict[str, object] = {
        "what": label_of(metric, language, facts[0].title),
        "value": language.figure(most, facts[0].unit),
    }
    if len(busiest) > 1:
        return language.say(Message("{what} per day, at most {value}.", values))
    name = language.weekday(busiest[0]) if len(days) <= 7 else language.day(busiest[0])
    return language.say(Message("{what} per day; {day} has the most, {value}.", {**values, "day": name}))
