"""What a picture costs: how long it takes, how large it is, and how long the bot's own loop is held meanwhile.

    python -m benchmarks.charts

Prints, of a warm painter, the middle time of a PNG, its size, and the longest time that a tick of one millisecond came
late while pictures were drawn, beside the same without drawing. Ratios count: machines differ.
"""

from __future__ import annotations

import asyncio
import time
from decimal import Decimal
from statistics import median

from model.card import Chart, Series, Shape
from model.unit import Unit
from writers.process import RenderProcess

_PICTURES = 20
_TICK = 0.001  # seconds
_SHAPES: tuple[Shape, ...] = ("bar", "line", "stacked", "heat")


def _chart(shape: Shape) -> Chart:
    rows = [tuple(Decimal((n * 37 + m * 11) % 23) for n in range(7)) for m in range(2)]
    series = tuple(Series(name, row) for name, row in zip(("이번 주", "지난주"), rows, strict=True))
    return Chart("일별 커밋", tuple("월화수목금토일"), series, Unit.COUNT, "", shape)


async def _late(stop: asyncio.Event) -> float:
    """Return the longest time that a tick came late, in milliseconds."""
    worst = 0.0
    while not stop.is_set():
        began = time.perf_counter()
        await asyncio.sleep(_TICK)
        worst = max(worst, time.perf_counter() - began - _TICK)
    return worst * 1000


async def _measured(render: RenderProcess) -> None:
    for shape in _SHAPES:
        chart = _chart(shape)
        began = time.perf_counter()
        png = await render.chart(chart, "ko", "png")
        first = time.perf_counter() - began
        stop, spent = asyncio.Event(), list[float]()
        watch = asyncio.create_task(_late(stop))
        for _ in range(_PICTURES):
            began = time.perf_counter()
            await render.chart(chart, "ko", "png")
            spent.append(time.perf_counter() - began)
        stop.set()
        held = await watch
        print(f"{shape:8} first {first * 1000:6.0f} ms, then {median(spent) * 1000:4.0f} ms, {len(png) / 1000:4.0f} KB,"
              f" loop late by at most {held:5.1f} ms")  # fmt: skip
    stop = asyncio.Event()
    watch = asyncio.create_task(_late(stop))
    await asyncio.sleep(1)
    stop.set()
    print(f"nothing  loop late by at most {await watch:5.1f} ms")


async def _main() -> None:
    async with RenderProcess() as render:
        await _measured(render)


if __name__ == "__main__":
    asyncio.run(_main())
