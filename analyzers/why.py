"""Where a figure comes from, in one sentence."""

from __future__ import annotations

from collections.abc import Mapping

from analyzers.metrics import NAMES, fact_label, label_of
from model.language import Language, Message
from model.ledger import Fact, Finding


def arithmetic(of: Fact | Finding, language: Language) -> str:
    """Return how a figure was counted, or how a priority adds up as weight × score."""
    return _sum(of, language) if isinstance(of, Finding) else _counted(of, language)


def _counted(fact: Fact, language: Language) -> str:
    meaning = language.say(NAMES[fact.metric].meaning) if fact.metric in NAMES else fact.metric
    what = fact_label(fact.metric, fact.labels, language, fact.title)
    values: dict[str, object] = {"what": what, "meaning": meaning}
    if fact.value is None:
        return language.say(Message("{what} ({meaning}): not known.", values))
    values |= {"value": language.figure(fact.value, fact.unit), "n": fact.counted}
    if fact.before is None:
        return language.say(Message("{what} ({meaning}): {value}, from {n} {n:record|records}.", values))
    return language.say(_against_before(fact, values, language))


def _against_before(fact: Fact, values: Mapping[str, object], language: Language) -> Message:
    if fact.value is None or fact.before is None:
        raise ValueError("both figures must be known")
    more = {
        "before": language.figure(fact.before, fact.unit),
        "change": language.change(fact.value, fact.before, fact.unit),
    }
    return Message(
        "{what} ({meaning}): {value}, from {n} {n:record|records}; {before} in the window before ({change}).",
        {**values, **more},
    )


def _sum(finding: Finding, language: Language) -> str:
    """Return "0.3 × 0.57 (urgency: 17 days without a commit; …) + … = 0.31"."""
    addends = [
        f"{factor.weight.normalize():f} × {factor.score:.2f} ({label_of(factor.name, language)}: {factor.why})"
        for factor in finding.factors
    ]
    return f"{' + '.join(addends)} = {finding.priority.normalize():f}"
