"""What each column holds of people: whoever adds a column says so here, or the build fails."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from enum import StrEnum

from sqlalchemy import Column, LargeBinary, Table

from storage.tables import METADATA


class Holds(StrEnum):
    """What a column holds."""

    PERSONAL = "personal"  # a person's own words about himself
    CONTENT = "content"  # what people wrote or did: names may stand in it
    SEALED = "sealed"  # sealed, or a key
    ID = "id"  # made by us
    OPERATIONAL = "operational"  # how things stand: no person's words


COLUMNS: Mapping[str, Mapping[Holds, str]] = {
    "workspaces": {
        Holds.ID: "id",
        Holds.CONTENT: "settings",
        Holds.OPERATIONAL: "platform account created audit_anchor",
    },
    "accounts": {Holds.ID: "workspace_id", Holds.OPERATIONAL: "platform account"},
    "members": {
        Holds.ID: "id workspace_id merged",
        Holds.PERSONAL: "name language zone preferences",
        Holds.OPERATIONAL: "role created erased standing gone",
    },
    "identities": {
        Holds.ID: "workspace_id member_id",
        Holds.PERSONAL: "account_user",
        Holds.OPERATIONAL: "platform chosen gone look",
    },
    "sources": {
        Holds.ID: "number id workspace_id member_id",
        Holds.CONTENT: "name problem",
        Holds.SEALED: "config",
        Holds.OPERATIONAL: "kind added cursor last_good problem_since reading failing told",
    },
    "records": {
        Holds.ID: "workspace_id source",
        Holds.CONTENT: "key actor title url body",
        Holds.OPERATIONAL: "kind at ended",
    },
    "runs": {
        Holds.ID: "number id workspace_id name sources source_set cause member_id report_id schedule_id",
        Holds.CONTENT: "template settings failure destinations",
        Holds.OPERATIONAL: "window_start window_end zone state created finished hash owner lease_until fence "
        "attempts erased slot",
    },
    "steps": {Holds.ID: "run_id workspace_id", Holds.CONTENT: "data", Holds.OPERATIONAL: "name finished seconds"},
    "actions": {Holds.ID: "id workspace_id member_id", Holds.SEALED: "action place form", Holds.OPERATIONAL: "expires"},
    "inbox": {
        Holds.ID: "workspace_id event member_id",
        Holds.SEALED: "said",
        Holds.OPERATIONAL: "owner done received",
    },
    "blobs": {Holds.ID: "workspace_id id", Holds.CONTENT: "data", Holds.OPERATIONAL: "stored"},
    "reports": {
        Holds.ID: "id workspace_id member_id",
        Holds.CONTENT: "name definition",
        Holds.OPERATIONAL: "state created changed deleted",
    },
    "report_shares": {Holds.ID: "report_id member_id workspace_id", Holds.OPERATIONAL: "may"},
    "templates": {
        Holds.ID: "id workspace_id member_id",
        Holds.CONTENT: "name",
        Holds.OPERATIONAL: "version shared created deleted",
    },
    "template_versions": {
        Holds.ID: "template_id workspace_id member_id",
        Holds.CONTENT: "manifest",
        Holds.OPERATIONAL: "version written",
    },
    "targets": {Holds.ID: "workspace_id member_id", Holds.OPERATIONAL: "metric keep bound set"},
    "link_codes": {
        Holds.ID: "workspace_id member_id",
        Holds.SEALED: "code",
        Holds.PERSONAL: "proves",
        Holds.OPERATIONAL: "expires opens",
    },
    "person_keys": {Holds.ID: "workspace_id member_id", Holds.SEALED: "key"},
    "audit": {
        Holds.ID: "workspace_id number member_id event",
        Holds.SEALED: "said",
        Holds.OPERATIONAL: "at command outcome hash",
    },
    "progress": {Holds.ID: "run_id workspace_id", Holds.OPERATIONAL: "step done of at"},
    "schedules": {
        Holds.ID: "id workspace_id member_id number report_id",
        Holds.CONTENT: "said destinations why_paused",
        Holds.OPERATIONAL: "rule zone country on_holiday wishes state next_slot next_due created restored",
    },
    "slots": {
        Holds.ID: "schedule_id workspace_id run_id",
        Holds.CONTENT: "reason",
        Holds.OPERATIONAL: "slot due state decided",
    },
    "destinations": {
        Holds.ID: "id workspace_id member_id",
        Holds.CONTENT: "name problem account target",
        Holds.SEALED: "config",
        Holds.OPERATIONAL: "kind thread added paused",
    },
    "deliveries": {
        Holds.ID: "number id workspace_id run_id root",
        Holds.CONTENT: "account target payload failure",
        Holds.OPERATIONAL: "part platform thread language wanted shown state priority created not_before attempts "
        "began owner lease_until fence receipt repeated doubt settled",
    },
    "places": {
        Holds.ID: "workspace_id",
        Holds.CONTENT: "account target",
        Holds.OPERATIONAL: "platform free_at refusals closed",
    },
    "installations": {
        Holds.ID: "workspace_id",
        Holds.CONTENT: "problem",
        Holds.SEALED: "tokens",
        Holds.OPERATIONAL: "turn scopes installed expires renews closed owner lease_until fence",
    },
    "install_states": {Holds.SEALED: "state browser", Holds.OPERATIONAL: "expires"},
    "models": {
        Holds.ID: "id workspace_id member_id",
        Holds.CONTENT: "name",
        Holds.SEALED: "config",
        Holds.OPERATIONAL: "kind added",
    },
    "usage": {
        Holds.ID: "id workspace_id member_id run_id",
        Holds.OPERATIONAL: "model asked state micros fresh cached kept said",
    },
    "api_keys": {
        Holds.ID: "id workspace_id member_id",
        Holds.CONTENT: "name",
        Holds.SEALED: "digest old_digest",
        Holds.OPERATIONAL: "mark old_until may made expires revoked used requests warned",
    },
    "hooks": {
        Holds.ID: "id workspace_id member_id source_id",
        Holds.SEALED: "secret",
        Holds.OPERATIONAL: "made",
    },
    "pushed": {
        Holds.ID: "workspace_id hook_id event number",
        Holds.SEALED: "body",
        Holds.OPERATIONAL: "kind digest done unread received",
    },
    "caps_told": {Holds.ID: "workspace_id", Holds.OPERATIONAL: "cap period"},
    "probes": {
        Holds.ID: "source_id workspace_id",
        Holds.CONTENT: "state",
        Holds.OPERATIONAL: "next_due owner lease_until fence",
    },
    "questions": {
        Holds.ID: "number id workspace_id member_id run_id event delivery_id",
        Holds.SEALED: "said",
        Holds.OPERATIONAL: "seat state asked finished owner lease_until fence attempts",
    },
    "duties": {Holds.OPERATIONAL: "name done problem mark owner lease_until fence"},
    "owners": {Holds.ID: "id", Holds.OPERATIONAL: "lease_until"},
}


def holds(table: Table) -> Mapping[str, Holds]:
    """Return what each column of a table holds."""
    return {name: what for what, names in COLUMNS[table.name].items() for name in names.split()}


def of_class(table: Table, what: Holds) -> tuple[Column[object], ...]:
    """Return the columns of a table that hold one kind of thing."""
    return tuple(table.c[name] for name in COLUMNS[table.name].get(what, "").split())


def texts() -> Iterator[tuple[Table, tuple[Column[object], ...]]]:
    """Yield each table with those of its columns that hold readable text of people's."""
    for table in METADATA.sorted_tables:
        columns = tuple(c for c in of_class(table, Holds.CONTENT) if not isinstance(c.type, LargeBinary))
        if columns:
            yield table, columns
