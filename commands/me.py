"""/arb me: who I am here, what I chose, all that is kept about me."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

from pydantic import Field, field_validator

from commands.cards import card, paragraphs
from commands.command import Arguments, Context, Reply
from model.card import Action, Attachment, Block, Fields, Tone, text_line
from model.form import Option, Unfit
from model.language import Language, Message
from model.member import GIT, Identity, Member, Preferences, Role
from reports.answering import ask_another
from storage.erasing import NOBODY_LEFT

_SPAN = re.compile(r"([01]\d|2[0-3]):([0-5]\d)-([01]\d|2[0-3]):([0-5]\d)")
_CHOICES = ("hours", "country", "quiet")
_NONE = frozenset({"none", "-", "없음"})
_JSON = "application/json"


class Me(Arguments):
    """What I want: language, zone, hours, name; or my data."""

    what: Annotated[Literal["export", "erase"] | None, Option(Message("What"), positional=True)] = None
    language: Annotated[Literal["en", "ko"] | None, Option(Message("Language"))] = None
    zone: Annotated[str | None, Option(Message("Time zone"), example="Asia/Seoul")] = None
    shown: Annotated[str | None, Field(max_length=60), Option(Message("Name in reports"))] = None
    hours: Annotated[str | None, Option(Message("Working hours"), example="09:00-18:00")] = None
    country: Annotated[str | None, Option(Message("Country of holidays"), example="KR")] = None
    quiet: Annotated[str | None, Option(Message("Quiet hours"), example="22:00-07:00")] = None
    confirmed: Annotated[bool, Option(Message("Confirmed"))] = False

    @field_validator("zone")
    @classmethod
    def _known(cls, zone: str | None) -> str | None:
        try:
            return zone and ZoneInfo(zone).key
        except (KeyError, ValueError, OSError):  # a zone that is not found is a KeyError
            raise Unfit("it is no time zone such as Asia/Seoul") from None

    @field_validator("shown", "hours", "country", "quiet")
    @classmethod
    def _cleared(cls, value: str | None) -> str | None:
        """Read "none" as a choice taken back."""
        words = None if value is None else " ".join(value.split())
        return "" if words is not None and words.lower() in _NONE else words

    @field_validator("hours", "quiet")
    @classmethod
    def _span(cls, span: str | None) -> str | None:
        found = _SPAN.fullmatch(span) if span else None
        if span and (found is None or span[:5] == span[6:]):
            raise Unfit("write two times such as 09:00-18:00, or none")
        return span

    @field_validator("hours")
    @classmethod
    def _one_day(cls, span: str | None) -> str | None:
        if span and span[:5] > span[6:]:
            raise Unfit("working hours end later on the same day than they begin")
        return span

    @field_validator("country")
    @classmethod
    def _country(cls, country: str | None) -> str | None:
        if country and not re.fullmatch("[A-Za-z]{2}", country):
            raise Unfit("write the two letters of a country, such as KR, or none")
        return country and country.upper()


async def me(ctx: Context, args: Me) -> Reply:
    """Show who I am here, or change what is given; hand out or erase all about me."""
    match args.what:
        case "export":
            return await _export(ctx)
        case "erase":
            return await _erase(ctx) if args.confirmed else await _ask(ctx)
        case None:
            changes = bool(args.model_fields_set - {"what", "confirmed"})
            member = await _change(ctx, args) if changes else ctx.member
            return await _show(ctx, member)


def _chosen(args: Me, before: Preferences) -> Preferences:
    """Return the preferences with what is given; what is not given stays."""
    given = {name: value for name in _CHOICES if (value := getattr(args, name)) is not None}
    named = before if args.shown is None else before.called(args.shown)
    return replace(named, **given)


async def _change(ctx: Context, args: Me) -> Member:
    async with ctx.write() as stores:
        member = await stores.members.of(ctx.member.id)
        if args.shown:
            await stores.people.refuse_taken(args.shown, member)
        chosen = _chosen(args, member.preferences)
        await stores.members.change(member.id, language=args.language, zone=args.zone, preferences=chosen)
        return await stores.members.of(member.id)


async def _show(ctx: Context, member: Member) -> Reply:
    async with ctx.read() as stores:
        identities = await stores.members.identities(member.id)
    language = Language(member.language or ctx.language.code, member.zone or ctx.language.zone.key)
    say, chosen = language.say, member.preferences
    none = say(Message("none"))
    pairs = (
        (Message("Name"), member.name),
        (Message("Name in reports"), chosen.shown or say(Message("as in the commits"))),
        (Message("Role"), role_word(member.role, language)),
        (Message("Language"), {"en": "English", "ko": "한국어"}[language.code]),
        (Message("Time zone"), language.zone.key),
        (Message("Working hours"), chosen.hours or none),
        (Message("Country of holidays"), chosen.country or none),
        (Message("Quiet hours"), chosen.quiet or none),
        (Message("Identities"), ", ".join(map(identity_word, identities))),
    )
    fields = Fields(tuple((say(label), text_line(value)) for label, value in pairs))
    hint = paragraphs(say(Message("Change it with /arb me language=ko zone=Asia/Seoul.")))
    actions = (
        Action(say(Message("My data")), "arb me", {"what": "export"}),
        Action(say(Message("Erase me")), "arb me", {"what": "erase"}),
    )
    return Reply(card(language, say(Message("You here")), [fields, hint], actions))


async def _export(ctx: Context) -> Reply:
    async with ctx.write() as stores:
        rows = await stores.people.erasing.export(ctx.member)
        data = json.dumps(rows, ensure_ascii=False, indent=1).encode()
        blob = await stores.blobs.put(data)
    text = paragraphs(ctx.say("It holds every row that is yours or names you, table by table."))
    made = card(ctx.language, ctx.say("All that is kept about you"), [text])
    return Reply(replace(made, attachments=(Attachment("me.json", _JSON, blob, len(data)),)))


async def _ask(ctx: Context) -> Reply:
    async with ctx.read() as stores:
        await stores.members.refuse_without_owner(ctx.member)
    blocks: list[Block] = [
        paragraphs(
            ctx.say("Your name, identities, choices, forms and what the audit says in your words are destroyed."),
            ctx.say("In records and runs stands “erased person” in your place; files made of runs are deleted."),
            ctx.say("Reports and templates that you made stay with the workspace."),
            ctx.say("It cannot be undone. /arb me export gives you a copy first."),
            bullets=True,
        )
    ]
    actions = (
        Action(ctx.say("Erase me for good"), "arb me", {"what": "erase", "confirmed": True}, once=True),
        Action(ctx.say("My data"), "arb me", {"what": "export"}),
    )
    return Reply(card(ctx.language, ctx.say("Erase all about you?"), blocks, actions, Tone.WARNING))


async def _erase(ctx: Context) -> Reply:
    async with ctx.write() as stores:
        member = await stores.members.of(ctx.member.id)
        await stores.members.refuse_without_owner(member)
        his = await stores.schedules.answered_by(member.id)
        await stores.people.erasing.erase(member)
        await ask_another(stores, his, NOBODY_LEFT)
    await ctx.house.db.scrub()
    text = paragraphs(ctx.say("Whoever speaks from here next is somebody new."))
    return Reply(card(ctx.language, ctx.say("You are erased."), [text], tone=Tone.GOOD))


def identity_word(identity: Identity) -> str:
    """Return an identity for people; an address stands for itself."""
    return identity.user if identity.platform == GIT else f"{identity.platform}:{identity.user}"


def role_word(role: Role, language: Language) -> str:
    """Return a role for people."""
    words = {
        Role.NOBODY: Message("nobody"),
        Role.VIEWER: Message("viewer"),
        Role.EDITOR: Message("editor"),
        Role.ADMIN: Message("admin"),
        Role.OWNER: Message("owner"),
    }
    return language.say(words[role])
