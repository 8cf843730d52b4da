"""What a run is asked to do: what was said now, else what the saved report says, else the workspace."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from model.errors import UsageError
from model.ids import SourceId
from model.language import Code, Message
from model.report import BUILT_IN, Definition, Settings, View
from model.schedule import Lateness
from storage.workspaces import WorkspaceSettings


def settings_of(
    definition: Definition,
    workspace: WorkspaceSettings,
    code: Code,
    *,
    private: bool,
    view: View | None = None,
    people: bool | None = None,
    late: Lateness | None = None,
    anew: bool = False,
) -> Settings:
    """Return a run's settings. `private`: only one person reads it; `code`: the language where the report has none."""
    seen = view or definition.view
    named = next((p for p in (people, definition.people) if p is not None), private or workspace.people_in_channels)
    models = _models(definition, workspace)
    return Settings(
        language=definition.language or code,
        people=named and (seen != "management" or people is True),
        bots=tuple(dict.fromkeys((*workspace.bots, *definition.bots))),
        stale_days=workspace.stale_days,
        weights=definition.weights or workspace.weights,
        filters=definition.filters,
        view=seen,
        instruction=definition.instruction,
        country=workspace.country,
        model=models[0],
        otherwise=models[1:],
        late=late,
        anew=anew,
    )


def _models(definition: Definition, workspace: WorkspaceSettings) -> tuple[str, ...]:
    """Return the models that are asked one after the other: the report's own, then those that are usual here."""
    if definition.model == BUILT_IN or not (definition.model or workspace.models):
        return (BUILT_IN,)
    return tuple(dict.fromkeys(filter(None, (definition.model, *workspace.models))))


def sources_of(own: Sequence[SourceId], there: Collection[SourceId]) -> tuple[SourceId, ...]:
    """Return the sources that a report reads: its own, or all there are. Raises UsageError where one is missing."""
    if not set(own) <= set(there):
        raise UsageError(
            "A source of this report was removed.",
            hint=Message("Choose its sources again: /report edit"),
        )
    if not there:
        raise UsageError(
            "There is no source to report on yet.",
            hint=Message("For example: {example}", {"example": "/source add git name=demo path=."}),
        )
    return tuple(own) or tuple(there)
