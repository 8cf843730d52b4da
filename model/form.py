"""Forms: what people fill in. They are derived from pydantic models; here stands what pydantic does not know."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal, TypeVar

from pydantic import BeforeValidator

from model.card import Action
from model.language import Message

_T = TypeVar("_T")


def _split(given: object) -> object:
    """Read "a, b" as two values."""
    return tuple(part.strip() for part in given.split(",") if part.strip()) if isinstance(given, str) else given


Listed = Annotated[tuple[_T, ...], BeforeValidator(_split)]  # several values, typed with commas between them
Names = Literal["report", "source", "template", "run", "kind", "member", "target", "schedule", "destination", "model"]


@dataclass(frozen=True, slots=True)
class Option:
    """Goes into Annotated[…] of an argument or of a source's configuration."""

    label: Message
    names: Names | None = None  # what completes it
    positional: bool = False  # may be typed without its key, in the order of the model
    example: str = ""  # shown when it is missing
    long: bool = False  # several lines


Control = Literal["text", "long", "secret", "choice", "choices", "switch", "number", "date"]


@dataclass(frozen=True, slots=True)
class Field:
    """One thing to fill in; text is finished, in one language."""

    name: str
    label: str
    control: Control
    required: bool
    choices: tuple[tuple[str, str], ...] = ()  # (value, label)
    value: str | None = None  # as it would be typed; never set for a secret
    error: str | None = None
    example: str = ""
    names: Names | None = None  # what completes it
    several: bool = False  # values with commas between them


@dataclass(frozen=True, slots=True)
class Form:
    """A command with values still missing: submitting it says the command. Its draft is a sealed row."""

    title: str
    fields: tuple[Field, ...]
    submit: Action
    problem: str = ""  # what is missing, or why it is shown again
    example: str = ""  # the same in one line

    @property
    def lacks(self) -> bool:
        """Whether something needed is not there yet."""
        return any(field.required and not field.value for field in self.fields)


class Unfit(ValueError):
    """A field's value does not fit; the message says what would. Raised inside pydantic's validators."""

    def __init__(self, text: str, /, **values: object) -> None:
        self.message = Message(text, values)
        super().__init__(self.message.plain())
