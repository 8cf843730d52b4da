"""A form as Discord's modals: five fields at a time, step by step; pure.

A modal has no second page, tells nothing at its fields and cannot follow another one: between two of them stands a
message with a button, and what is wrong is told there. Limits: https://docs.discord.com/developers/components/reference
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from pydantic import JsonValue

from model.card import Action, Block, Card, Fields, Text, text_line
from model.form import Field, Form
from model.ids import ActionId
from model.language import Language, Message

FIELDS, TITLE, LABEL, HINT, PLACEHOLDER, TEXT = 5, 45, 45, 100, 100, 4000
OPTIONS, OPTION = 25, 100  # of a select
_LABEL, _INPUT, _SELECT = 18, 4, 3  # types of components
_SHORT, _LONG = 1, 2  # styles of a text input
_STEP, _SUBMIT = "/", "!"  # what follows a draft's id in a button's: the step to fill in, or all at once


def steps(form: Form) -> tuple[tuple[Field, ...], ...]:
    """Return the fields of each modal; secrets come last, so that no draft ever holds one.

    A value that is longer than a modal takes stays as it is: its field is left out.
    """
    fit = [field for field in form.fields if len(field.value or "") <= TEXT]
    ordered = sorted(fit, key=lambda field: field.control == "secret")
    return tuple(tuple(ordered[at : at + FIELDS]) for at in range(0, len(ordered), FIELDS))


def first_wrong(form: Form) -> int:
    """Return the step of the first field that is wrong or missing; the first one where none is."""
    needy = [any(f.error or (f.required and not f.value) for f in fields) for fields in steps(form)]
    return needy.index(True) if True in needy else 0


def modal(form: Form, step: int, language: Language) -> Mapping[str, JsonValue]:
    """Return one step of a form as the modal that Discord opens."""
    all_ = steps(form)
    at = f" {step + 1}/{len(all_)}" if len(all_) > 1 else ""
    title = form.title.rstrip(".")
    if not title or len(title + at) > TITLE:
        title = f"/{form.submit.command}"
    return {
        "title": _cut(title, TITLE - len(at)) + at,
        "custom_id": f"arb1:{form.submit.id}{_STEP}{step}",
        "components": [dict(_labelled(field, language)) for field in all_[step]],
    }


def step_card(form: Form, step: int, language: Language) -> Card:
    """Return what stands between two modals: what is wrong, what is known, and the button that opens the next one."""
    say, all_ = language.say, steps(form)
    blocks: list[Block] = [Text((text_line(form.problem),))] if form.problem else []
    wrong = [f"{field.label}: {field.error}" for field in form.fields if field.error]
    if wrong:
        blocks.append(Text(tuple(text_line(line) for line in wrong), bullets=True))
    blocks += _kept(form, language)
    known = [(f.label, text_line(_shown(f, language))) for f in form.fields if f.value and len(f.value) <= HINT]
    if known:
        blocks.append(Fields(tuple(known)))
    if len(all_) > 1:
        names = ", ".join(field.label for field in all_[step])
        values = {"step": step + 1, "all": len(all_), "names": names}
        blocks.append(Text((text_line(say(Message("Step {step} of {all}: {names}", values))),)))
    return Card(form.title, tuple(blocks), language.code, tuple(_buttons(form, step, language)), private=True)


def meant(id: str) -> tuple[str, int | None, bool]:
    """Return what an id of ours means: whose it is, the step of a form, and whether all of it is submitted."""
    draft, found, step = id.partition(_STEP)
    if found:
        return draft, int(step) if step.isdecimal() and len(step) < 3 else 0, False
    return id.removesuffix(_SUBMIT), None, id.endswith(_SUBMIT)


def given(components: Iterable[Mapping[str, Any]]) -> Mapping[str, str]:
    """Return what somebody filled into a modal, as one would type it."""
    inputs = [component.get("component", component) for component in components]
    return {
        str(one["custom_id"]): ", ".join(map(str, one["values"])) if "values" in one else str(one.get("value") or "")
        for one in inputs
        if "custom_id" in one
    }


def _buttons(form: Form, step: int, language: Language) -> Iterable[Action]:
    say, draft = language.say, form.submit.id
    yield Action(say(Message("Fill in")), form.submit.command, id=ActionId(f"{draft}{_STEP}{step}"))
    if step and not form.lacks:
        yield Action(form.submit.label, form.submit.command, id=ActionId(f"{draft}{_SUBMIT}"))


def _kept(form: Form, language: Language) -> Sequence[Block]:
    long = [field.label for field in form.fields if len(field.value or "") > TEXT]
    if not long:
        return ()
    values = {"names": ", ".join(long), "most": TEXT}
    text = Message("Longer than the {most} characters that a form takes here, and left as it is: {names}.", values)
    return (Text((text_line(language.say(text)),)),)


def _labelled(field: Field, language: Language) -> Mapping[str, JsonValue]:
    choices = _choices(field, language)
    made: dict[str, JsonValue] = {"type": _LABEL, "label": _cut(field.label, LABEL)}
    hint = _hint(field, language)
    if hint:
        made["description"] = _cut(hint, HINT)
    return made | {"component": dict(_select(field, choices) if choices else _input(field))}


def _hint(field: Field, language: Language) -> str:
    if field.error:
        return field.error
    if field.control == "secret":
        return language.say(Message("It can be read while you type; it is kept sealed and never shown again."))
    return ""


def _shown(field: Field, language: Language) -> str:
    """Return a value as it is called where it is chosen."""
    return dict(_choices(field, language)).get(field.value or "", field.value or "")


def _choices(field: Field, language: Language) -> Sequence[tuple[str, str]]:
    """Return (value, label) of what can be chosen; empty where one types."""
    if field.control == "switch":
        return (("yes", language.say(Message("yes"))), ("no", language.say(Message("no"))))
    fits = len(field.choices) <= OPTIONS and all(0 < len(value) <= OPTION for value, _ in field.choices)
    return field.choices if fits else ()


def _select(field: Field, choices: Sequence[tuple[str, str]]) -> Mapping[str, JsonValue]:
    chosen = {part.strip() for part in (field.value or "").split(",")}
    return {
        "type": _SELECT,
        "custom_id": field.name,
        "required": field.required,
        "min_values": int(field.required),
        "max_values": len(choices) if field.control == "choices" else 1,
        "options": [
            {"value": value, "label": _cut(label, OPTION), "default": value in chosen} for value, label in choices
        ],
    }


def _input(field: Field) -> Mapping[str, JsonValue]:
    made: dict[str, JsonValue] = {
        "type": _INPUT,
        "custom_id": field.name,
        "style": _LONG if field.control == "long" or "\n" in (field.value or "") else _SHORT,
        "required": field.required,
        "max_length": TEXT,
    }
    if field.value:
        made["value"] = field.value
    example = field.example or ", ".join(value for value, _ in field.choices)
    if example:
        made["placeholder"] = _cut(example, PLACEHOLDER)
    return made


def _cut(text: str, most: int) -> str:
    return text if len(text) <= most else text[: most - 1] + "…"
