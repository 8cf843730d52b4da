"""The stores of one transaction in one workspace: no method takes either, so none can forget it."""

from __future__ import annotations

from storage.actions import Actions
from storage.blobs import Blobs
from storage.inbox import Inbox
from storage.members import Members
from storage.records import Records
from storage.runs import Runs
from storage.sources import Sources
from storage.transaction import Transaction
from storage.workspaces import Workspaces


class Stores:
    """Everything that can be read or written in a transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self.workspaces = Workspaces(transaction)
        self.members = Members(transaction)
        self.sources = Sources(transaction)
        self.records = Records(transaction)
        self.runs = Runs(transaction)
        self.actions = Actions(transaction)
        self.inbox = Inbox(transaction)
        self.blobs = Blobs(transaction)
