"""What a chart of each shape is drawn from, and what it looks like on a page; run as a module to write them anew."""

from __future__ import annotations

import json
from pathlib import Path

from model.card import Card
from model.language import CODES, Language
from tests.support.charts import SHAPES, chart
from writers import html
from writers.charts import spec_of

FOLDER = Path(__file__).parent / "charts"


def drawn() -> dict[str, str]:
    """Return file name → content: the specification of the picture, and the figure of the page."""
    found = {}
    for shape in SHAPES:
        for code in CODES:
            one = chart(shape, code)
            spec = json.dumps(spec_of(one, Language(code)), ensure_ascii=False, indent=1)
            found[f"{shape}.{code}.json"] = spec + "\n"
            page = html.render(Card("", (one,), code))
            found[f"{shape}.{code}.html"] = page[page.index("<figure>") : page.index("</figure>")] + "</figure>\n"
    return found


if __name__ == "__main__":
    for name, content in drawn().items():
        (FOLDER / name).write_text(content, encoding="utf-8", newline="")
