"""Forms out of argument models: every field, in the reader's language, with what is known of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from types import NoneType, UnionType
from typing import Literal, Union, get_args, get_origin

from pydantic import BaseModel, SecretStr
from pydantic.fields import FieldInfo

from model.card import Action
from model.form import Control, Field, Form, Option
from model.language import Language, Message

_CONTROLS: Mapping[object, Control] = {bool: "switch", int: "number", Decimal: "number", date: "date"}


def form_of(
    language: Language,
    title: str,
    command: str,
    model: type[BaseModel] | Sequence[type[BaseModel]],
    values: Mapping[str, object],
    errors: Mapping[str, Message] | None = None,
    problem: Message | None = None,
) -> Form:
    """Return the form of a command's arguments, filled with what is known; a secret is never filled in.

    What is known is also its draft, in the form's action: a submission may leave out what it does not change.
    """
    models = [model] if isinstance(model, type) else model
    fields = tuple(f for one in models for f in fields_of(one, language, values, errors or {}))
    secrets = {f.name for f in fields if f.control == "secret"}
    known = {name: _typed(value) for name, value in values.items() if name not in secrets}
    draft = {name: value for name, value in known.items() if value is not None}
    submit = Action(language.say(Message("Submit")), command, draft, once=True)
    return Form(title, fields, submit, "" if problem is None else language.say(problem))


def fields_of(
    model: type[BaseModel], language: Language, values: Mapping[str, object], errors: Mapping[str, Message]
) -> tuple[Field, ...]:
    """Return the fields of a pydantic model, in its order; one without a label is none that people fill in."""
    return tuple(
        _field(name, info, language, values.get(name), errors.get(name))
        for name, info in model.model_fields.items()
        if option_of(info).label.text
    )


def option_of(info: FieldInfo) -> Option:
    """Return what a field's annotation says about it for people."""
    return next((m for m in info.metadata if isinstance(m, Option)), Option(Message("")))


def is_secret(info: FieldInfo) -> bool:
    """Tell whether a field holds a secret: it is never typed into a line of chat."""
    return _bare(info.annotation) is SecretStr


def _field(name: str, info: FieldInfo, language: Language, value: object, error: Message | None) -> Field:
    option, kind = option_of(info), _bare(info.annotation)
    control, choices = _control(kind, option)
    filled = _typed(value if value is not None or info.is_required() else info.default)
    return Field(
        name=name,
        label=language.say(option.label),
        control=control,
        required=info.is_required(),
        choices=tuple((choice, choice) for choice in choices),
        value=None if control == "secret" else filled,
        error=None if error is None else language.say(error),
        example=option.example,
        names=option.names,
        several=get_origin(kind) is tuple,
    )


def _control(kind: object, option: Option) -> tuple[Control, Sequence[str]]:
    if kind is SecretStr:
        return "secret", ()
    if get_origin(kind) is Literal:
        return "choice", [str(choice) for choice in get_args(kind)]
    if get_origin(kind) is tuple:
        inner = _bare(get_args(kind)[0])
        several = [str(choice) for choice in get_args(inner)] if get_origin(inner) is Literal else []
        return ("choices", several) if several else ("text", ())
    return _CONTROLS.get(kind, "long" if option.long else "text"), ()


def _bare(annotation: object) -> object:
    """Return a type without its "or none"."""
    if get_origin(annotation) in (Union, UnionType):
        kinds = [kind for kind in get_args(annotation) if kind is not NoneType]
        return kinds[0] if len(kinds) == 1 else annotation
    return annotation


def _typed(value: object) -> str | None:
    """Return a value as one would type it."""
    match value:
        case None | SecretStr():
            return None
        case bool():
            return "yes" if value else "no"
        case tuple() | list():
            return ", ".join(str(one) for one in value) or None
        case _:
            return str(value)
