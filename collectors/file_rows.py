"""What stands in a file, entry by entry: rows of a CSV, elements of a JSON list, lines of JSON."""

from __future__ import annotations

import csv
import io
import os
import stat
from collections.abc import Generator, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from collectors.file_config import FileConfig
from collectors.json_paths import path as way
from collectors.measured import text
from egress import strict
from model.errors import AnswerRefused, SourceChanged, SourceRefused
from model.language import Message

LARGEST = 200 << 20  # bytes of one file
_PIECE = 64 << 10
_LOOKED_AT = 32 << 10  # characters that tell what stands between the fields
_MOST_COLUMNS = 200
_BETWEEN = {"comma": ",", "semicolon": ";", "tab": "\t", "bar": "|"}
_LONGEST_LINE = 1 << 20


def opened(place: Path) -> BinaryIO:
    """Open a plain file; raises SourceRefused where it is none, or too large, or may not be read."""
    try:
        descriptor = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        raise unreadable(place) from None
    file = os.fdopen(descriptor, "rb")
    found = os.fstat(descriptor)
    if not stat.S_ISREG(found.st_mode) or found.st_size > LARGEST:
        file.close()
        raise SourceRefused("{path} is no file of at most {n} MB.", path=str(place), n=LARGEST >> 20)
    return file


def unreadable(place: Path) -> SourceRefused:
    """Return the error for what the system does not let us read."""
    hint = Message("Let the user that ARB runs as read it.")
    return SourceRefused("{path} cannot be read.", hint, path=str(place))


def entries(file: BinaryIO, config: FileConfig) -> Generator[object, None, None]:
    """Yield the entries of a file. Raises SourceChanged, which names the row or the place."""
    try:
        match config.format:
            case "csv":
                with io.TextIOWrapper(file, _encoding(config), newline="") as written:
                    yield from _rows(written, config)
            case "lines":
                with io.TextIOWrapper(file, _encoding(config)) as written:
                    yield from _lines(written)
            case "json":
                yield from _elements(file, config)
    except UnicodeError:
        hint = Message("Say how it is written: encoding=cp949.")
        raise SourceChanged("The file is not written in {encoding}.", hint, encoding=config.encoding) from None
    except AnswerRefused as error:
        raise SourceChanged(error.message.text, error.hint, **error.message.values) from None


def document(file: BinaryIO) -> object:
    """Return a whole JSON document. Raises SourceChanged."""
    try:
        return strict.strict(file.read(LARGEST))
    except AnswerRefused as error:
        raise SourceChanged(error.message.text, error.hint, **error.message.values) from None


def _encoding(config: FileConfig) -> str:
    return "utf-8-sig" if config.encoding == "utf-8" else config.encoding


def _rows(file: io.TextIOWrapper, config: FileConfig) -> Iterator[object]:
    start = file.read(_LOOKED_AT)
    if "\0" in start:
        raise UnicodeError
    file.seek(0)
    reader = csv.reader(file, delimiter=_delimiter(start, config), strict=True)
    try:
        names = _names(next(reader, []))
        for row in reader:
            if not row:
                continue
            if len(row) != len(names):
                said = "Line {n} has {found} fields instead of {of}."
                raise SourceChanged(said, n=reader.line_num, found=len(row), of=len(names))
            yield {name: cell.strip() or None for name, cell in zip(names, row, strict=True)}
    except csv.Error:
        raise SourceChanged("Line {n} is no row of a CSV file.", n=reader.line_num) from None


def _delimiter(start: str, config: FileConfig) -> str:
    if config.delimiter != "auto":
        return _BETWEEN[config.delimiter]
    try:
        return csv.Sniffer().sniff(start, "".join(_BETWEEN.values())).delimiter
    except csv.Error:  # one column, or rows that do not look alike
        return ","


def _names(head: Sequence[str]) -> Sequence[str]:
    names = [name.strip() or f"column{n}" for n, name in enumerate(head, 1)]
    twice = next((name for n, name in enumerate(names) if name in names[:n]), None)
    if twice is not None:
        raise SourceChanged("Two columns are called {name}.", name=text(twice))
    if not names or len(names) > _MOST_COLUMNS:
        raise SourceChanged("The file has {n} columns; up to {most} are read.", n=len(names), most=_MOST_COLUMNS)
    return names


def _lines(file: io.TextIOWrapper) -> Iterator[object]:
    number = 0
    while line := file.readline(_LONGEST_LINE):
        number += 1
        if not line.strip():
            continue
        try:
            yield strict.strict(line.encode())
        except AnswerRefused:
            raise SourceChanged("Line {n} is no JSON.", n=number) from None


def _elements(file: BinaryIO, config: FileConfig) -> Iterator[object]:
    reader = strict.Elements(way(config.records), ())
    first = file.read(_PIECE).removeprefix(b"\xef\xbb\xbf")
    yield from reader.feed(first)
    while piece := file.read(_PIECE):
        yield from reader.feed(piece)
    yield from reader.finish()
    if not reader.is_there:
        raise SourceChanged("The file has no list at {path}.", path=config.records)
