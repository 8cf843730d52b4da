"""Start processes of the bot in a fraction of the time: `python -m tests.kill.nursery` has imported all and forks.

Each child is a process of its own, with nothing but imported modules from here. The nursery reads one JSON object a
line: `start` gives the pid, `wait` the wait status of a pid.
"""

from __future__ import annotations

import json
import os
import select
import subprocess
import sys
import tempfile
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

_ROOT = Path(__file__).parents[2]
_PATIENCE = 60.0  # seconds for any answer


@dataclass(frozen=True)
class Child:
    """A process that was started; what it prints goes into files."""

    nursery: Nursery
    pid: int
    folder: Path

    def wait(self) -> subprocess.CompletedProcess[str]:
        """Wait until it is over; the return code is minus the signal that killed it."""
        status = self.nursery.ask({"wait": self.pid})
        out, err = ((self.folder / name).read_text("utf-8") for name in ("out", "err"))
        return subprocess.CompletedProcess((), os.waitstatus_to_exitcode(status), out, err)


class Nursery:
    """The process that forks."""

    def __init__(self, process: subprocess.Popen[str], folder: Path) -> None:
        self._process = process
        self._folder = folder

    def start(self, module: str, *arguments: str, env: Mapping[str, str], cwd: Path) -> Child:
        """Start `module.main` with these arguments in an environment of its own."""
        folder = Path(tempfile.mkdtemp(dir=self._folder))
        asked = {"start": module, "arguments": arguments, "env": env, "cwd": str(cwd), "folder": str(folder)}
        return Child(self, self.ask(asked), folder)

    def ask(self, what: Mapping[str, object]) -> int:
        """Send a line and return the number that comes back."""
        out, into = self._process.stdout, self._process.stdin
        assert out is not None
        assert into is not None
        into.write(json.dumps(what) + "\n")
        into.flush()
        ready, _, _ = select.select([out], [], [], _PATIENCE)
        assert ready, f"no answer in {_PATIENCE} s: {what}"
        return int(out.readline())


@contextmanager
def nursery() -> Iterator[Nursery]:
    """Run a nursery; whatever it has started is over in the end."""
    with tempfile.TemporaryDirectory(prefix="arb-nursery-") as folder:
        env = {**os.environ, "PYTHONPATH": str(_ROOT), "PYTHONUTF8": "1"}
        command = [sys.executable, "-m", "tests.kill.nursery"]
        with subprocess.Popen(
            command, env=env, cwd=_ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, bufsize=1
        ) as process:
            yield Nursery(process, Path(folder))


def _child(asked: Mapping[str, Any]) -> None:
    """Become the process that was asked for; never return."""
    code = 1
    try:
        for number, name in ((0, os.devnull), (1, "out"), (2, "err")):
            path = os.path.join(asked["folder"], name)  # noqa: PTH118 - an absolute path stays as it is
            os.dup2(os.open(path, os.O_RDWR | os.O_CREAT, 0o600), number)
        os.environ.clear()
        os.environ.update(asked["env"])
        os.chdir(asked["cwd"])
        sys.argv = [asked["start"], *asked["arguments"]]
        try:
            sys.modules[asked["start"]].main()
            code = 0
        except SystemExit as end:
            code = int(end.code or 0)
        sys.stdout.flush()
        sys.stderr.flush()
    finally:
        os._exit(code)


def serve() -> None:
    """Do what the lines ask for until there are no more."""
    for line in sys.stdin:
        asked = json.loads(line)
        if "wait" in asked:
            answer = os.waitpid(asked["wait"], 0)[1]
        else:
            answer = os.fork()
            if answer == 0:
                _child(asked)
        sys.stdout.write(f"{answer}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    for name in ("bot.cli", "tests.kill.victim", "tests.kill.postman", "tests.kill.courier"):
        import_module(name)  # all that its children will need
    serve()
