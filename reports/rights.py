"""Who may do what with a saved report."""

from __future__ import annotations

from model.member import Member, Role
from model.report import Report


def may_edit(report: Report, member: Member) -> bool:
    """Tell whether a member may change a report that he sees."""
    return member.role >= Role.ADMIN or report.owner == member.id or report.shares.get(member.id) == "edit"


def may_post(report: Report, member: Member) -> bool:
    """Tell whether a member may post a report that he sees: as an editor of the workspace, and of the report."""
    return member.role >= Role.EDITOR and may_edit(report, member)
