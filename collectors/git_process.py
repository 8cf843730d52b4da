"""Run git on a repository that nobody vouches for.

Git never sees the repository's own configuration: it is started on the directory that git_shadow lays.
"""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import tempfile
from asyncio.subprocess import DEVNULL, PIPE, Process
from collections.abc import AsyncGenerator, Awaitable, Iterable, Iterator
from contextlib import aclosing, contextmanager, suppress
from pathlib import Path
from typing import IO, TypeVar

from collectors.git_place import Place, unreadable
from collectors.git_shadow import configure, lay, says_format
from model.errors import SourceChanged, SourceUnavailable
from model.language import Message

# Since 2.39 `git patch-id` tells binary changes and changes of mode apart; before it, work could seem merged.
OLDEST = (2, 39)
_T = TypeVar("_T")
_CHUNK = 16 << 10  # bytes parsed at a time: some 3 ms, in which whoever says something waits
_BUFFER = 1 << 20  # bytes read ahead, so that git works on while a page is stored
_GRACE = 0.1  # seconds; a signal to one that is just ending confuses asyncio's count of children
_MOST_OUTPUT = 64 << 20  # bytes of an answer that is read whole
_ENVIRONMENT = {
    "LC_ALL": "C",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_SYSTEM": "/dev/null",
    "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_ATTR_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_ASKPASS": "/bin/false",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_ALLOW_PROTOCOL": "",
    "GIT_PAGER": "cat",
    "GIT_FLUSH": "0",  # else it flushes after each commit, and we would wake for each
}


class GitFailed(SourceUnavailable):
    """Git ended with an error; `code` is its exit code, negative when a signal ended it."""

    def __init__(self, code: int, path: Path) -> None:
        self.code = code
        if code < 0:
            super().__init__(
                "Git was stopped while it read {path}.", hint=Message("Read the source again."), path=str(path)
            )
        else:
            super().__init__(
                "Git could not read the repository {path}.",
                hint=Message("Run git fsck in it: objects may be damaged or missing, as in a partial clone."),
                path=str(path),
            )


class Git:
    """Git on one repository, made by `opened`; `deadline` is in seconds of the loop's clock, for all calls together."""

    def __init__(self, program: str, place: Place, shadow: Path, deadline: float) -> None:
        self._program, self._place, self._shadow, self._deadline = program, place, shadow, deadline
        self._environment = {
            **_ENVIRONMENT,
            "PATH": os.defpath,
            "HOME": str(shadow),
            "XDG_CONFIG_HOME": str(shadow),
            "GIT_DIR": str(shadow),
            "GIT_OBJECT_DIRECTORY": str(place.common_dir / "objects"),
        }
        if place.worktree:
            self._environment["GIT_WORK_TREE"] = str(place.worktree)

    @property
    def name(self) -> str:
        """Return what the repository is called: its directory's name."""
        return self._place.top.name or "/"

    async def prepare(self) -> None:
        """Lay the shadow directory: our configuration, their HEAD, refs and format; raises SourceUnavailable."""
        file = self._place.common_dir / "config"
        try:
            lay(self._shadow, self._place)
            takes_over = says_format(file)
        except OSError as error:
            raise unreadable(str(self._place.top)) from error
        await self._require_version()
        if takes_over:
            answer = await self.run("config", "--file", str(file), "--no-includes", "--null", "--list")
            configure(self._shadow, self._place, answer)

    def head(self) -> str | None:
        """Return the full name of the branch that HEAD names; None when it is detached."""
        text = (self._shadow / "HEAD").read_bytes().decode("utf-8", "backslashreplace").strip()
        return text.removeprefix("ref:").strip() if text.startswith("ref:") else None

    def cut_at(self, commits: Iterable[str]) -> None:
        """Let history end at these commits, as in a shallow clone, for the calls that follow."""
        (self._shadow / "shallow").write_text("".join(f"{commit}\n" for commit in commits))

    async def run(self, *arguments: str, feed: str = "") -> bytes:
        """Return all that git prints; `feed` is its standard input. Raises SourceUnavailable."""
        out = bytearray()
        async with aclosing(self.stream(*arguments, feed=feed)) as chunks:
            async for chunk in chunks:
                out += chunk
                if len(out) > _MOST_OUTPUT:
                    raise SourceUnavailable("The repository {path} is too large to be read.", path=str(self._place.top))
        return bytes(out)

    async def stream(self, *arguments: str, feed: str = "", then: tuple[str, ...] = ()) -> AsyncGenerator[bytes, None]:
        """Yield what git prints, through a second git `then` if given; close it, and git is killed.

        Raises:
            GitFailed: git ended with an error or by a signal.
            SourceUnavailable: git is not there, or the deadline has passed.
        """
        processes: list[Process] = []
        with _pipe() as (end, out), self._fed(feed) as stdin:
            loop = asyncio.get_running_loop()
            reader = asyncio.StreamReader(limit=_BUFFER)
            transport, _ = await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), end)
            try:
                await self._start(processes, arguments, then, stdin, out)
                out.close()
                while chunk := await self._in_time(reader.read(_CHUNK)):
                    yield chunk
                    await asyncio.sleep(0)  # what was read ahead is given at once: others would never have a turn
                await self._ended(processes)
            finally:
                transport.close()
                await _end(processes)

    async def _start(
        self,
        processes: list[Process],
        first: tuple[str, ...],
        then: tuple[str, ...],
        stdin: IO[bytes] | int,
        out: IO[bytes],
    ) -> None:
        """Start one git, or two in a row."""
        if not then:
            processes.append(await self._spawn(first, stdin, out))
            return
        with _pipe() as (end, between):
            processes.append(await self._spawn(first, stdin, between))
            processes.append(await self._spawn(then, end, out))

    async def _spawn(self, arguments: tuple[str, ...], stdin: IO[bytes] | int, out: IO[bytes]) -> Process:
        try:
            return await asyncio.create_subprocess_exec(
                self._program,
                "--no-pager",
                *arguments,
                stdin=stdin,
                stdout=out,
                stderr=DEVNULL,  # its words are for no one: the exit code decides, and it may name foreign paths
                env=self._environment,
                cwd=self._place.worktree or self._shadow,
            )
        except OSError as error:
            raise missing_git() from error

    @contextmanager
    def _fed(self, feed: str) -> Iterator[IO[bytes] | int]:
        """Lend standard input; a file, so that git may answer before it has read all of it."""
        if not feed:
            yield DEVNULL
            return
        with tempfile.TemporaryFile(dir=self._shadow) as file:
            file.write(feed.encode())
            file.seek(0)
            yield file

    async def _in_time(self, waiting: Awaitable[_T]) -> _T:
        try:
            async with asyncio.timeout_at(self._deadline):
                return await waiting
        except TimeoutError:
            raise SourceUnavailable(
                "Git took too long to read {path}.",
                hint=Message("Read the source again: it goes on where it stopped."),
                path=str(self._place.top),
            ) from None

    async def _ended(self, processes: list[Process]) -> None:
        for process in processes:
            code = await self._in_time(process.wait())
            if code:
                raise GitFailed(code, self._place.top)

    async def _require_version(self) -> None:
        _new_enough(await self.run("version"))


async def git_version() -> str:
    """Return the version of the git installed here; raises SourceUnavailable where it is missing or too old."""
    try:
        process = await asyncio.create_subprocess_exec(
            program(), "version", stdin=DEVNULL, stdout=PIPE, stderr=DEVNULL, env={**_ENVIRONMENT, "PATH": os.defpath}
        )
    except OSError as error:
        raise missing_git() from error
    answer, _ = await process.communicate()
    return _new_enough(answer)


def _new_enough(answer: bytes) -> str:
    said = answer.decode("utf-8", "backslashreplace").strip()[:60]
    found = re.search(r"(\d+)\.(\d+)[\d.]*", said)
    if not found or (int(found[1]), int(found[2])) < OLDEST:
        raise SourceUnavailable(
            "The git installed here is too old: {version}.",
            hint=Message("Install git {oldest} or newer.", {"oldest": ".".join(map(str, OLDEST))}),
            version=said,
        )
    return found[0]


@contextmanager
def in_known_form() -> Iterator[None]:
    """Turn what the parsing inside trips over into SourceChanged."""
    try:
        yield
    except (ValueError, KeyError) as error:
        raise SourceChanged(
            "Git answered in a form that is not known here.",
            hint=Message("Install a newer ARB, or the git of a stable release."),
        ) from error


def missing_git() -> SourceUnavailable:
    """Return the error for a machine without git."""
    return SourceUnavailable(
        "Git is not installed here.", hint=Message("Install the package git, for example: apt install git.")
    )


def program() -> str:
    """Return the path of git; raises SourceUnavailable when there is none."""
    found = shutil.which("git")
    if not found:
        raise missing_git()
    return found


@contextmanager
def _pipe() -> Iterator[tuple[IO[bytes], IO[bytes]]]:
    """Lend a pipe: (reading end, writing end)."""
    reading, writing = os.pipe()
    with os.fdopen(reading, "rb", buffering=0) as end, os.fdopen(writing, "wb", buffering=0) as out:
        yield end, out


async def _end(processes: list[Process]) -> None:
    """See every process out: with its pipe closed git mostly ends by itself; what does not is killed."""
    try:
        async with asyncio.timeout(_GRACE):
            for process in processes:
                await process.wait()
    except TimeoutError:
        pass
    finally:
        for process in processes:
            if process.returncode is None:
                with suppress(ProcessLookupError):
                    os.kill(process.pid, signal.SIGKILL)  # Process.kill would take the exit code from its watcher
        for process in processes:
            await process.wait()
