"""What sources measured, in a few sentences; none on what is unknown."""

from __future__ import annotations

from collections.abc import Iterator

from analyzers.metrics import label_of
from analyzers.words.saying import clause, known, quoted, sentence, span_before
from model.language import Message
from model.ready import READY, TAKEN
from model.words import Brief, Sentence

_MOST = 4  # sentences
_ORDER = {metric: n for n, metric in enumerate(READY)}


def measured(brief: Brief) -> Iterator[Sentence]:
    """Yield one sentence for each figure that a source defines, the ready-made ones first."""
    totals = [fact for fact in brief.ledger.facts if not fact.labels and fact.metric not in TAKEN]
    found = [(fact, one) for fact in totals if (one := known(fact)) is not None]
    for fact, one in sorted(found, key=lambda pair: _ORDER.get(pair[0].metric, len(_ORDER)))[:_MOST]:
        values: dict[str, object] = {"what": quoted(label_of(fact.metric, brief.language, fact.title)), "now": one.now}
        template = Message("{what}: {now}.")
        if one.then is not None:
            template = Message("{what}: {now} ({before} {span}).")
            values |= {"before": one.before, "span": span_before(brief.ledger.window)}
        yield sentence(brief.language, "happened", clause(template, one, **values))
