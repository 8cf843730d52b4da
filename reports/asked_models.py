"""What a language model adds to an answer: the query, where our grammar finds none, and a remark beside the answer."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass, field, replace

from analyzers.query import Found
from analyzers.words.answer import MOST_ANSWER, whole_sentences
from analyzers.words.gate import check
from analyzers.words.planning import plan_prompt, read_plan
from model.card import Block, Line, Remark
from model.ids import SourceId
from model.language import Language, Message
from model.ledger import Ledger
from model.query import Query
from model.report import Snapshot
from model.words import Brief, Draft, Fields
from reports.narrating import aside_of, brief_of, remark_blocks, shown_to_model
from reports.telling import Teller


async def planned(
    teller: Teller, question: str, snapshot: Snapshot, ledger: Ledger, closed: Collection[SourceId]
) -> Query:
    """Return the query that a model chooses among ours for a question. Raises NarratorError."""
    brief = replace(shown_to_model(brief_of(snapshot, ledger), closed), question=question)
    query, _, _ = await teller.first(plan_prompt(brief), lambda text: read_plan(text, ledger, brief.fields))
    return query


async def remarked(
    teller: Teller,
    question: str,
    found: Found,
    closed: Collection[SourceId],
    language: Language,
    show: Callable[[Callable[[], Sequence[Block]]], None],
) -> Sequence[Block]:
    """Return a model's remark on what was found, checked and labelled as in a report.

    `show` is given what to show of it while it comes: sentences that have passed the gate, and nothing else.
    """
    whole = shown_to_model(brief_of(found.snapshot, found.ledger), closed)
    fields = _found_fields(whole.fields, found)
    brief = replace(whole, language=language, question=question, fields=fields, targets=())
    coming = _Coming(brief, language.say(Message("{by} is writing …", {"by": teller.name})))
    teller.hear = coming.begin
    show(coming.blocks)
    return remark_blocks(await aside_of(brief, teller), found.ledger, language)


def _found_fields(fields: Fields, found: Found) -> Fields:
    """Return what of the fields was found: those facts alone may be spoken of, and what they count."""
    ids = {fact.id for fact in (found.total, *found.groups) if fact is not None}
    if found.query.what in ("needs", "changes"):
        ids = {fact.id for fact in found.ledger.facts if not fact.labels}
    things = found.query.what == "needs"
    named = (
        n for n in fields.named if n.kind == "source" or ids.intersection(n.facts) or (things and n.kind == "thing")
    )
    return Fields(fields.facts & ids, tuple(named))


@dataclass(slots=True)
class _Coming:
    """An answer as it comes."""

    brief: Brief
    label: str
    text: str = ""
    passed: tuple[Line, ...] = ()
    whole: int = field(default=0)  # sentences that the gate has seen

    def begin(self) -> Callable[[str], None]:
        """Forget what came before: a model is asked, for the first time or anew."""
        self.text, self.passed, self.whole = "", (), 0
        return self._add

    def _add(self, piece: str) -> None:
        if len(self.text) < MOST_ANSWER:
            self.text += piece

    def blocks(self) -> Sequence[Block]:
        """Return what has passed the gate so far."""
        sentences = whole_sentences(self.text)
        if len(sentences) != self.whole:
            self.whole, brief = len(sentences), self.brief
            checked = check(Draft(sentences, ""), brief.ledger, brief.fields, brief.language)
            self.passed = tuple(said.line for said in checked.said)
        return (Remark(self.label, self.passed),) if self.passed else ()
