"""What a language model makes of a sentence that the grammar does not understand whole: values of a form, all checked.

It may choose among what there is; where a report goes and which repositories count is read off the sentence by code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from analyzers.words.wishing import Wish, read_wish, wish_prompt
from model.errors import NarratorError, UsageError
from model.ids import MemberId, WorkspaceId
from model.window import parse_window
from reports.sentence import Wished, places_in, repositories_in
from reports.steps import Workshop
from reports.telling import Books, Teller
from reports.when import parse_when

_SECONDS = 20.0  # somebody waits for the form
_SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC)  # words for a window are checked against any day


@dataclass(frozen=True, slots=True)
class Understood:
    """What a model understood, and which one it was."""

    wish: Wished
    by: str


async def understood(
    shop: Workshop,
    workspace: WorkspaceId,
    member: MemberId,
    sentence: str,
    templates: Mapping[str, str],
    sources: Sequence[str],
) -> Understood | None:
    """Return what the workspace's models make of a sentence; None where it has none, or none understands it.

    `templates`: what each tells of, by its name. What it costs is in the member's books, and within his caps.
    """
    async with shop.db.read(workspace) as stores:
        settings = await stores.workspaces.settings()
        chain, _ = await shop.models.chain(stores, settings.models)
    shown = [name for name in sources if name not in settings.never_to_model]
    teller = Teller(Books(shop.db, workspace, member, None), shop.models, chain, shop.clock)
    found: Understood | None = None
    for access in chain[:1]:  # a second one would keep people waiting
        try:
            told = await teller.told(access, wish_prompt(sentence, templates, shown), _SECONDS)
            wish = _checked(read_wish(told.text), sentence, templates, shown)
        except NarratorError:
            continue
        found = None if wish is None else Understood(wish, access.model)
    async with shop.db.write(workspace) as stores:
        await teller.along(stores)
    return found


def _checked(wish: Wish, sentence: str, templates: Mapping[str, str], sources: Sequence[str]) -> Wished | None:
    """Return what of an answer may stand in a form; None where it names no template that there is."""
    if wish.template not in templates:
        return None
    return Wished(
        template=wish.template,
        when=wish.when if _is_time(wish.when) else "",
        window=wish.window if _is_window(wish.window) else "",
        destinations=places_in(sentence),
        repositories=repositories_in(sentence),
        rest="",
        sources=tuple(name for name in sources if name in wish.sources),
    )


def _is_time(text: str) -> bool:
    try:
        return bool(text) and parse_when(text) is not None
    except UsageError:
        return False


def _is_window(text: str) -> bool:
    try:
        return bool(text) and parse_window(text, _SOME_DAY, "UTC") is not None
    except UsageError:
        return False
