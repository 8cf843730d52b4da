"""/arb link github: a login is tied to whoever can show a code under it."""

from __future__ import annotations

from commands.cards import card, paragraphs, typed
from commands.command import Context, Reply
from model.card import Action, Tone
from model.errors import UsageError
from model.language import Message
from model.member import GITHUB, Identity
from sources.person import shown_on_github

_LONGEST = 39  # characters: https://docs.github.com/en/enterprise-cloud@latest/admin/managing-iam


def login_of(text: str | None) -> Identity:
    """Return the identity of a login. Raises UsageError."""
    login = (text or "").strip().removeprefix("@").lower()
    if not login or len(login) > _LONGEST or not login.replace("-", "").isalnum() or not login.isascii():
        raise UsageError("That is no login of GitHub.", hint=Message("For example: /arb link github mina-k"))
    return Identity(GITHUB, login)


async def ask_for_proof(ctx: Context, identity: Identity) -> Reply:
    """Give a code to show on GitHub."""
    async with ctx.write() as stores:
        code = await stores.people.code(ctx.member.id, proves=identity.user)
    text = paragraphs(
        typed(code),
        ctx.say(
            "As {login}, write this code into the bio of your GitHub profile or the description of a public gist.",
            login=identity.user,
        ),
        ctx.say("Then press the button, within an hour. Nobody else can use the code; take it away again afterwards."),
    )
    action = Action(
        ctx.say("It stands there"), "arb link", {"what": GITHUB, "address": identity.user, "confirmed": True}
    )
    return Reply(card(ctx.language, ctx.say("Are you {login} on GitHub?", login=identity.user), [text], [action]))


async def prove(ctx: Context, identity: Identity) -> Reply:
    """Look for the code on GitHub, and tie the login where it is."""
    texts = await shown_on_github(ctx.house.db, ctx.member.workspace, ctx.house.reach, identity.user)
    async with ctx.write() as stores:
        await stores.people.proven(ctx.member.id, identity.user, texts)
        member = await stores.members.of(ctx.member.id)
        await stores.people.tie(member, identity)
    return tied(ctx, identity, member.shown)


def tied(ctx: Context, identity: Identity, name: str) -> Reply:
    """Say that a login is tied."""
    title = ctx.say("{login} on GitHub is {name}.", login=identity.user, name=name)
    text = paragraphs(ctx.say("Choose the name in reports with /arb me shown=…; it holds for runs from now on."))
    return Reply(card(ctx.language, title, [text], tone=Tone.GOOD))
