"""/arb link workspace: bring a whole Slack team, Discord server or terminal into another one's workspace, and back."""

from __future__ import annotations

from commands.cards import card, paragraphs, typed
from commands.command import Context, Reply
from model.card import Action, Tone
from model.errors import NotAllowed
from model.language import Message
from model.member import Member, Role
from storage.stores import Stores

WORKSPACE = "workspace"  # what is typed in the place of a code or an identity


async def code_for_others(ctx: Context) -> Reply:
    """Give an owner a one-time code that opens the workspace for another account."""
    async with ctx.write() as stores:
        await _owner(ctx, stores)
        code = await stores.people.code(ctx.member.id, opens=True)
    text = paragraphs(
        typed(f"/arb link {code}"),
        ctx.say("An owner of another Slack team, Discord server or terminal says this there, within ten minutes."),
        ctx.say("From then on everybody there is in this workspace, with the role that what he is there gives him: "
                "its owner is an owner here too."),
        ctx.say("It works once. Give it to nobody else."),
    )  # fmt: skip
    return Reply(card(ctx.language, ctx.say("A code that opens this workspace"), [text]))


async def ask_to_join(ctx: Context, code: str, issuer: Member) -> Reply:
    """Ask whether everybody here is to be brought into the code's workspace."""
    async with ctx.read() as stores:
        await _owner(ctx, stores)
    text = paragraphs(
        ctx.say("From then on all that is said here is said in that workspace, with its sources and reports."),
        ctx.say("Who may do what follows from what each one is here. What people chose here, and what the audit says "
                "in their words, is erased."),
        ctx.say("Do it only if {name} gave you this code.", name=issuer.shown),
    )  # fmt: skip
    action = Action(ctx.say("Bring everybody along"), "arb link", {"what": code, "confirmed": True}, once=True)
    title = ctx.say("Bring everybody here into the workspace of {name}?", name=issuer.shown)
    return Reply(card(ctx.language, title, [text], [action], Tone.WARNING))


async def join(ctx: Context, code: str) -> Reply:
    """Bring everybody here into the code's workspace."""
    async with ctx.write() as stores:
        await _owner(ctx, stores)
        issuer = await stores.accounts.bring(code, ctx.event)
    await ctx.house.db.scrub()
    text = paragraphs(
        ctx.say("You are somebody new there. Are you somebody there already? Then say /arb link as that one, and here "
                "the code that you get."),
        ctx.say("An owner can take this place back with /arb unlink workspace, said here."),
    )  # fmt: skip
    title = ctx.say("Everybody here is in the workspace of {name} now.", name=issuer.shown)
    return Reply(card(ctx.language, title, [text], tone=Tone.GOOD))


async def take_back(ctx: Context) -> Reply:
    """Have the place where this is said be a workspace of its own again."""
    async with ctx.write() as stores:
        await _owner(ctx, stores)
        await stores.accounts.take_back(ctx.here.platform, ctx.here.account)
    text = paragraphs(ctx.say("It is empty: whoever speaks here next is somebody new."))
    return Reply(card(ctx.language, ctx.say("This place is a workspace of its own again."), [text], tone=Tone.GOOD))


async def _owner(ctx: Context, stores: Stores) -> None:
    if (await stores.members.of(ctx.member.id)).role < Role.OWNER:
        raise NotAllowed(
            "Only an owner brings one workspace into another.",
            hint=Message("To tie who you are elsewhere to you, say /arb link alone."),
        )
