"""Name people as they chose: where a commit's address is tied to a member, his name stands in the snapshot."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from model.ids import SourceId
from model.language import Language, Message
from model.measured import PERSON, Measured, with_texts
from model.member import ERASED
from model.record import Branch, Commit, Forged, Record
from reports.hiding import masked_names, people_of

Records = tuple[tuple[SourceId, Record], ...]
Firsts = tuple[tuple[SourceId, str, datetime], ...]


def chosen_names(
    records: Records, shown: Mapping[str, str], logins: Mapping[str, str], language: Language
) -> Mapping[str, str]:
    """Return the name to use by the name in the records; `shown` by address in commits, `logins` by login on GitHub.

    A person is a name, so all of a name's commits follow the address that is tied. A name whose addresses are tied to
    several members stays, and nobody gets a name that others in these records write under.
    """
    wanted: dict[str, set[str]] = {}
    for commit in _commits(records):
        wanted.setdefault(commit.author, set()).update({shown[commit.address]} if commit.address in shown else ())
    for login in _logins(records):
        wanted.setdefault(login, set()).update({logins[login.lower()]} if login.lower() in logins else ())
    names = {author: next(iter(tied)) for author, tied in wanted.items() if len(tied) == 1}
    free = {author: name for author, name in names.items() if name not in wanted or name in names}
    hidden = masked_names({*people_of(records)} - set(free))
    return {**hidden, **free, ERASED: language.say(Message("erased person"))}


def renamed(records: Records, names: Mapping[str, str]) -> Records:
    """Return the records with the names to use."""
    return tuple((source, _renamed(record, names)) for source, record in records)


def renamed_firsts(firsts: Iterable[tuple[SourceId, str, datetime]], names: Mapping[str, str]) -> Firsts:
    """Return the earliest commits with the names to use; of two under one name the earlier one."""
    earliest: dict[tuple[SourceId, str], datetime] = {}
    for source, author, at in firsts:
        key = (source, names.get(author, author))
        earliest[key] = min(at, earliest.get(key, at))
    return tuple(sorted((source, author, at) for (source, author), at in earliest.items()))


def _logins(records: Sequence[tuple[SourceId, Record]]) -> Iterable[str]:
    """Yield the names that stand for logins on GitHub; its commits are those of which only the sums are known."""
    for _, record in records:
        body = record.body
        if isinstance(body, Forged) or (isinstance(body, Commit) and body.changes is None and body.lines is not None):
            yield body.author


def _commits(records: Sequence[tuple[SourceId, Record]]) -> Iterable[Commit]:
    return (record.body for _, record in records if isinstance(record.body, Commit))


def _renamed(record: Record, names: Mapping[str, str]) -> Record:
    body = record.body
    if isinstance(body, Measured):
        return replace(
            record, body=with_texts(body, lambda name, text: names.get(text, text) if name == PERSON else text)
        )
    if isinstance(body, Forged):
        return replace(record, body=replace(body, author=names.get(body.author, body.author)))
    match body:
        case Commit():
            together = tuple(names.get(name, name) for name in body.co_authors)
            return replace(record, body=replace(body, author=names.get(body.author, body.author), co_authors=together))
        case Branch():
            return replace(record, body=replace(body, author=names.get(body.author, body.author)))
        case _:
            return record
