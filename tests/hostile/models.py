"""Models that obey an attacker, and a pipeline that trusts them."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, ClassVar

from analyzers.words.answer import MOST_SENTENCES, read_answer
from analyzers.words.prompt import prompt_of
from model.words import Brief, Draft, Sentence


@dataclass
class Scripted:
    """A model that says what it is told to, in the form that was asked for; it keeps what it was shown."""

    name: ClassVar[str] = "scripted"
    answers: Sequence[str] = ()
    raw: str | None = None  # an answer in no form at all
    prompts: list[str] = field(default_factory=list)

    async def narrate(self, brief: Brief) -> Draft:
        prompt = prompt_of(brief)
        self.prompts.append(prompt.system + prompt.user)
        if self.raw is not None:
            return Draft(read_answer(self.raw), "scripted", 100, Decimal("0.001"))
        ids = [fact.id for fact in brief.ledger.facts if fact.id in brief.fields.facts]
        said = tuple(Sentence(text, tuple(ids[:1])) for text in self.answers[:MOST_SENTENCES])
        return Draft(said, "scripted", 100, Decimal("0.001"))


def as_json(*texts: str) -> str:
    """Return an answer as a model gives it."""
    return json.dumps({"sentences": [{"text": text, "rests_on": ["f1"]} for text in texts]})


def naive_slack(answer: str) -> Mapping[str, object]:
    """Return what others post: the answer as it is."""
    return {
        "text": answer,
        "blocks": [{"type": "section", "text": {"type": "mrkdwn", "text": answer}}],
        "unfurl_links": True,
    }


def naive_discord(answer: str) -> Mapping[str, object]:
    """Return what others post: the answer as it is."""
    return {"content": answer}


def data_of(prompt: str) -> Mapping[str, Any]:
    """Return what a model was given of a run."""
    found: Mapping[str, Any] = json.loads(prompt.partition("<data>\n")[2].partition("\n</data>")[0])
    return found
