"""A form as Slack's modals, and what was filled in back into words; pure.

A modal takes up to a hundred blocks, so nearly every form is one of them; a longer one goes on in the same window. What
is wrong is told at its field. Limits: https://docs.slack.dev/reference/views/modal-views
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic import JsonValue

from model.card import Action, Card, Text, text_line
from model.form import Field, Form
from model.ids import ActionId
from model.language import Language, Message
from writers.safe import inert
from writers.slack_blocks import surface
from writers.slack_inputs import OPTIONS, TEXT, VALUE, Input, input_of, option, plain, typed
from writers.slack_text import Json

BLOCKS, SIZE, TITLE = 100, 240_000, 24  # of a view: blocks, bytes (Slack takes 250 KB), characters of its title
FIELDS = 30  # of one modal: with what is said about each they fit, whatever their letters are
_ROOM = 45_000  # bytes of a modal for what its fields hold
_LINE, _LINES, _ERROR = 300, 5, 250  # characters of a line above the fields; lines of what is wrong; characters of it
_STEP = "arb1:step/"  # what the callback_id of a form's modal begins with
_OPENS = "/"  # what follows a draft's id in the id of a button that opens it


def steps(form: Form) -> tuple[tuple[Field, ...], ...]:
    """Return the fields of each modal; where there are several, secrets come last, so that no draft ever holds one."""
    fields = form.fields
    if len(fields) > FIELDS:
        fields = tuple(sorted(fields, key=lambda field: field.control == "secret"))
    return tuple(fields[at : at + FIELDS] for at in range(0, len(fields), FIELDS)) or ((),)


def first_wrong(form: Form) -> int:
    """Return the step of the first field that is wrong or missing; the first one where none is."""
    needy = [any(f.error or (f.required and not f.value) for f in fields) for fields in steps(form)]
    return needy.index(True) if True in needy else 0


def modal(form: Form, step: int, language: Language) -> Json:
    """Return one step of a form as the modal that Slack shows; of what is known it carries the draft's id alone."""
    all_ = steps(form)
    step = max(0, min(step, len(all_) - 1))
    inputs, left = _inputs(all_[step], language)
    submit = form.submit.label if step + 1 == len(all_) else language.say(Message("Next"))
    told = [_section(line) for line in _told(form, step, left, language)]
    return {
        **_view(form.title, form.submit.command, [*told, *(one.block for one in inputs)]),
        "callback_id": f"{_STEP}{step}",
        "private_metadata": str(form.submit.id),
        "submit": plain(_fit(submit, TITLE)),
        "close": plain(_fit(language.say(Message("Cancel")), TITLE)),
    }


def waiting(title: str, command: str, language: Language) -> Json:
    """Return a modal to be looked at until another one takes its place."""
    return _view(title, command, [_section(language.say(Message("One moment, please. You may close this window.")))])


def over(title: str, command: str, language: Language) -> Json:
    """Return the modal that stands where a form was, or was expected, whose answer is elsewhere."""
    return _view(title, command, [_section(language.say(Message("The answer is in the conversation.")))])


def told(card: Card) -> Json:
    """Return a card without buttons as a modal."""
    return {"type": "modal", "title": plain("ARB"), "blocks": [*surface(replace(card, actions=()), BLOCKS, SIZE)]}


def invited(form: Form, language: Language) -> Card:
    """Return a card that tells of a form, with the button that opens it: a modal cannot open by itself."""
    lines = [form.problem] if form.problem else []
    lines += [f"{field.label}: {field.error}" for field in form.fields if field.error]
    if form.example:
        lines.append(language.say(Message("In one line: {example}", {"example": form.example})))
    button = Action(language.say(Message("Fill it in")), form.submit.command, id=ActionId(f"{form.submit.id}{_OPENS}"))
    blocks = (Text(tuple(text_line(line) for line in lines)),) if lines else ()
    return Card(form.title, blocks, language.code, (button,), private=True)


def draft_of(id: str) -> str:
    """Return the draft that a button opens; empty where it does something else."""
    return id.removesuffix(_OPENS) if id.endswith(_OPENS) else ""


def meant(view: Mapping[str, Any]) -> tuple[str, int] | None:
    """Return the draft and the step that a modal of ours is about; None where it is no form's."""
    before, found, step = str(view.get("callback_id") or "").partition(_STEP)
    if before or not found:
        return None
    return str(view.get("private_metadata") or ""), int(step) if step.isdecimal() and len(step) < 3 else 0


def given(view: Mapping[str, Any]) -> Mapping[str, str]:
    """Return what somebody filled into a modal, as one would type it."""
    held = _object(_object(view.get("state")).get("values")).values()
    return {str(name): typed(_object(one)) for inputs in held for name, one in _object(inputs).items()}


def errors(form: Form, shown: Mapping[str, str]) -> Mapping[str, str]:
    """Return what is wrong at each field of a modal; empty where more than that has to be told.

    `shown`: what was filled in there.
    """
    wrong = {field.name: _fit(field.error, _ERROR) for field in form.fields if field.error}
    return wrong if wrong.keys() <= shown.keys() and not form.problem else {}


def home(card: Card) -> Json:
    """Return a card as what stands in the app's Home."""
    return {"type": "home", "blocks": [*surface(card, BLOCKS, SIZE)]}


def offered(found: Sequence[tuple[str, str]], typing: str, *, free: bool) -> list[Json]:
    """Return what a select offers; `free`: what is being typed, too, since it may be new or have parts."""
    options = [option(value, label) for value, label in found if 0 < len(value) <= VALUE][:OPTIONS]
    own = typing.strip()
    if free and 0 < len(own) <= VALUE and own not in {value for value, _ in found}:
        options = [*options[: OPTIONS - 1], option(own, own)]
    return options


def _object(value: object) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _view(title: str, command: str, blocks: Sequence[Json]) -> Json:
    """Return a modal; a title that Slack has no room for stands in it as its first line."""
    short, listed = inert(title).strip(" ").rstrip("."), [*blocks]
    if not 0 < len(short) <= TITLE:
        short, listed = _fit(f"/{command}", TITLE), [_section(title), *blocks]
    made: list[JsonValue] = [*listed]
    return {"type": "modal", "title": plain(short), "blocks": made}


def _inputs(fields: Sequence[Field], language: Language) -> tuple[Sequence[Input], Sequence[Field]]:
    """Return the inputs of a modal, and the fields whose values it has no room for."""
    made, left, room = [], [], _ROOM
    for field in fields:
        one = input_of(field, language, room)
        if one is None:
            left.append(field)
        else:
            made.append(one)
            room -= one.holds
    return made, left


def _told(form: Form, step: int, left: Sequence[Field], language: Language) -> Sequence[str]:
    """Return what stands above the fields: what is wrong, what is left out, how far one is."""
    lines = [form.problem] if form.problem else []
    lines += [f"{field.label}: {field.error}" for field in form.fields if field.error][:_LINES]
    if left:
        values = {"names": ", ".join(field.label for field in left), "most": TEXT}
        text = Message("Longer than the {most} characters that a form takes here, and left as it is: {names}.", values)
        lines.append(language.say(text))
    if (all_ := len(steps(form))) > 1:
        lines.append(language.say(Message("Step {step} of {all}", {"step": step + 1, "all": all_})))
    return lines


def _section(text: str) -> Json:
    return {"type": "section", "text": plain(_fit(text, _LINE))}


def _fit(text: str, most: int) -> str:
    return inert(text, most).strip(" ") or "…"
