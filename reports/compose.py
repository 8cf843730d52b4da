"""Compose the card of a run: the template's sections in order, each made of facts, findings and checked sentences."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import timedelta

from analyzers import CODE
from analyzers.branches import as_of
from analyzers.filters import filtered
from analyzers.metrics import GROUPS, group_label, label_of
from analyzers.working import working_days_since
from model.card import (
    Block,
    Card,
    Fields,
    Figure,
    Heading,
    Item,
    Items,
    Line,
    Span,
    Style,
    Table,
    Text,
    text_line,
)
from model.language import Language, Message
from model.ledger import Fact, Finding, Ledger
from model.record import Branch
from model.report import (
    ChartSection,
    FiguresSection,
    HappenedSection,
    ItemsSection,
    ListingSection,
    OwnSection,
    Section,
    Snapshot,
    TableSection,
    TextSection,
)
from model.words import Checked
from reports.carry import followed, open_for
from reports.covered import coverage_footer, not_read
from reports.daily import daily
from reports.grouped import grouped
from reports.lateness import late_lines
from reports.listings import listing_blocks
from reports.narrating import remark_blocks
from reports.notes import notes_of
from reports.targets import standings_of, target_blocks
from reports.textdata import text_data
from reports.views import filter_line, sections_of
from writers.process import RenderProcess

_NOTHING = Message("None of the sources that were read holds anything that this report shows.")
_WORK = ("commits", "opened_pull_requests", "merged_pull_requests", "review_count", "opened_issues", "closed_issues")


@dataclass(frozen=True, slots=True)
class _Desk:
    """All that a section is made of."""

    snapshot: Snapshot
    ledger: Ledger
    checked: Checked
    language: Language
    render: RenderProcess

    @property
    def empty(self) -> bool:
        """Whether nothing at all happened in the window and before it."""
        facts = [fact for fact in map(self.ledger.of, _WORK) if fact is not None]
        if any(c.kind not in CODE for c in self.ledger.coverage):
            return False
        return all(fact.value == 0 and not fact.before for fact in facts)

    def label(self, metric: str) -> str:
        """Return what people call a metric, by its owner's title if it has one."""
        fact = self.ledger.of(metric)
        return label_of(metric, self.language, "" if fact is None else fact.title)

    def title(self, section: ItemsSection | HappenedSection | ChartSection | TableSection) -> Heading:
        return Heading(section.title.in_(self.language.code))


async def compose(run: str, snapshot: Snapshot, ledger: Ledger, checked: Checked, render: RenderProcess) -> Card:
    """Return the card of run `run` ("": a preview); the same inputs always give the same card. Raises TemplateError."""
    language = Language(snapshot.settings.language, snapshot.window.zone)
    desk = _Desk(snapshot, ledger, checked, language, render)
    sections = sections_of(snapshot.template, snapshot.settings.view)
    blocks: list[Block] = [Text((text_line(line),)) for line in late_lines(snapshot.settings.late, language)]
    blocks += [Text((s.line,)) for s in checked.of("headline")]
    targets = target_blocks(standings_of(snapshot, ledger), language)
    after = _targets_after(sections)
    if after is None:
        blocks.extend(targets)
    above = len(blocks)
    for section in sections:
        blocks.extend(await _section(desk, section))
        if section is after:
            blocks.extend(targets)
    if len(blocks) == above and all(source.read for source in ledger.coverage):
        blocks.append(Text((text_line(language.say(_NOTHING)),)))
    counts = filter_line(snapshot.settings, language)
    if counts is not None:
        blocks.append(Text((text_line(counts),)))
    blocks += remark_blocks(checked.aside, ledger, language)
    blocks.append(coverage_footer(snapshot, ledger, sections, run, language))
    return Card(
        title=f"{snapshot.template.title.in_(language.code)} · {snapshot.window.spoken(language)}",
        subtitle=", ".join(c.name for c in ledger.coverage),
        blocks=tuple(blocks),
        language=language.code,
        notes=notes_of(blocks, snapshot, ledger, language),
        run=run or None,
    )


def _targets_after(sections: Sequence[Section]) -> Section | None:
    """Return the section of figures that the targets follow; None: they come first."""
    return next((section for section in sections if isinstance(section, FiguresSection)), None)


async def _section(desk: _Desk, section: Section) -> Iterable[Block]:
    match section:
        case FiguresSection():
            return _figures(desk, section)
        case ItemsSection():
            return _items(desk, section)
        case HappenedSection():
            return _happened(desk, section)
        case ChartSection():
            return _chart(desk, section)
        case TableSection():
            return _table(desk, section)
        case TextSection():
            return await _text(desk, section)
        case OwnSection():
            return _own(desk, section)
        case ListingSection():
            return listing_blocks(section, filtered(desk.snapshot), desk.language)


def _figures(desk: _Desk, section: FiguresSection) -> Iterable[Block]:
    facts = [f for f in (desk.ledger.of(m) for m in section.metrics) if f is not None and f.value is not None]
    if desk.empty or not facts:
        return ()
    language = desk.language
    return (Fields(tuple((label_of(f.metric, language, f.title), with_change(f, language)) for f in facts)),)


def _own(desk: _Desk, section: OwnSection) -> Iterable[Block]:
    facts = [f for f in desk.ledger.facts if f.title and not f.labels and f.value is not None][: section.most]
    if not facts:
        return ()
    heading = () if section.title is None else (Heading(section.title.in_(desk.language.code)),)
    return (*heading, Fields(tuple((f.title, with_change(f, desk.language)) for f in facts)))


def with_change(fact: Fact, language: Language) -> Line:
    """Return a figure and its change; what is counted stands in the label already: "Active days 3 (+2)"."""
    if fact.value is None:
        return text_line("–")
    unit = fact.unit.bare
    figure = Figure(language.figure(fact.value, unit), fact.id)
    if fact.before is None:
        return (figure,)
    return text_line(figure, f" ({language.change(fact.value, fact.before, unit)})")


def _items(desk: _Desk, section: ItemsSection) -> Iterable[Block]:
    findings = desk.ledger.findings[: section.most]
    over = followed(desk.snapshot, desk.ledger, desk.language)
    if not findings and not over:
        return ()
    blocks: list[Block] = [desk.title(section), *(Text((s.line,)) for s in desk.checked.of("needs"))]
    if findings:
        blocks.append(Items(tuple(_item(desk, f) for f in findings)))
    if over:
        blocks.append(Text(tuple(text_line(line) for line in over), bullets=True))
    return (*blocks, *not_read(desk.ledger, desk.language))


def _item(desk: _Desk, finding: Finding) -> Item:
    language, branch = desk.language, finding.record.body
    if not isinstance(branch, Branch):
        return Item((Span(finding.record.title, url=finding.record.url),), (), f"{finding.priority:.2f}")
    parts = [
        language.say(
            Message("{n} {n:commit|commits} that {main} lacks", {"n": branch.ahead, "main": _main(desk, finding)})
        ),
        _rest(desk, branch),
        *filter(None, [open_for(desk.snapshot, finding, language)]),
    ]
    if desk.snapshot.settings.people:
        parts.insert(0, branch.author)
    if len(desk.ledger.coverage) > 1:
        parts.insert(0, next(c.name for c in desk.ledger.coverage if c.source == finding.source))
    line = (Span(finding.record.title, Style.STRONG, finding.record.url),)
    return Item(line, text_line(" · ".join(parts)), f"{finding.priority:.2f}")


def _rest(desk: _Desk, branch: Branch) -> str:
    """Say for how long nobody has touched a branch: in working days, where there was one since."""
    days = working_days_since(branch.tip_at, desk.snapshot)
    if days:
        return desk.language.say(Message("no commit for {n} {n:working day|working days}", {"n": days}))
    age = max(timedelta(0), as_of(desk.snapshot) - branch.tip_at)
    return desk.language.say(Message("last touched {ago} ago", {"ago": desk.language.ago(age)}))


def _main(desk: _Desk, finding: Finding) -> str:
    for source, record in desk.snapshot.records:
        if source == finding.source and record.body.kind == "repository":
            return record.body.main or "main"
    return "main"


def _happened(desk: _Desk, section: HappenedSection) -> Iterable[Block]:
    said = [s for part in section.parts for s in desk.checked.of(part)][: section.most]
    if not said:
        return ()
    return desk.title(section), Text(tuple(s.line for s in said), bullets=True)


def _chart(desk: _Desk, section: ChartSection) -> Iterable[Block]:
    title, by, language = section.title.in_(desk.language.code), section.by, desk.language
    if desk.empty:
        return ()
    if by == "author" and not desk.snapshot.settings.people:
        groups = GROUPS.get(section.metric, ())
        by = next((one for one in ("path", "repository") if one in groups), "day")
        title = f"{desk.label(section.metric)} · {label_of(by, language)}"
    if by == "day":
        chart = daily(desk.ledger, section.metric, title, language)
    else:
        chart = grouped(desk.ledger, section.metric, by, title, language)
    return () if chart is None else (chart,)


def _table(desk: _Desk, section: TableSection) -> Iterable[Block]:
    if section.by == "author" and not desk.snapshot.settings.people:
        return ()
    first = [f for f in desk.ledger.by(section.metrics[0], section.by) if f.value]
    if not first:
        return ()
    language = desk.language
    rows = []
    for lead in first[: section.most]:
        name = lead.labels[0][1]
        facts = [desk.ledger.of(metric, **{section.by: name}) for metric in section.metrics]
        rows.append(
            (
                text_line(group_label(name, language)),
                *(with_change(f, language) if f else text_line("–") for f in facts),
            )
        )
    head = (label_of(section.by, language), *map(desk.label, section.metrics))
    blocks: list[Block] = [desk.title(section), Table(head, tuple(rows), frozenset(range(1, len(head))))]
    if len(first) > section.most:
        more = Message("and {n} more", {"n": len(first) - section.most})
        blocks.append(Text((text_line(language.say(more)),)))
    return blocks


async def _text(desk: _Desk, section: TextSection) -> Iterable[Block]:
    source = desk.snapshot.template.texts[section.file]
    data = text_data(filtered(desk.snapshot), desk.ledger, desk.language)
    name = f"{desk.snapshot.template.name}/{section.file}"
    blocks = await desk.render.template(source, data, name=name)
    if not blocks:
        return ()
    heading = (Heading(section.title.in_(desk.language.code)),) if section.title else ()
    return (*heading, *blocks)
