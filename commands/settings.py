"""/arb settings: what holds for all of a workspace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, field_validator

from analyzers.priority import WEIGHTS, parse_weights
from commands.cards import card, paragraphs, table
from commands.command import Arguments, Command, Context, Reply
from commands.forms import form_of, option_of
from model.card import Card, Tone
from model.errors import UsageError
from model.form import Option, Unfit
from model.language import Language, Message
from model.member import Role
from reports.days_off import known_country
from storage.stores import Stores
from storage.workspaces import WorkspaceSettings

_MAPPED = ("viewer", "editor", "admin")  # an owner is made by an owner
_NONE = ("none", "없음")  # what empties a setting: an empty field of a form leaves it as it is


def _names(given: object) -> object:
    """Read "a, b" as two names and "none" as no name."""
    if not isinstance(given, str):
        return given
    words = [part.strip() for part in given.split(",") if part.strip()]
    return () if [word.lower() for word in words] in ([one] for one in _NONE) else tuple(dict.fromkeys(words))


def _weights(given: object) -> object:
    """Read "urgency 0.5, impact 0.2"."""
    if not isinstance(given, str):
        return given
    try:
        return () if given.strip().lower() in _NONE else parse_weights(given)
    except UsageError:
        raise Unfit("write it as urgency 0.5, impact 0.2; the factors are {names}", names=", ".join(WEIGHTS)) from None


def _roles(given: object) -> object:
    """Read "editor=Reporters, admin=Leads": a role here, and one of the server by its name, id or mention."""
    if not isinstance(given, str):
        return given
    if given.strip().lower() in _NONE:
        return ()
    pairs = [part.partition("=") for part in given.split(",") if part.strip()]
    found = tuple(
        (role.strip().lower(), group.strip().removeprefix("<@&").removesuffix(">")) for role, _, group in pairs
    )
    if not all(role in _MAPPED and group for role, group in found):
        raise Unfit("write it as editor=Reporters, admin=Leads; the roles are {names}", names=", ".join(_MAPPED))
    return found


Roles = Annotated[tuple[tuple[str, str], ...], Field(max_length=50), BeforeValidator(_roles)]
Several = Annotated[tuple[str, ...], Field(max_length=100), BeforeValidator(_names)]
Weights = Annotated[tuple[tuple[str, Decimal], ...], BeforeValidator(_weights)]
_Most = Annotated[int, Field(ge=1, le=1_000_000)]
_Minutes = Annotated[int, Field(ge=1, le=10_080)]


class Change(Arguments):
    """What is given changes, the rest stays; each field is one of WorkspaceSettings."""

    language: Annotated[Literal["en", "ko", "none"] | None, Option(Message("Language"))] = None
    zone: Annotated[str | None, Option(Message("Time zone"), example="Asia/Seoul")] = None
    country: Annotated[str | None, Option(Message("Country of holidays"), example="KR")] = None
    discord_roles: Annotated[
        Roles | None, Option(Message("Roles of Discord's server"), example="editor=Reporters, admin=Leads")
    ] = None
    bots: Annotated[Several | None, Option(Message("Bots"), example="ci@example.org")] = None
    stale_days: Annotated[int | None, Field(ge=1, le=365), Option(Message("Days until a branch is stale"))] = None
    weights: Annotated[
        Weights | None, Option(Message("Weights of the priority"), example="urgency 0.5, impact 0.2")
    ] = None
    people_in_channels: Annotated[bool | None, Option(Message("Single persons in channels"))] = None
    never_to_model: Annotated[Several | None, Option(Message("Sources no language model may see"))] = None
    audit_days: Annotated[int | None, Field(ge=7, le=3650), Option(Message("Days that the audit is kept"))] = None
    runs_days: Annotated[int | None, Field(ge=7, le=3650), Option(Message("Days that runs are kept"))] = None
    inbox_days: Annotated[
        int | None, Field(ge=30, le=3650), Option(Message("Days that events and exported files are kept"))
    ] = None
    most_members: Annotated[_Most | None, Option(Message("Members at most"))] = None
    most_reports: Annotated[_Most | None, Option(Message("Saved reports at most"))] = None
    most_sources: Annotated[_Most | None, Option(Message("Sources at most"))] = None
    most_runs_a_day: Annotated[_Most | None, Option(Message("Runs a day at most"))] = None
    most_runs_at_once: Annotated[int | None, Field(ge=1, le=64), Option(Message("Runs at once at most"))] = None
    most_schedules: Annotated[_Most | None, Option(Message("Schedules at most"))] = None
    schedule_minutes: Annotated[
        _Minutes | None, Option(Message("Minutes between two times of a schedule at least"))
    ] = None
    schedule_minutes_admin: Annotated[_Minutes | None, Option(Message("The same for schedules of admins"))] = None

    @field_validator("zone")
    @classmethod
    def _known(cls, zone: str | None) -> str | None:
        if zone is None or zone.lower() in _NONE:
            return zone
        try:
            return ZoneInfo(zone).key
        except (KeyError, ValueError, OSError):  # a zone that is not found is a KeyError
            raise Unfit("it is no time zone such as Asia/Seoul") from None

    @field_validator("country")
    @classmethod
    def _with_holidays(cls, country: str | None) -> str | None:
        if country is None or country.lower() in _NONE:
            return country and ""
        try:
            return known_country(country)
        except UsageError:
            raise Unfit("write the two letters of a country, such as KR, or none") from None


async def settings(ctx: Context, args: Change) -> Reply:
    """Change what is given and show old and new; without arguments offer the form."""
    given = {name: value for name, value in args.model_dump(exclude_none=True).items() if name in args.model_fields_set}
    if not given:
        async with ctx.read() as stores:
            now = await stores.workspaces.settings()
        values = {name: _typed(getattr(now, name)) for name in Change.model_fields}
        return Reply(form_of(ctx.language, ctx.say("Settings of this workspace"), "arb settings", Change, values))
    given |= {name: None for name in ("language", "zone") if str(given.get(name, "")).lower() in _NONE}
    async with ctx.write() as stores:
        await _refuse_unknown(stores, given)
        old = await stores.workspaces.settings()
        new = replace(old, **given)
        await stores.workspaces.change(new)
    return Reply(_changed(ctx, old, new))


async def _refuse_unknown(stores: Stores, given: Mapping[str, Any]) -> None:
    """Raise UnknownName where a source is named that is not here."""
    for name in given.get("never_to_model", ()):
        await stores.sources.named(name)


def _changed(ctx: Context, old: WorkspaceSettings, new: WorkspaceSettings) -> Card:
    """Return what changed as a card: old beside new."""
    language = ctx.language
    rows = [
        (
            language.say(option_of(field).label),
            _shown(getattr(old, name), language),
            _shown(getattr(new, name), language),
        )
        for name, field in Change.model_fields.items()
        if getattr(old, name) != getattr(new, name)
    ]
    if not rows:
        return card(language, ctx.say("Nothing changed: it was set like this already."))
    head = (ctx.say("Setting"), ctx.say("Before"), ctx.say("Now"))
    text = paragraphs(ctx.say("It holds from the next command and the next run on."))
    return card(language, ctx.say("Settings changed."), [table(head, rows), text], tone=Tone.GOOD)


def _shown(value: object, language: Language) -> str:
    """Return a setting for people."""
    if isinstance(value, bool):
        return language.say(Message("yes") if value else Message("no"))
    return language.say(Message("none")) if value in (None, (), "") else str(_typed(value))


def _typed(value: object) -> object:
    """Return a setting as one would type it."""
    match value:
        case None | () | "":
            return _NONE[0]
        case tuple():
            return ", ".join(_pair(one) if isinstance(one, tuple) else str(one) for one in value)
        case _:
            return value


def _pair(pair: tuple[object, object]) -> str:
    """Return "urgency 0.5" or "editor=Reporters"."""
    return f"{pair[0]} {pair[1]}" if isinstance(pair[1], Decimal) else f"{pair[0]}={pair[1]}"


COMMANDS: tuple[Command[Any], ...] = (
    Command(
        "arb settings",
        Message("Change what holds for this workspace."),
        "/arb settings stale_days=7",
        Change,
        settings,
        Role.ADMIN,
    ),
)
