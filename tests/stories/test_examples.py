"""Every command's example works when it is pasted, in both languages; here stands what some need to be there first."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from commands import COMMANDS
from commands.door import Visitor
from model.delivery import Address, Platform
from model.ids import EventId
from model.language import Code
from tests.support.talk import Talk, text

OWN_MODEL = "/model add custom name=claude url=https://models.example/v1 model=own"
# What is said before the example of a command; the examples themselves come in the order of the list.
BEFORE: Mapping[str, tuple[str, ...]] = {
    "report diff": ("/report run weekly window=2026-11-09..2026-11-16",),
    "report post": ("/report run weekly window=2026-11-09..2026-11-16",),
    "report restore": ("/report delete web confirmed=yes",),
    "model edit": (OWN_MODEL,),
    "source hook": ("/source add custom name=pushed",),
    "template edit": ("/template clone weekly shop-week",),
}
# These need somebody to answer them: they are said in tests/stories/test_models.py.
ELSEWHERE = (
    "model test",
    "source figure",
    "source figures",
    "source forget",
    "source hook",
    "source unhook",
)


@pytest.mark.some(of=lambda case: case["lang"] == "ko")
@pytest.mark.parametrize("lang", ["en", "ko"])
async def test_every_example_works_when_pasted(
    ready: Talk, repository: Path, monkeypatch: pytest.MonkeyPatch, lang: Code
) -> None:
    """In one workspace, one after the other, by its owner who stands in a repository; none is refused."""
    monkeypatch.chdir(repository)
    await ready.say("/arb me", user="jun")
    for command in (command for command in COMMANDS if command.name not in ELSEWHERE):
        for line in BEFORE.get(command.name, ()):
            prepared = await ready.say(line)
            assert prepared.kind != "error", (line, text(prepared))
        if command.name == "report cancel":  # a run that nobody has taken up yet
            visitor = Visitor("mina", "mina", Address(Platform.TERMINAL, "acme", "mina"), lang)
            await ready.app.door.say(EventId("terminal:left"), visitor, "/report run weekly")
        said = await ready.say(command.example, lang=lang)
        assert said.kind in ("card", "form"), (command.example, text(said))
