"""The paths that people walk on every platform leave no command out."""

from __future__ import annotations

from commands import COMMANDS
from tests.stories.paths import PATHS


def test_every_command_is_said_on_some_path() -> None:
    """A new one has to be added to tests/stories/paths.py: so it is driven on Slack, both ways, and on Discord."""
    lines = [step.what for steps in PATHS.values() for step in steps if step.does == "say"]
    said = {" ".join(line.removeprefix("/").split()[:2]) for line in lines}
    assert said == {command.name for command in COMMANDS}
