"""What reports look like over a made-up week; run this file as a module to write the pictures anew."""

from __future__ import annotations

import asyncio
from pathlib import Path

from analyzers import ledger_of, versions
from model.language import CODES, Code
from model.record import Commit
from model.report import Settings, Snapshot
from reports.compose import compose
from reports.narrating import worded
from reports.sample import WEEK, sample_for
from reports.templates import template
from writers import plain
from writers.process import RenderProcess

FOLDER = Path(__file__).parent / "golden"
NAMES = (
    "business",
    "qc",
    "uptime",
    "service-health",
    "infrastructure",
    "performance",
    "errors",
    "community",
    "deployments",
)


async def pictures() -> dict[str, str]:
    """Return file name → content."""
    async with RenderProcess() as render:
        return {f"{name}.{code}": await _picture(name, code, render) for name in NAMES for code in CODES}


async def _picture(name: str, code: Code, render: RenderProcess) -> str:
    covered, records = sample_for(template(name))
    firsts = tuple((s, r.body.author, r.at) for s, r in records if isinstance(r.body, Commit))
    settings = Settings(code, people=True)
    shot = Snapshot(WEEK, settings, template(name), WEEK.end, versions(), covered, records, firsts)
    ledger = ledger_of(shot)
    return plain.render(await compose("7Q2F", shot, ledger, await worded(shot, ledger), render))


if __name__ == "__main__":
    for file, content in asyncio.run(pictures()).items():
        (FOLDER / file).write_text(content, encoding="utf-8", newline="")
