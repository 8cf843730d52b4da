"""The templates that come with ARB, and what a broken one says."""

from collections.abc import Sequence
from pathlib import Path

import pytest
from pydantic import JsonValue

from analyzers import ledger_of, versions
from model.card import Text, plain
from model.clock import SystemClock
from model.errors import TemplateError, UnknownName
from model.report import ChartSection, FiguresSection, Settings, Snapshot, TableSection, TextSection
from model.window import parse_window
from reports.sample import MADE_UP, WEEK, sample_for
from reports.templates import builtin, read, template
from tests.reports.golden import FOLDER, pictures
from writers.process import RenderProcess, Written

GOOD = 'window = "7d"\ntitle = {en = "a", ko = "b"}\ndescription = {en = "a", ko = "b"}\n'
TEXT = '[[sections]]\nshow = "text"\nfile = "a.md"\n'


def shown(made: Written) -> list[str]:
    return [plain(line) for block in made if isinstance(block, Text) for line in block.lines]


def data(language: str, commits: Sequence[JsonValue] = (), branches: Sequence[JsonValue] = ()) -> dict[str, JsonValue]:
    return {
        "language": language,
        "window": {"first": "9 Nov 2026", "last": "9 Nov 2026", "days": 1},
        "facts": {"commits": {"value": 2, "before": None}},
        "commits": list(commits),
        "branches": list(branches),
        "outages": list(branches),
        "patterns": list(branches),
    }


def commit(n: int, author: str | None) -> JsonValue:
    return {"title": f"Fix {n}", "author": author, "key": f"k{n}", "short": f"k{n}", "url": None}


def branch(name: str, ahead: int, age: int) -> JsonValue:
    outage: dict[str, JsonValue] = {
        "check": name,
        "began": "now",
        "lasted": "1 day",
        "over": ahead > 1,
        "trouble": "broke off",
    }
    outage |= {"text": name, "count": ahead, "before": age, "key": name, "url": None}
    return {"title": name, "ahead": ahead, "behind": 0, "age_days": age, **outage}


def test_the_templates_that_come_with_arb() -> None:
    assert list(builtin()) == [
        "business",
        "community",
        "daily",
        "deployments",
        "errors",
        "github",
        "infrastructure",
        "performance",
        "qc",
        "service-health",
        "standup",
        "uptime",
        "weekly",
    ]
    for name, found in builtin().items():
        assert found.name == name
        assert parse_window(found.window, SystemClock().now(), "Asia/Seoul").days()
    assert builtin()["weekly"].sections[0] == FiguresSection(
        show="figures",
        metrics=("commits", "authors", "lines_added", "lines_removed", "files_changed", "active_days"),
    )


def test_each_text_section_has_its_file() -> None:
    for found in builtin().values():
        files = {section.file for section in found.sections if isinstance(section, TextSection)}
        assert set(found.texts) == files


def test_unknown_name_offers_close_ones() -> None:
    with pytest.raises(UnknownName) as caught:
        template("weakly")
    assert caught.value.close == ("weekly",)


@pytest.mark.parametrize("language", ["en", "ko"])
async def test_every_text_section_renders_full_and_empty(language: str) -> None:
    commits = [commit(n, None) for n in range(100)]
    branches = [branch(f"b{n}", n, n) for n in range(9)]
    async with RenderProcess() as render:
        for found in builtin().values():
            for file, source in found.texts.items():
                name = f"{found.name}/{file}"
                assert shown(await render.template(source, data(language, commits, branches), name=name))
                assert shown(await render.template(source, data(language), name=name))


@pytest.mark.parametrize(
    ("language", "author", "expected"),
    [
        ("en", "Mina", ["Mina: Fix 0 · Fix 1"]),
        ("en", None, ["Fix 0", "Fix 1"]),
        ("ko", None, ["Fix 0", "Fix 1"]),
    ],
)
async def test_standup_names_people_only_when_they_are_given(
    language: str, author: str | None, expected: list[str]
) -> None:
    source = template("standup").texts["done.md"]
    async with RenderProcess() as render:
        made = await render.template(source, data(language, [commit(0, author), commit(1, author)]))
    assert shown(made) == expected


@pytest.mark.parametrize(
    ("language", "file", "commits", "branches", "last"),
    [
        ("en", "done.md", 0, 0, "No commits."),
        ("ko", "done.md", 0, 0, "커밋이 없습니다."),
        ("en", "done.md", 16, 0, "And 1 more commit."),
        ("ko", "done.md", 17, 0, "그 밖에 커밋 2건이 더 있습니다."),
        ("en", "done.md", 100, 0, "And more commits."),
        ("en", "branches.md", 0, 0, "No open branches."),
        ("en", "branches.md", 0, 1, "b0: 1 commit ahead, last commit 0 days ago"),
        ("ko", "branches.md", 0, 2, "b1: 커밋 1개 앞섬, 마지막 커밋 1일 전"),
        ("en", "branches.md", 0, 7, "And 2 more branches."),
    ],
)
async def test_standup_counts_what_it_leaves_out(
    language: str, file: str, commits: int, branches: int, last: str
) -> None:
    source = template("standup").texts[file]
    given = data(language, [commit(n, None) for n in range(commits)], [branch(f"b{n}", 1, n) for n in range(branches)])
    async with RenderProcess() as render:
        assert shown(await render.template(source, given))[-1] == last


@pytest.mark.parametrize(
    ("manifest", "told"),
    [
        (None, "Template file mine/template.toml is missing."),
        (GOOD + TEXT, "Template file mine/a.md is missing."),
        ('window = "7d\n', "Template file mine/template.toml is not valid TOML: line 1, column 13."),
        ("window = [", "Template file mine/template.toml is not valid TOML: line 1, column 11."),
        (GOOD + "sections = []", "Template file mine/template.toml: sections does not fit"),
        (GOOD + TEXT + 'titel = "x"', "Template file mine/template.toml: sections 1, text, titel does not fit"),
        (GOOD + '[[sections]]\nshow = "chart"', "Template file mine/template.toml: sections 1, chart, title does not"),
        (GOOD + 'name = "x"\n' + TEXT, "Template file mine/template.toml: name does not fit"),
    ],
)
def test_a_broken_folder_says_file_and_place(tmp_path: Path, manifest: str | None, told: str) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    if manifest is not None:
        (folder / "template.toml").write_text(manifest)
    with pytest.raises(TemplateError) as caught:
        read(folder)
    assert str(caught.value).startswith(told)
    assert caught.value.hint is not None


def test_a_text_that_is_not_utf8_is_told(tmp_path: Path) -> None:
    folder = tmp_path / "mine"
    folder.mkdir()
    (folder / "template.toml").write_text(GOOD + TEXT)
    (folder / "a.md").write_bytes(b"\xff")
    with pytest.raises(TemplateError, match="cannot be read"):
        read(folder)


async def test_reports_look_as_they_did() -> None:
    """To accept a new look: python -m tests.reports.golden, and read the difference."""
    drawn = await pictures()
    assert {path.name for path in FOLDER.iterdir()} == set(drawn)
    for name, content in drawn.items():
        assert content == (FOLDER / name).read_text(encoding="utf-8"), name


def test_there_is_something_to_look_at_for_every_template() -> None:
    """Each figure, table and chart that a template shows has values in what is made up for it."""
    for name, made in builtin().items():
        covered, records = sample_for(made)
        shot = Snapshot(WEEK, Settings("en", people=True), made, WEEK.end, versions(), covered, records, ())
        ledger = ledger_of(shot)
        for section in made.sections:
            shown = section.metrics if isinstance(section, FiguresSection | TableSection) else ()
            lacking = [metric for metric in shown if (fact := ledger.of(metric)) is None or fact.value is None]
            assert set(lacking) <= {"new_authors"}, name
            if isinstance(section, TableSection):
                assert any(ledger.by(metric, section.by) for metric in shown), (name, section.by)
            if isinstance(section, ChartSection):
                assert len(ledger.by(section.metric, section.by)) > 1, (name, section.metric)
        assert {source.source for source in covered} <= MADE_UP, name
