"""A model that is heard while it speaks: it says its sentences one by one, as a test lets it."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

from tests.support.model_provider import Asked, Provider

SAID = ("There were {%s} commits.", "Commits rose from {%s.before} to {%s}.")
SHOWN = ("There were 4 commits.", "Commits rose from 1 to 4.")


def data_of(asked: Asked) -> Mapping[str, Any]:
    """Return what a model was given."""
    found: Mapping[str, Any] = json.loads(asked.data.partition("<data>\n")[2].partition("\n</data>")[0])
    return found


def both(asked: Asked) -> dict[str, Any]:
    """Say two right sentences about the commits, where there are any."""
    if "<data>" not in asked.data:
        return {"sentences": []}
    facts = [fact["id"] for fact in data_of(asked).get("facts", ()) if fact["what"] in ("Commits", "커밋")]
    return {"sentences": [{"text": one.replace("%s", f), "rests_on": [f]} for f in facts[:1] for one in SAID]}


@dataclass
class Pace:
    """Holds a model back before its second sentence."""

    provider: Provider
    go: threading.Event = field(default_factory=threading.Event)

    def _between(self, said: str) -> None:
        if said.count('"text"') > 1:
            self.go.wait(60)


@contextmanager
def paced(provider: Provider) -> Iterator[Pace]:
    """Have the model wait after its first sentence, until it is let go or the block ends."""
    made = Pace(provider)
    provider.between = made._between
    try:
        yield made
    finally:
        provider.between = lambda _: None
        made.go.set()
