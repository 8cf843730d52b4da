"""What pydantic does not know about a field that people fill in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from model.language import Message

Names = Literal["report", "source", "template", "run", "kind", "command"]


@dataclass(frozen=True, slots=True)
class Option:
    """Goes into Annotated[…] of an argument or of a source's configuration."""

    label: Message
    names: Names | None = None  # what completes it
    positional: bool = False  # may be typed without its key, in the order of the model
    example: str = ""  # shown when it is missing


class Unfit(ValueError):
    """A field's value does not fit; the message says what would. Raised inside pydantic's validators."""

    def __init__(self, text: str, /, **values: object) -> None:
        self.message = Message(text, values)
        super().__init__(self.message.plain())
