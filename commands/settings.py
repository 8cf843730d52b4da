"""/arb settings: what holds for all of a workspace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator

from commands.cards import card, paragraphs, table
from commands.command import Arguments, Command, Context, Reply
from commands.forms import form_of, option_of
from commands.settings_values import NONE, Dollars, Minutes, Most, Roles, Several, Weights
from model.card import Card, Tone
from model.errors import UsageError
from model.form import Option, Unfit
from model.language import Language, Message
from model.member import Role
from reports.days_off import known_country
from storage.stores import Stores
from storage.workspaces import WorkspaceSettings


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
    models: Annotated[Several | None, Option(Message("Language models in turn"), example="claude, gpt")] = None
    usd_a_run: Annotated[Dollars | None, Option(Message("Dollars for the words of a report at most"))] = None
    usd_a_day: Annotated[Dollars | None, Option(Message("Dollars for one person's reports a day at most"))] = None
    usd_a_month: Annotated[Dollars | None, Option(Message("Dollars for language models a month at most"))] = None
    audit_days: Annotated[int | None, Field(ge=7, le=3650), Option(Message("Days that the audit is kept"))] = None
    runs_days: Annotated[int | None, Field(ge=7, le=3650), Option(Message("Days that runs are kept"))] = None
    inbox_days: Annotated[
        int | None, Field(ge=30, le=3650), Option(Message("Days that events and exported files are kept"))
    ] = None
    most_members: Annotated[Most | None, Option(Message("Members at most"))] = None
    most_reports: Annotated[Most | None, Option(Message("Saved reports at most"))] = None
    most_sources: Annotated[Most | None, Option(Message("Sources at most"))] = None
    most_runs_a_day: Annotated[Most | None, Option(Message("Runs a day at most"))] = None
    most_questions_a_day: Annotated[Most | None, Option(Message("Questions a day at most"))] = None
    most_runs_at_once: Annotated[int | None, Field(ge=1, le=64), Option(Message("Runs at once at most"))] = None
    most_schedules: Annotated[Most | None, Option(Message("Schedules at most"))] = None
    schedule_minutes: Annotated[Minutes | None, Option(Message("Minutes between two times of a schedule at least"))] = (
        None
    )
    schedule_minutes_admin: Annotated[Minutes | None, Option(Message("The same for schedules of admins"))] = None

    @field_validator("zone")
    @classmethod
    def _known(cls, zone: str | None) -> str | None:
        if zone is None or zone.lower() in NONE:
            return zone
        try:
            return ZoneInfo(zone).key
        except (KeyError, ValueError, OSError):  # a zone that is not found is a KeyError
            raise Unfit("it is no time zone such as Asia/Seoul") from None

    @field_validator("country")
    @classmethod
    def _with_holidays(cls, country: str | None) -> str | None:
        if country is None or country.lower() in NONE:
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
    given |= {name: None for name in ("language", "zone") if str(given.get(name, "")).lower() in NONE}
    async with ctx.write() as stores:
        await _refuse_unknown(ctx, stores, given)
        old = await stores.workspaces.settings()
        new = replace(old, **given)
        await stores.workspaces.change(new)
    return Reply(_changed(ctx, old, new))


async def _refuse_unknown(ctx: Context, stores: Stores, given: Mapping[str, Any]) -> None:
    """Raise UnknownName where a source or a model is named that is not here."""
    for name in given.get("never_to_model", ()):
        await stores.sources.named(name)
    for name in given.get("models", ()):
        await ctx.house.models.named(stores, name)


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
            return NONE[0]
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
