"""/arb backup: a backup of the whole installation, now."""

from __future__ import annotations

from typing import Any

from commands.cards import card, paragraphs
from commands.command import Command, Context, Nothing, Reply
from model.card import Block, Fields, Tone, text_line
from model.language import Message
from model.member import Role
from storage.backup import FOLDER
from storage.duties import BACKUP
from storage.outside import Outside


async def backup(ctx: Context, _: Nothing) -> Reply:
    """Make a backup and say where it lies; the file itself never goes into a chat."""
    db = ctx.house.db
    made = await db.backups.keep()
    await db.duties.note(BACKUP)
    pairs = (
        (ctx.say("File"), f"{FOLDER}/{made.file.name}"),
        (ctx.say("Size"), ctx.say("{n} kB", n=-(-made.size // 1000))),
        ("SHA-256", made.digest),
        (ctx.say("Outside"), _outside(ctx, db.backups.outside)),
    )
    key = ctx.say(
        "The key that opens it is not in it. Keep a copy of the file “keys” of the data folder, or of ARB_MASTER_KEYS, "
        "in another place: without it nobody can read the backup."
    )
    how = ctx.say("Put it back with arb restore, on the machine where the bot runs.")
    blocks: list[Block] = [Fields(tuple((label, text_line(value)) for label, value in pairs)), paragraphs(key, how)]
    return Reply(card(ctx.language, ctx.say("A backup was made"), blocks, tone=Tone.GOOD))


def _outside(ctx: Context, outside: Outside) -> str:
    there = []
    if outside.folder is not None:
        there.append(ctx.say("copied to ARB_BACKUP_TO"))
    if outside.command:
        there.append(ctx.say("given to ARB_BACKUP_COMMAND"))
    return ctx.language.listed(there) if there else ctx.say("nowhere: it would be lost with this disk")


COMMANDS: tuple[Command[Any], ...] = (
    Command("arb backup", Message("Make a backup now."), "/arb backup", Nothing, backup, Role.ADMIN),
)
