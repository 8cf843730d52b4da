"""The sentence on missed targets."""

from __future__ import annotations

from collections.abc import Iterator

from analyzers.metrics import label_of
from analyzers.targets import bound_words
from analyzers.words.saying import clause, known, quoted, sentence
from model.language import Message
from model.words import Brief, Sentence


def missed(brief: Brief) -> Iterator[Sentence]:
    """Yield one sentence that names every missed target with its figure; none where none is missed."""
    found = [
        (standing, fact)
        for standing in brief.targets
        if standing.state == "missed" and (fact := known(brief.ledger.of(standing.target.metric))) is not None
    ]
    if not found:
        return
    say = brief.language.say
    names = [
        say(
            Message(
                "{what} {now} ({bound})",
                {
                    "what": quoted(label_of(one.target.metric, brief.language, one.title)),
                    "now": fact.now,
                    "bound": bound_words(one.target, one.unit, brief.language),
                },
            )
        )
        for one, fact in found
    ]
    template = Message("{n} of {all} {all:target|targets} missed: {names}.")
    facts = [fact for _, fact in found]
    judged = [standing for standing in brief.targets if standing.state != "not known"]
    values = {"n": len(found), "all": len(judged), "names": brief.language.listed(names)}
    yield sentence(brief.language, "headline", clause(template, *facts, **values))
