"""/arb doctor: how the parts of the installation are, and what to do about them."""

from __future__ import annotations

from collections.abc import Sequence

from commands.cards import card, group, paragraphs, table
from commands.command import Context, Nothing, Reply
from delivery.health import place_checks
from model.card import Block, Card, Tone
from model.health import Check, Health
from model.language import Language, Message
from reports.model_health import model_checks
from sources.health import git_check, source_checks

_TONES = {Health.OK: Tone.GOOD, Health.ATTENTION: Tone.WARNING, Health.CRITICAL: Tone.CRITICAL}


async def doctor(ctx: Context, _: Nothing) -> Reply:
    """Look at the storage, git, the sources and models of this workspace and the chats that it posts to."""
    house, workspace = ctx.house, ctx.member.workspace
    stored = await house.db.checks()
    read = await source_checks(house.db, workspace, house.reach)
    outside = house.reach.within(workspace).outside
    asked = () if outside is None else await model_checks(house.db, workspace, house.models, outside)
    there = await place_checks(house.db, workspace, house.destinations)
    return Reply(doctor_card(ctx.language, (*stored, await git_check(), *read, *asked, *there)))


def doctor_card(language: Language, checks: Sequence[Check]) -> Card:
    """Return what was looked at as a table, and what to do."""
    say = language.say
    rows = [(say(c.part), say(_word(c.health)), say(c.means)) for c in checks]
    head = (say(Message("Part")), say(Message("State")), say(Message("What it means")))
    blocks: list[Block] = [table(head, rows)]
    todo = [f"{say(c.part)}: {say(c.do)}" for c in checks if c.do is not None and c.health is not Health.OK]
    if todo:
        blocks += group(say(Message("What to do")), *todo)
    else:
        blocks.append(paragraphs(say(Message("Nothing needs to be done."))))
    worst = max((c.health for c in checks), default=Health.OK)
    return card(language, say(_title(checks)), blocks, tone=_TONES[worst])


def _title(checks: Sequence[Check]) -> Message:
    critical = sum(c.health is Health.CRITICAL for c in checks)
    attention = sum(c.health is Health.ATTENTION for c in checks)
    values = {"n": len(checks), "critical": critical, "attention": attention}
    if critical and not attention:
        return Message("{critical} of {n} parts critical", values)
    if critical:
        return Message("{critical} of {n} parts critical, {attention} need attention", values)
    if attention:
        return Message("{attention} of {n} parts need attention", values)
    return Message("All {n} parts are well", values)


def _word(health: Health) -> Message:
    words = {
        Health.OK: Message("OK"),
        Health.ATTENTION: Message("Attention"),
        Health.CRITICAL: Message("Critical"),
    }
    return words[health]
