"""The stores of one transaction in one workspace: no method takes either, so none can forget it."""

from __future__ import annotations

from storage.accounts import Accounts
from storage.actions import Actions
from storage.audit import Audit
from storage.blobs import Blobs
from storage.deliveries import Deliveries
from storage.destinations import Destinations
from storage.hooks import Hooks
from storage.inbox import Inbox
from storage.keys import Keys
from storage.members import Members
from storage.models import Models
from storage.people import People
from storage.places import Places
from storage.probes import Probes
from storage.progress import Progresses
from storage.questions import Questions
from storage.receiving import Pushed
from storage.records import Records
from storage.reports import Reports
from storage.results import Results
from storage.retention import Retention
from storage.runs import Runs
from storage.schedules import Schedules
from storage.sources import Sources
from storage.standings import Looks
from storage.targets import Targets
from storage.templates import Templates
from storage.transaction import Transaction
from storage.usage import Usage
from storage.workspaces import Workspaces


class Stores:
    """Everything that can be read or written in a transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self.clock = transaction.clock
        self.beside = transaction.beside
        self.workspaces = Workspaces(transaction)
        self.accounts = Accounts(transaction)
        self.members = Members(transaction)
        self.people = People(transaction)
        self.looks = Looks(transaction)
        self.sources = Sources(transaction)
        self.records = Records(transaction)
        self.results = Results(transaction)
        self.reports = Reports(transaction)
        self.runs = Runs(transaction)
        self.probes = Probes(transaction)
        self.progress = Progresses(transaction)
        self.schedules = Schedules(transaction)
        self.actions = Actions(transaction)
        self.inbox = Inbox(transaction)
        self.keys = Keys(transaction)
        self.hooks = Hooks(transaction)
        self.pushed = Pushed(transaction)
        self.blobs = Blobs(transaction)
        self.deliveries = Deliveries(transaction)
        self.places = Places(transaction)
        self.audit = Audit(transaction)
        self.targets = Targets(transaction)
        self.templates = Templates(transaction)
        self.retention = Retention(transaction)
        self.models = Models(transaction)
        self.usage = Usage(transaction)
        self.questions = Questions(transaction)
        self.destinations = Destinations(transaction)
