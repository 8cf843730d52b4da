"""From what came in to the command that it says, and from that to a handler's reply."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import BaseModel, JsonValue, ValidationError

from commands.ask import asked
from commands.command import Command, Context, Reply
from commands.forms import form_of, is_secret
from commands.grammar import complaints, read, refusal_of
from commands.report_propose import proposal
from model.delivery import ADDRESS
from model.errors import NotAllowed, UsageError
from model.form import Form
from model.ids import EventId
from model.language import Message
from model.member import Member
from storage.stores import Stores


@dataclass(frozen=True, slots=True)
class Spoken:
    """A command with the values given to it, not yet checked."""

    command: Command[Any]
    values: Mapping[str, JsonValue]
    filled_in: bool = False  # a form was submitted: what is wrong is told at its fields
    once: EventId | None = None  # set where it has an effect only once, whoever says it again

    def for_audit(self) -> Mapping[str, JsonValue]:
        """Return the values without secrets."""
        return {k: "•••" if k in self._secret else v for k, v in self.values.items()}

    @property
    def _secret(self) -> frozenset[str]:
        fields = (pair for model in self.models for pair in model.model_fields.items())
        return frozenset(name for name, field in fields if is_secret(field))

    @property
    def models(self) -> tuple[type[BaseModel], ...]:
        """Return the models whose fields it has: its own, and what further ones belong to what is given."""
        further = self.command.further(self.values)
        return (self.command.arguments,) if further is None else (self.command.arguments, further)


async def meaning(
    said: Mapping[str, JsonValue], member: Member, stores: Stores, commands: Sequence[Command[Any]]
) -> Spoken:
    """Return what a line, a button or a form says. Raises UserError."""
    if said.get("secret"):
        raise _typed_secret()
    if "line" in said:
        line = str(said["line"])
        found = asked(line, commands, below=await _report_below(said, stores)) or proposal(line, commands)
        return Spoken(*(found or read(line, commands)))
    if "command" in said:
        return Spoken(read(f"/{said['command']}", commands)[0], _mapping(said["words"]))
    id = str(said.get("press") or said["submit"])
    action = await stores.actions.take(id, member.id)
    filled = said.get("values")
    values = {**action.values, **(filled if isinstance(filled, dict) else {})}
    command = next(c for c in commands if c.name == action.command)
    return Spoken(command, values, isinstance(filled, dict), EventId(f"once:{id}") if action.once else None)


async def _report_below(said: Mapping[str, JsonValue], stores: Stores) -> str | None:
    """Return the message below which something is said, where that shows a report or an answer about one."""
    if "below" not in said:
        return None
    here, message = ADDRESS.validate_python(said["here"]), str(said["below"])
    return None if await stores.questions.run_below(here.platform, here.account, message) is None else message


def lacks(spoken: Spoken) -> bool:
    """Tell whether something needed is missing and nothing else is wrong: a form is the answer, if any is."""
    try:
        spoken.command.arguments.model_validate({name: value for name, value in spoken.values.items() if value != ""})
    except ValidationError as error:
        missing, wrong = complaints(error)
        return bool(missing) and not wrong
    return False


async def perform(ctx: Context, spoken: Spoken) -> Reply:
    """Do what was said; where something needed is missing, reply with the form for it.

    Raises:
        NotAllowed: the member's role of this moment does not reach.
        UsageError: a value cannot be used.
    """
    permit(spoken.command, ctx.member)
    given = {name: value for name, value in spoken.values.items() if value != ""}
    own = spoken.command.arguments.model_fields
    try:
        arguments = spoken.command.arguments.model_validate(given)
        for further in spoken.models[1:]:
            further.model_validate({name: value for name, value in given.items() if name not in own})
    except ValidationError as error:
        return _asked(ctx, spoken, error)
    try:
        reply: Reply = await spoken.command.handler(ctx, arguments)
    except UsageError as error:
        if not spoken.filled_in:
            raise
        hint = error.hint or Message("")
        both = Message("{problem} {hint}", {"problem": error.message, "hint": hint}) if hint.text else error.message
        return Reply(_form(ctx, spoken, {}, both))
    return reply


def permit(command: Command[Any], member: Member) -> None:
    """Raise NotAllowed where the member's role of this moment does not reach."""
    if member.role < command.role:
        raise NotAllowed(
            "/{command} is for people with the role {role} or higher; yours is {yours}.",
            hint=Message("An admin of this workspace can do it for you."),
            command=command.name,
            role=Message(command.role.name.lower()),
            yours=Message(member.role.name.lower()),
        )


def _asked(ctx: Context, spoken: Spoken, error: ValidationError) -> Reply:
    missing, wrong = complaints(error)
    together = wrong.pop("", None)  # what several fields lack together
    if not spoken.filled_in and (wrong or not (missing or together)):
        raise refusal_of(spoken.command, error)
    if spoken.filled_in:
        return Reply(_form(ctx, spoken, {**{name: Message("this is needed") for name in missing}, **wrong}, together))
    names = ", ".join(missing)
    needs = Message("/{command} needs {field}.", {"command": spoken.command.name, "field": names})
    return Reply(_form(ctx, spoken, {}, together or needs))


def _form(ctx: Context, spoken: Spoken, errors: Mapping[str, Message], problem: Message | None = None) -> Form:
    title, name = ctx.language.say(spoken.command.help), spoken.command.name
    made = form_of(ctx.language, title, name, spoken.models, spoken.values, errors, problem)
    return replace(made, example=spoken.command.example)


def _typed_secret() -> UsageError:
    return UsageError(
        "There is a secret in that line. It was not kept, and nothing was done.",
        hint=Message(
            "Delete your message, and make a new secret where it came from. Secrets are typed into forms only."
        ),
    )


def _mapping(found: JsonValue) -> Mapping[str, JsonValue]:
    return found if isinstance(found, dict) else {}
