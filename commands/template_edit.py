"""/template new, edit, clone: write templates of one's own."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Annotated, Any

from pydantic import Field

from commands.cards import card, paragraphs
from commands.command import Arguments, Command, Context, Reply
from commands.forms import form_of
from model.card import Action, Card, Tone
from model.errors import NotAllowed, TemplateError, UsageError
from model.form import Option
from model.language import Message
from model.member import Member, Role
from reports.preview import check
from reports.templates import built_in, from_text, lookup, typed_manifest
from storage.stores import Stores
from storage.templates import OwnTemplate

_EXAMPLE = "standup"  # what the form of a new template starts from: it has text sections
_Name = Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]


class Named(Arguments):
    """One template."""

    template: Annotated[str, Option(Message("Template"), names="template", positional=True)]


class New(Arguments):
    """A name, and a manifest with the texts in it; without one the form starts from an example."""

    name: Annotated[_Name | None, Option(Message("Name"), positional=True, example="shop-week")] = None
    manifest: Annotated[str | None, Option(Message("Manifest"), long=True)] = None


class Edit(Named):
    """A template, and its new manifest; without one the form holds the manifest as it is, or as it was."""

    version: Annotated[int | None, Option(Message("Version"))] = None
    manifest: Annotated[str | None, Option(Message("Manifest"), long=True)] = None


class _NewForm(Arguments):
    name: Annotated[_Name, Option(Message("Name"), example="shop-week")]
    manifest: Annotated[str, Option(Message("Manifest"), long=True)]


class _EditForm(Arguments):
    manifest: Annotated[str, Option(Message("Manifest"), long=True)]


class Clone(Named):
    """A template, and what its copy is called."""

    name: Annotated[_Name, Option(Message("Name"), positional=True, example="shop-week")]


async def new(ctx: Context, args: New) -> Reply:
    """Keep a new template after trying it."""
    if args.name is None or args.manifest is None:
        values = {"name": args.name, "manifest": args.manifest or typed_manifest(_EXAMPLE)}
        return Reply(form_of(ctx.language, ctx.say("Make a template."), "template new", _NewForm, values))
    await _try(ctx, args.name, args.manifest)
    async with ctx.write() as stores:
        own = await stores.templates.add(args.name, args.manifest, ctx.member.id)
    return Reply(_kept(ctx, ctx.say("Template {name} is made.", name=own.name), own))


async def edit(ctx: Context, args: Edit) -> Reply:
    """Keep a new version of a template after trying it."""
    async with ctx.read() as stores:
        own = await changeable(stores, args.template, ctx.member)
        texts = {v.version: v.manifest for v in await stores.templates.versions(own.id)}
    if args.manifest is None:
        version = args.version or own.version
        if version not in texts:
            hint = Message("Its newest version is {last}.", {"last": own.version})
            raise UsageError("Template {name} has no version {version}.", hint=hint, name=own.name, version=version)
        title = ctx.say("Template {name}, version {version}", name=own.name, version=version)
        values = {"template": own.name, "manifest": texts[version]}
        return Reply(form_of(ctx.language, title, "template edit", _EditForm, values))
    await _try(ctx, own.name, args.manifest)
    async with ctx.write() as stores:
        own = await changeable(stores, args.template, ctx.member)
        version = await stores.templates.write(own.id, args.manifest, ctx.member.id)
    return Reply(_kept(ctx, ctx.say("Template {name} is at version {version}.", name=own.name, version=version), own))


async def clone(ctx: Context, args: Clone) -> Reply:
    """Keep a copy of a template under another name."""
    async with ctx.write() as stores:
        found = await lookup(stores, args.template, ctx.member)
        source = await stores.templates.find(found.name, ctx.member)
        text = typed_manifest(found.name) if source is None else source.manifest
        with checked():
            from_text(args.name, text)
        own = await stores.templates.add(args.name, text, ctx.member.id)
    return Reply(_kept(ctx, ctx.say("Template {name} is a copy of {other}.", name=own.name, other=found.name), own))


@contextmanager
def checked() -> Iterator[None]:
    """Turn what is wrong with a template into something that the caller can mend."""
    try:
        yield
    except TemplateError as error:
        raise UsageError(error.message.text, hint=error.hint, **error.message.values) from error


async def _try(ctx: Context, name: str, manifest: str) -> None:
    """Raise UsageError where a manifest does not fit or its texts do not work."""
    with checked():
        await check(from_text(name, manifest), ctx.house.render)


async def changeable(stores: Stores, name: str, member: Member) -> OwnTemplate:
    """Return an own template that the member may change; raises UserError."""
    own = await stores.templates.find(name, member)
    if own is None:
        raise built_in((await lookup(stores, name, member)).name)
    if own.owner != member.id and member.role < Role.ADMIN:
        raise NotAllowed(
            "Template {name} is changed by its owner and admins only.",
            hint=Message("Make a copy of it: /template clone {name} my-{name}", {"name": name}),
            name=name,
        )
    return own


def _kept(ctx: Context, title: str, own: OwnTemplate) -> Card:
    actions = [
        Action(ctx.say("Preview"), "template preview", {"template": own.name}),
        Action(ctx.say("Edit"), "template edit", {"template": own.name}),
    ]
    if own.shared:
        return card(ctx.language, title, (), actions, Tone.GOOD)
    actions.append(Action(ctx.say("Share"), "template share", {"template": own.name, "shared": True}, once=True))
    text = paragraphs(
        ctx.say("Only you and admins see it: /template share {name} yes lets everybody use it.", name=own.name)
    )
    return card(ctx.language, title, [text], actions, Tone.GOOD)


COMMANDS: tuple[Command[Any], ...] = (
    Command("template new", Message("Make a template."), "/template new shop-week", New, new, Role.EDITOR),
    Command(
        "template clone",
        Message("Copy a template under another name."),
        "/template clone weekly my-week",
        Clone,
        clone,
        Role.EDITOR,
    ),
    Command(
        "template edit",
        Message("Write a new version of a template."),
        "/template edit my-week",
        Edit,
        edit,
        Role.EDITOR,
    ),
)
