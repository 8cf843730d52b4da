"""The one grammar of every platform: `/group verb words key=value --flag`."""

from __future__ import annotations

import difflib
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError
from pydantic.fields import FieldInfo
from pydantic_core import ErrorDetails

from commands.command import Arguments, Command, said_alone
from commands.forms import option_of
from model.errors import UsageError
from model.form import Unfit
from model.language import Message

_MOST_CHARACTERS = 4000
# A word, or a key with its value; either may stand in quotes, straight or curly.
_TOKEN = re.compile(
    r"""\s*(?:--(?P<flag>[A-Za-z][\w-]*)(?![\w-])(?P<has>=)?|(?P<key>[A-Za-z]\w*)=)?"""
    r"""(?:"(?P<double>[^"]*)"|“(?P<curly>[^”]*)”|'(?P<single>[^']*)'|(?P<bare>(?![\"“'])\S+))?"""
)


@dataclass(frozen=True, slots=True)
class Token:
    """A word; `key` where it was given as key=value or --key."""

    text: str
    key: str | None = None


def parse(line: str, commands: Sequence[Command[Any]]) -> tuple[Command[Any], Arguments]:
    """Return the command that `line` says and its checked arguments. Raises UsageError as `read` does."""
    command, values = read(line, commands)
    try:
        return command, command.arguments.model_validate(values)
    except ValidationError as error:
        raise refusal_of(command, error) from None


def read(line: str, commands: Sequence[Command[Any]]) -> tuple[Command[Any], dict[str, str]]:
    """Return the command that `line` says and the values given to it, unchecked.

    Raises:
        UsageError: no such command, or words that have no place in it; the hint holds an example.
    """
    if len(line) > _MOST_CHARACTERS:
        raise UsageError("That line is longer than {most} characters.", most=_MOST_CHARACTERS)
    plain = line.strip().removeprefix("/")
    words = plain.split(None, 2)
    alone = said_alone(plain, commands)
    if alone is not None:
        return alone, fold(alone, tokens(plain[len(words[0]) :]))
    command = _command(words[:2], commands)
    return command, fold(command, tokens(words[2] if len(words) > 2 else ""))


def tokens(text: str) -> tuple[Token, ...]:
    """Split a line into words, `key=value` and `--flag`."""
    found: list[Token] = []
    at = 0
    while text[at:].strip():
        match = _TOKEN.match(text, at)
        if match is None or match.end() == at:
            raise UsageError("A quotation mark is not closed in “{text}”.", text=text[at : at + 60].strip())
        at = match.end()
        value = next((g for g in match.group("double", "curly", "single", "bare") if g is not None), None)
        if match["flag"] and not match["has"]:
            found.append(Token("yes", match["flag"].replace("-", "_")))
            if value is not None:  # the word behind a flag is a word of its own
                found.append(Token(value))
            continue
        key = match["flag"] or match["key"]
        found.append(Token(value or "", key.replace("-", "_") if key else None))
    return tuple(found)


def fold(command: Command[Any], given: Sequence[Token]) -> dict[str, str]:
    """Give each token to its field: words in order of the positional fields, the rest to the value before them.

    So `last week` and `window=last week` need no quotes; a field that takes one name takes one word.
    """
    fields = command.arguments.model_fields
    positional = [name for name, field in fields.items() if option_of(field).positional]
    values: dict[str, str] = {}
    open_ended: str | None = None
    for token in given:
        waiting = [name for name in positional if name not in values]
        if token.key is not None:
            name = _field(command, token.key)
            if name in values:
                raise UsageError("{key} is given twice.", hint=_example(command), key=token.key)
            values[name] = token.text
        elif waiting:
            name = waiting[0]
            values[name] = token.text
        elif open_ended is not None:
            name = open_ended
            values[name] += " " + token.text
        else:
            raise UsageError("“{word}” is one word too many.", hint=_example(command), word=_short(token.text))
        open_ended = name if _takes_words(fields.get(name)) else None
    return values


def _takes_words(field: FieldInfo | None) -> bool:
    """Tell whether more words may follow a value; a setting of a source's own is text too."""
    return field is None or (field.annotation in (str, str | None) and not option_of(field).names)


def _command(words: Sequence[str], commands: Sequence[Command[Any]]) -> Command[Any]:
    said = " ".join(words).lower()
    for command in commands:
        if command.name == said:
            return command
    group = [c for c in commands if c.name.split()[0] == said.split(" ")[0]] if said else []
    close = difflib.get_close_matches(said, [c.name for c in commands], 1, 0.5)
    if not said:
        raise UsageError("Nothing was said.", hint=Message("Type /arb help to see what there is."))
    if group and (len(words) == 1 or not close):
        verbs = ", ".join(f"/{c.name}" for c in group)
        raise UsageError(
            "/{said} is not a command.", hint=Message("There is {verbs}.", {"verbs": verbs}), said=_short(said)
        )
    if close:
        command = next(c for c in commands if c.name == close[0])
        hint = Message("Did you mean /{name}? For example: {example}", {"name": close[0], "example": command.example})
    else:
        hint = Message("Type /arb help to see what there is.")
    raise UsageError("/{said} is not a command.", hint=hint, said=_short(said))


def _short(text: str) -> str:
    return text if len(text) <= 60 else text[:59] + "…"


def _field(command: Command[Any], key: str) -> str:
    fields = command.arguments.model_fields
    if key in fields or command.arguments.model_config.get("extra") == "allow":
        return key
    close = difflib.get_close_matches(key, fields, 1, 0.6)
    if close:
        hint = Message("Did you mean {name}=…? For example: {example}", {"name": close[0], "example": command.example})
    else:
        hint = _example(command)
    raise UsageError("/{name} knows no {key}.", hint=hint, name=command.name, key=_short(key))


def _example(command: Command[Any]) -> Message:
    return Message("For example: {example}", {"example": command.example})


def refusal_of(command: Command[Any], error: ValidationError) -> UsageError:
    """Turn pydantic's first complaint into words; never with the input, which may be a secret."""
    missing, wrong = complaints(error)
    for name, reason in wrong.items():
        return UsageError(
            "/{command} cannot use that as {field}: {reason}.",
            hint=_example(command),
            command=command.name,
            field=name,
            reason=reason,
        )
    return UsageError("/{command} needs {field}.", hint=_example(command), command=command.name, field=missing[0])


def complaints(error: ValidationError) -> tuple[list[str], dict[str, Message]]:
    """Return the fields that are missing, and what is wrong with others."""
    missing: list[str] = []
    wrong: dict[str, Message] = {}
    for found in error.errors(include_url=False, include_input=False):
        name = str(found["loc"][0]) if found["loc"] else ""
        if found["type"] == "missing":
            missing.append(name)
        else:
            wrong.setdefault(name, _reason(found))
    return missing, wrong


def _reason(error: ErrorDetails) -> Message:
    context = error.get("ctx", {})
    match error["type"]:
        case "value_error" if isinstance(context.get("error"), Unfit):
            unfit: Unfit = context["error"]
            return unfit.message
        case "literal_error":
            return Message("choose one of {names}", {"names": context["expected"].replace("'", "").replace(" or", ",")})
        case "extra_forbidden":
            return Message("there is no such argument")
        case "bool_parsing" | "bool_type":
            return Message("say yes or no")
        case "string_pattern_mismatch" | "string_too_long" | "string_too_short":
            return Message("it is too long or has characters that do not go there")
        case _:
            return Message("it does not fit")
