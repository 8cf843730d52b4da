"""Every table, by what it is about."""

from __future__ import annotations

from storage.tables.base import METADATA
from storage.tables.collected import BLOBS, RECORDS, SOURCES
from storage.tables.deliveries import DELIVERIES, DESTINATIONS, DUTIES, OWNERS, PLACES, SCHEDULES, SLOTS
from storage.tables.installations import INSTALL_STATES, INSTALLATIONS
from storage.tables.models import CAPS_TOLD, MODELS, USAGE
from storage.tables.people import (
    ACCOUNTS,
    ACTIONS,
    AUDIT,
    IDENTITIES,
    INBOX,
    LINK_CODES,
    MEMBERS,
    PERSON_KEYS,
    WORKSPACES,
)
from storage.tables.probes import PROBES
from storage.tables.questions import QUESTIONS
from storage.tables.reports import PROGRESS, REPORT_SHARES, REPORTS, RUNS, STEPS, TARGETS, TEMPLATE_VERSIONS, TEMPLATES
from storage.tables.wire import API_KEYS, HOOKS, PUSHED

__all__ = [
    "ACCOUNTS",
    "ACTIONS",
    "API_KEYS",
    "AUDIT",
    "BLOBS",
    "CAPS_TOLD",
    "DELIVERIES",
    "DESTINATIONS",
    "DUTIES",
    "HOOKS",
    "IDENTITIES",
    "INBOX",
    "INSTALLATIONS",
    "INSTALL_STATES",
    "LINK_CODES",
    "MEMBERS",
    "METADATA",
    "MODELS",
    "OWNERS",
    "PERSON_KEYS",
    "PLACES",
    "PROBES",
    "PROGRESS",
    "PUSHED",
    "QUESTIONS",
    "RECORDS",
    "REPORTS",
    "REPORT_SHARES",
    "RUNS",
    "SCHEDULES",
    "SLOTS",
    "SOURCES",
    "STEPS",
    "TARGETS",
    "TEMPLATES",
    "TEMPLATE_VERSIONS",
    "USAGE",
    "WORKSPACES",
]
