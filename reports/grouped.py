"""A metric by person or by area, as a chart: the largest groups, this window and the one before."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from analyzers.metrics import group_label, label_of
from model.card import Chart, Series
from model.language import Language, Message
from model.ledger import Fact, Ledger

MOST = 8  # bars
_LARGEST_FIRST: Mapping[str, Message] = {
    "author": Message("{what} by person, the largest first."),
    "path": Message("{what} by area, the largest first."),
    "repository": Message("{what} by repository, the largest first."),
    "label": Message("{what} by label, the largest first."),
}
_MOST_OF: Mapping[str, Message] = {
    "author": Message("{what} by person; {name} has the most, {value}."),
    "path": Message("{what} by area; {name} has the most, {value}."),
    "repository": Message("{what} by repository; {name} has the most, {value}."),
    "label": Message("{what} by label; {name} has the most, {value}."),
}
_LARGEST = Message("{what} by {by}, the largest first.")
_MOST = Message("{what} by {by}; {name} has the most, {value}.")


def grouped(ledger: Ledger, metric: str, by: str, title: str, language: Language) -> Chart | None:
    """Return the chart of a metric's groups; None where they are not known, or there is nothing to compare."""
    facts = [fact for fact in ledger.by(metric, by) if fact.value or fact.value is None]
    if len(facts) < 2 or any(fact.value is None for fact in facts):
        return None
    shown = facts[:MOST]
    labels = tuple(group_label(fact.labels[0][1], language) for fact in shown)
    series = [Series(language.say(Message("this window")), tuple(fact.value for fact in shown))]
    if any(fact.before for fact in shown):
        series.append(Series(language.say(Message("the one before")), tuple(fact.before for fact in shown)))
    return Chart(title, labels, tuple(series), shown[0].unit, _alt(metric, by, facts, language))


def _alt(metric: str, by: str, facts: Sequence[Fact], language: Language) -> str:
    """Say what the chart shows: the largest group with its figure, where one is larger than all others."""
    first, second = facts[0], facts[1]
    values: dict[str, object] = {"what": label_of(metric, language, first.title)}
    if first.value is None or first.value == second.value:
        return language.say(Message(_LARGEST_FIRST.get(by, _LARGEST).text, {**values, "by": label_of(by, language)}))
    values |= {"name": group_label(first.labels[0][1], language), "value": language.figure(first.value, first.unit)}
    return language.say(Message(_MOST_OF.get(by, _MOST).text, {**values, "by": label_of(by, language)}))
