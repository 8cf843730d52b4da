"""Says a line at the door as a platform would whose runs are done elsewhere: `python -m tests.bot.asking LINE`."""

from __future__ import annotations

import asyncio
import sys

from bot.app import running
from bot.platforms.terminal import Terminal
from bot.settings import load


async def ask(line: str) -> None:
    """Say it, and leave."""
    async with running(load()) as app:
        terminal = Terminal(app, "mina", "default", "en", print)
        answer = await app.door.say(terminal._event(), terminal._visitor(), line)
        assert answer is not None
        assert answer.follows


def main() -> None:
    """Be the process."""
    asyncio.run(ask(sys.argv[1]))


if __name__ == "__main__":
    main()
