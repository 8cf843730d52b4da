"""`arb migrate` that kills itself before the Nth thing it says to the database: `tests.kill.migrator N migrate`.

What it says are its statements, the commit, and that it hangs up; the last thing before that is the commit. With 0 it
ends by itself, and its last line is how many things it has said.
"""

from __future__ import annotations

import os
import signal
import sys

from sqlalchemy import Engine, event
from sqlalchemy.pool import Pool


def main() -> None:
    """Be the process."""
    from bot.cli import main as arb

    number, said = int(sys.argv.pop(1)), 0

    def reached(*_: object) -> None:
        nonlocal said
        said += 1
        if said == number:
            os.kill(os.getpid(), signal.SIGKILL)

    event.listen(Engine, "before_cursor_execute", reached)
    event.listen(Engine, "commit", reached)
    event.listen(Pool, "checkin", reached)
    try:
        arb()
    finally:
        print(said)


if __name__ == "__main__":
    main()
