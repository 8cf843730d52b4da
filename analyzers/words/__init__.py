"""Words about a ledger: narrators, by name, and the gate."""

from __future__ import annotations

from collections.abc import Mapping

from analyzers.words.builtin import BuiltIn
from model.words import Narrator

NARRATORS: Mapping[str, Narrator] = {BuiltIn.name: BuiltIn()}
