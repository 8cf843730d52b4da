"""Reports as files in a folder: written whole or not at all, so that a repeat is the same file."""

from __future__ import annotations

import asyncio
import errno
import os
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, ClassVar, Literal, TypeVar

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from model.card import CARD, Card, Text, files_of, text_line
from model.clock import Clock
from model.delivery import Address, Payload, Platform, Receipt
from model.errors import DestinationRefused, DestinationUnavailable, UsageError
from model.form import Option
from model.ids import DeliveryId, row_id
from model.language import Code, Language, Message
from writers import html, markdown, plain
from writers.document import document, dumped
from writers.folders import opened, put, sweep, there, under
from writers.webhook import Configs, config_at

Form = Literal["md", "html", "json", "txt"]
_T = TypeVar("_T")

_FORMS: Mapping[Form, Callable[[Card], bytes]] = {
    "md": lambda card: markdown.render(card).encode("utf-8", "replace"),
    "html": lambda card: html.render(card).encode("utf-8", "replace"),
    "json": lambda card: dumped(document(card)) + b"\n",
    "txt": lambda card: plain.render(card).encode("utf-8", "replace"),
}
_PLAIN = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_LATER = (errno.ENOSPC, errno.EDQUOT, errno.EIO, errno.EROFS, errno.ENOENT, errno.EMFILE, errno.ENFILE, errno.ESTALE)


class FileConfig(BaseModel):
    """Which folder, and what kind of file."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)
    folder: Annotated[str, Field(max_length=1000), Option(Message("Folder"), example="weekly")] = ""
    form: Annotated[Form, Option(Message("Kind of file"))] = "md"


class Files:
    """Writes into folders under the roots that the operator has given, the first of which is the usual one."""

    platform: ClassVar[Platform] = Platform.FILE
    Config: ClassVar[type[BaseModel]] = FileConfig

    def __init__(self, roots: Sequence[Path], clock: Clock, configs: Configs) -> None:
        self._roots, self._clock, self._configs = tuple(roots), clock, configs

    async def kept(self, given: Mapping[str, JsonValue]) -> Mapping[str, JsonValue]:
        """Return the configuration to keep; the folder is made. Raises UsageError."""
        config = FileConfig.model_validate(given)
        try:
            await asyncio.to_thread(self._in_folder, config, lambda _: None)
        except (DestinationRefused, DestinationUnavailable) as error:
            raise UsageError("{problem}", hint=error.hint, problem=error.message) from None
        return config.model_dump()

    def render(self, card: Card) -> tuple[Payload, ...]:
        """Return the card, to be laid out as the kind of file that the destination wants."""
        degraded = ("attachments",) if files_of(card) else ()
        bare = replace(card, actions=(), attachments=())
        return (Payload({"card": CARD.dump_python(bare, mode="json")}, degraded=degraded),)

    async def send(self, to: Address, payload: Payload, key: DeliveryId, root: Receipt | None = None) -> Receipt:  # noqa: ARG002
        """Write the file of this key, in place of an earlier try. Raises DeliveryError."""
        config, card = await self._config(to), CARD.validate_python(payload.body["card"])
        return await self._write(config, f"{_run_of(card)}-{key}.{config.form}", card)

    async def edit(self, to: Address, at: Receipt, payload: Payload) -> Receipt:
        """Write another file in the place of one. Raises DeliveryError."""
        return await self._write(await self._config(to), at.message, CARD.validate_python(payload.body["card"]))

    async def find(self, to: Address, key: DeliveryId, since: datetime, root: Receipt | None = None) -> Receipt | None:  # noqa: ARG002
        """Return the receipt of a file of this key; None: it is not there. Raises DestinationUnavailable."""
        config = await self._config(to)
        names = await asyncio.to_thread(self._in_folder, config, os.listdir)
        ending = re.compile(rf"-{re.escape(key)}\.(?:md|html|json|txt)")
        found = next((name for name in sorted(names) if ending.search(name) and not name.startswith(".")), None)
        if found is None or not await asyncio.to_thread(self._in_folder, config, lambda folder: there(folder, found)):
            return None
        return Receipt(config.folder, found, self._clock.now())

    def repeated(self, payload: Payload, language: Code) -> Payload:
        """Return the payload marked as a possible repeat."""
        card = CARD.validate_python(payload.body["card"])
        mark = Text((text_line(Language(language).say(Message("Possible repeat: it may have been written before."))),))
        return replace(self.render(replace(card, blocks=(mark, *card.blocks)))[0], degraded=payload.degraded)

    async def _write(self, config: FileConfig, name: str, card: Card) -> Receipt:
        form = next((form for form in _FORMS if name.endswith(f".{form}")), config.form)
        if not _PLAIN.fullmatch(name):
            raise DestinationRefused("{name} is no name of a file.", name=name)

        def write(folder: int) -> bool:
            sweep(folder, f".{name}.")
            return put(folder, name, f".{name}.{row_id()}", _FORMS[form](card))

        certain = await asyncio.to_thread(self._in_folder, config, write)
        if not certain:
            raise DestinationUnavailable("The disk does not say whether the file is safe.", ambiguous=True)
        return Receipt(config.folder, name, self._clock.now())

    def _in_folder(self, config: FileConfig, work: Callable[[int], _T]) -> _T:
        """Do something in the destination's folder; what the disk says becomes a verdict."""
        found = under(self._roots, config.folder)
        if found is None:
            raise DestinationRefused("The folder lies outside those that may be written to.", hint=_ROOTS)
        try:
            with opened(*found, make=True) as folder:
                return work(folder)
        except OSError as error:
            reason = os.strerror(error.errno) if error.errno else "?"
            if error.errno in _LATER:
                raise DestinationUnavailable(
                    "The folder cannot be written to: {reason}.", hint=_DISK, reason=reason
                ) from None
            raise DestinationRefused("The folder cannot be written to: {reason}.", hint=_DISK, reason=reason) from None

    async def _config(self, to: Address) -> FileConfig:
        return FileConfig.model_validate(await config_at(self._configs, to))


_ROOTS = Message("Give a folder's name, such as weekly; the operator opens others in ARB_FILE_ROOTS.")
_DISK = Message("Look at the folder: whether it is there, not full, no link, and ARB may write to it.")


def _run_of(card: Card) -> str:
    return card.run if card.run is not None and re.fullmatch(r"[0-9A-Z]{1,20}", card.run) else "card"
