"""What a language model answers: a schema for those that keep to one, and how its text is read."""

from __future__ import annotations

import json

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from model.errors import NarratorError
from model.ids import FactId
from model.words import Sentence

_DECODER = json.JSONDecoder()
MOST_SENTENCES = 8
MOST_TEXT = 400  # characters of a sentence as a model writes it, slots unfilled
MOST_ANSWER = 16_384  # characters of an answer; a longer one is cut off while it streams, and is no answer


class Stated(BaseModel):
    """One sentence, with the ids of the facts that it rests on."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    text: str = Field(max_length=MOST_TEXT)
    rests_on: tuple[str, ...] = Field(max_length=40)


class Answer(BaseModel):
    """The whole answer."""

    model_config = ConfigDict(extra="forbid", frozen=True)
    sentences: tuple[Stated, ...] = Field(max_length=MOST_SENTENCES)


def read_answer(text: str) -> tuple[Sentence, ...]:
    """Return the sentences of an answer in JSON.

    Raises:
        NarratorError: it is too long, no JSON, of another form, or says nothing.
    """
    if len(text) > MOST_ANSWER:
        raise NarratorError("its answer was too long")
    try:
        answer = Answer.model_validate_json(text)
    except (ValidationError, ValueError) as error:
        raise NarratorError("its answer was not of the form that was asked for") from error
    if not answer.sentences:
        raise NarratorError("its answer was empty")
    return tuple(Sentence(s.text, tuple(map(FactId, s.rests_on)), "happened") for s in answer.sentences)


def whole_sentences(text: str) -> tuple[Sentence, ...]:
    """Return the sentences of an answer that is still coming which are whole by now; what is odd ends them."""
    at, found = text.find("[", max(0, text.find('"sentences"'))), list[Sentence]()
    while at >= 0 and len(found) < MOST_SENTENCES and (at := text.find("{", at)) >= 0:
        try:
            value, at = _DECODER.raw_decode(text, at)
            stated = Stated.model_validate(value)
        except (ValidationError, ValueError):
            break
        found.append(Sentence(stated.text, tuple(map(FactId, stated.rests_on)), "happened"))
    return tuple(found)
