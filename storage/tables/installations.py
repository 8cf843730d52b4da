"""Workspaces of a platform that have let our app in by themselves, and installations that were begun."""

from __future__ import annotations

from sqlalchemy import Boolean, Column, Index, Integer, LargeBinary, Table

from storage.columns import PlainText, UtcDateTime
from storage.tables.base import METADATA, workspace

INSTALLATIONS = Table(
    "installations",
    METADATA,
    workspace(primary_key=True),
    Column("tokens", LargeBinary),  # sealed; none once they are no good
    Column("turn", Integer, nullable=False),  # which tokens they are: one more each time
    Column("scopes", PlainText, nullable=False),  # as the platform says them
    Column("installed", UtcDateTime, nullable=False),
    Column("expires", UtcDateTime),  # the token that calls are made with; none: never
    Column("renews", Boolean, nullable=False),  # it can be had anew
    Column("closed", UtcDateTime),  # since the app was taken out
    Column("problem", PlainText),  # a Message as JSON: why it was closed, or cannot be had anew
    Column("owner", PlainText),  # who is having it renewed
    Column("lease_until", UtcDateTime),
    Column("fence", Integer, nullable=False),
)

INSTALL_STATES = Table(
    "install_states",
    METADATA,
    Column("state", PlainText, primary_key=True),  # SHA-256 of what goes along with somebody who installs
    Column("browser", PlainText, nullable=False),  # SHA-256 of what his browser keeps meanwhile
    Column("expires", UtcDateTime, nullable=False),
    Index(None, "expires"),
)
