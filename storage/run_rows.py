"""A run as its row holds it."""

from __future__ import annotations

import json
from functools import lru_cache

from pydantic import TypeAdapter
from sqlalchemy import Row

from model.delivery import Address
from model.ids import EventId, MemberId, ReportId, RunId, ScheduleId, SourceId, WorkspaceId
from model.report import Run, RunState, Settings
from model.window import Window
from storage.messages import load_message

SETTINGS: TypeAdapter[Settings] = TypeAdapter(Settings)
ADDRESSES: TypeAdapter[tuple[Address, ...]] = TypeAdapter(tuple[Address, ...])


@lru_cache(maxsize=256)  # the runs of a report were asked for much the same
def _settings(text: str) -> Settings:
    return SETTINGS.validate_json(text)


@lru_cache(maxsize=256)
def _addresses(text: str) -> tuple[Address, ...]:
    return ADDRESSES.validate_json(text)


def run_of(row: Row[*tuple[object, ...]]) -> Run:
    """Return the run that a row holds."""
    return Run(
        id=RunId(row.id),
        name=row.name,
        workspace=WorkspaceId(row.workspace_id),
        template=row.template,
        sources=tuple(SourceId(id) for id in json.loads(row.sources)),
        window=Window(row.window_start, row.window_end, row.zone),
        settings=_settings(row.settings),
        cause=EventId(row.cause),
        member=MemberId(row.member_id),
        state=RunState(row.state),
        created=row.created,
        finished=row.finished,
        failure=None if row.failure is None else load_message(row.failure),
        hash=row.hash,
        report=None if row.report_id is None else ReportId(row.report_id),
        erased=row.erased,
        destinations=() if row.destinations is None else _addresses(row.destinations),
        schedule=None if row.schedule_id is None else ScheduleId(row.schedule_id),
        slot=row.slot,
    )
