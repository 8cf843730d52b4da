"""CSV and JSON files: what stands in them is read when they have changed, and whole or not at all."""

from __future__ import annotations

import asyncio
import json
import os
import re
from collections.abc import AsyncGenerator, Generator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from itertools import islice
from pathlib import Path
from typing import ClassVar

from pydantic import BaseModel, JsonValue

from collectors.data_place import place_of
from collectors.file_config import FileConfig
from collectors.file_rows import document, entries, opened, unreadable
from collectors.json_values import Elements, samples
from collectors.measured import number, stands_at
from model.errors import SourceError, SourceRefused, SourceUnavailable
from model.form import Unfit
from model.language import Message
from model.record import Page, Record
from model.source import Reach
from model.window import Window

_BATCH = 1000  # records of one page
_TRIED = 100  # entries that a check looks at
_MOST_FILES = 500  # of a folder
_MOST = 2_000_000  # entries
_SUFFIXES = {"csv": (".csv", ".tsv", ".txt"), "json": (".json",), "lines": (".jsonl", ".ndjson")}
_COMMA = re.compile(r"[+-]?[0-9]+(?:,[0-9]+)?")


class FileCollector:
    """Reads a file, or each file of a folder, once to see that all of it is right and once to keep it."""

    kind: ClassVar[str] = "file"
    Config: ClassVar[type[BaseModel]] = FileConfig

    def __init__(self, config: BaseModel, reach: Reach) -> None:
        self._config = config if isinstance(config, FileConfig) else FileConfig.model_validate(config.model_dump())
        self._reach = reach

    def kept(self) -> Mapping[str, JsonValue]:
        """Return the configuration to keep, the path of it whole."""
        return {**self._config.kept(), "path": str(place_of(self._config.path, self._reach))}

    async def check(self) -> Sequence[Message]:
        """Return what keeps it from being read; of each file the first entries are looked at."""
        try:
            await asyncio.to_thread(self._try)
        except SourceError as error:
            return (error.message,) if error.hint is None else (error.message, error.hint)
        return ()

    async def collect(self, window: Window | None, cursor: str | None) -> AsyncGenerator[Page, None]:
        """Yield what stands in the files, if they have changed since; raises SourceError."""
        files = await asyncio.to_thread(self._files)
        state = json.dumps([_state(file) for file in files])
        if not self._config.of_entries:
            yield Page(tuple(await asyncio.to_thread(self._figures, files[0], window)), state)
            return
        if state == cursor:
            yield Page((), state)
            return
        await asyncio.to_thread(self._count, files)
        restart = True
        with closing(self._records(files)) as records:
            while batch := await asyncio.to_thread(lambda: list(islice(records, _BATCH))):
                yield Page(tuple(batch), "", restart=restart)  # what is half read is nothing: it is read anew
                restart = False
        if json.dumps([_state(file) for file in files]) != state:
            raise SourceUnavailable("{path} was written while it was read.", path=self._config.path)
        gauges = tuple(total.gauge(None) for total in self._config.totals)
        yield Page(gauges, state, restart=restart)

    def _try(self) -> None:
        for file in self._files():
            if self._config.of_entries:
                with closing(self._records([file])) as records:
                    list(islice(records, _TRIED))
            else:
                self._figures(file, None)

    def _files(self) -> list[Path]:
        """Return the files, in order; raises SourceRefused."""
        place = place_of(self._config.path, self._reach)
        if not place.is_dir():
            return [place]
        if not self._config.of_entries:
            raise SourceRefused("Figures are read of one file: {path} is a folder.", path=str(place))
        suffixes = _SUFFIXES[self._config.format]
        try:
            found = sorted(one for one in place.iterdir() if one.suffix.lower() in suffixes and one.is_file())
        except OSError:
            raise unreadable(place) from None
        if not found or len(found) > _MOST_FILES:
            said = "{path} holds {n} files ending in {suffixes}; 1 to {most} are read."
            ends = ", ".join(suffixes)
            raise SourceRefused(said, path=str(place), n=len(found), suffixes=ends, most=_MOST_FILES)
        return [place_of(str(one), self._reach) for one in found]

    def _records(self, files: Sequence[Path]) -> Generator[Record, None, None]:
        made = Elements(self._config, number_of=self._number)
        for file in files:
            made.count = 0
            made.whenever = datetime.fromtimestamp(_found(file).st_mtime, UTC)
            made.of_file = file.name if len(files) > 1 else ""
            yield from self._of_file(file, made)

    def _of_file(self, file: Path, made: Elements) -> Generator[Record, None, None]:
        with closing(opened(file)) as open_file, closing(entries(open_file, self._config)) as found:
            for element in found:
                record = made.record(element)
                if record is not None:
                    yield record

    def _count(self, files: Sequence[Path]) -> None:
        """Read all of it once; raises SourceError where anything of it is not right."""
        if sum(1 for _ in self._records(files)) > _MOST:
            raise SourceRefused("{path} holds more than {most} entries.", path=self._config.path, most=_MOST)

    def _figures(self, file: Path, window: Window | None) -> list[Record]:
        now = self._reach.clock.now()
        at = now if window is None else stands_at(now, window)
        gauges = [replace(figure, how="last").gauge(query=query) for figure, query in self._config.measured]
        with closing(opened(file)) as open_file:
            found = document(open_file)
        return gauges if at is None else [*gauges, *samples(self._config.measured, found, at, at)]

    def _number(self, given: object) -> Decimal:
        if self._config.decimal == "comma" and isinstance(given, str):
            if not _COMMA.fullmatch(given.strip()):
                raise Unfit("it is no number")
            given = given.replace(",", ".")
        return number(given)


def _found(file: Path) -> os.stat_result:
    try:
        return file.stat()
    except OSError:
        raise SourceRefused("There is no file {path}.", path=str(file)) from None


def _state(file: Path) -> tuple[str, int, int, int, int]:
    """Return what changes with a file."""
    found = _found(file)
    return file.name, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
