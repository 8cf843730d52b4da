"""Which of two states of the same thing is kept: pushes come in any order, and a reading may be older than a push.

Whatever the order in which two pushes come, the same record is left.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from model.measured import Gauge
from model.record import Commit, Deployment, Issue, PullRequest, Record, Release, Review, WorkflowRun

_T = TypeVar("_T", PullRequest, Issue)


def kept(old: Record, new: Record, *, read: bool) -> Record:
    """Return what is kept of two states of one thing; `read`: the new one was read, and is whole."""
    match old.body, new.body:
        case (PullRequest() as before, PullRequest() as now):
            later = _later(old, new, before, now, read=read)
            pull = now if later is new else before
            first = _first(before.first_review_at, now.first_review_at)
            return replace(later, body=replace(pull, first_review_at=first))
        case (Issue() as before, Issue() as now):
            later = _later(old, new, before, now, read=read)
            issue = now if later is new else before
            return replace(later, body=replace(issue, responded_at=_first(before.responded_at, now.responded_at)))
        case (Review() as before, Review() as now):
            return old if before.verdict == "dismissed" and now.verdict != "dismissed" else new
        case (Release(), Release()):
            return new if read else old  # a release does not say when it was changed
        case (Deployment() as before, Deployment() as now):
            later = _settled(old, new)
            deployment = now if later is new else before
            committed = now.committed_at or before.committed_at
            return replace(later, body=replace(deployment, committed_at=committed))
        case (WorkflowRun(), WorkflowRun()):
            return _settled(old, new)
        case (Commit() as before, Commit() as now):
            return old if _is_whole(before) and not _is_whole(now) else new
        case (Gauge() as before, Gauge() as now) if not read:  # each push knows the dimensions of its own entries
            return replace(new, body=replace(now, by=tuple(sorted({*before.by, *now.by}))))
        case _:
            return new


def like_its_pull(review: Record, pull: Record) -> Record:
    """Return a review with the title and the labels that its pull request has by now."""
    if isinstance(review.body, Review) and isinstance(pull.body, PullRequest):
        return replace(review, title=pull.title, body=replace(review.body, labels=pull.body.labels))
    return review


def _later(old: Record, new: Record, before: _T, now: _T, *, read: bool) -> Record:
    if before.updated != now.updated:
        return new if now.updated > before.updated else old
    # GitHub counts in seconds: of two states within one, that which has ended, else any, but always the same
    return new if read or _rank(new) > _rank(old) else old


def _rank(record: Record) -> tuple[bool, str]:
    return record.ended is not None, repr(record)


def _settled(old: Record, new: Record) -> Record:
    """Return the state that was settled last; what is not settled says nothing of when it was so."""
    if old.ended is None or new.ended is None:
        return old if old.ended is not None else new
    return old if (old.ended, repr(old)) > (new.ended, repr(new)) else new


def _first(one: datetime | None, other: datetime | None) -> datetime | None:
    return min(filter(None, (one, other)), default=None)


def _is_whole(commit: Commit) -> bool:
    return commit.changes is not None or commit.lines is not None
