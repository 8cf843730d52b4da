"""What a picture costs: how long it takes, how large it is, and whether the bot's own loop is held meanwhile.

    python -m benchmarks.charts

Prints, of a warm painter and for each shape, the middle time of a PNG and its size; then how late a tick of five
milliseconds comes while pictures are drawn, beside the same in idle stretches between them, of one run. The ratio
counts: machines differ, and what holds up both is not ours.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from decimal import Decimal
from statistics import median, quantiles

from model.card import Chart, Series, Shape
from model.unit import Unit
from writers.process import RenderProcess

_ROUNDS = 6  # of drawing and of doing nothing, in turns
_PICTURES = 12  # of a round
_TICK = 0.005  # seconds
_SHAPES: tuple[Shape, ...] = ("bar", "line", "stacked", "heat")


def _chart(shape: Shape) -> Chart:
    rows = [tuple(Decimal((n * 37 + m * 11) % 23) for n in range(7)) for m in range(2)]
    series = tuple(Series(name, row) for name, row in zip(("이번 주", "지난주"), rows, strict=True))
    return Chart("일별 커밋", tuple("월화수목금토일"), series, Unit.COUNT, "", shape)


async def _ticking(work: Awaitable[None], late: list[float]) -> None:
    """Note how many milliseconds late each tick comes until some work is done."""
    working = asyncio.ensure_future(work)
    while not working.done():
        began = time.perf_counter()
        await asyncio.sleep(_TICK)
        late.append((time.perf_counter() - began - _TICK) * 1000)
    await working


async def _shapes(render: RenderProcess) -> None:
    for shape in _SHAPES:
        chart, spent = _chart(shape), list[float]()
        for _ in range(_PICTURES):
            began = time.perf_counter()
            png = await render.chart(chart, "ko", "png")
            spent.append(time.perf_counter() - began)
        print(f"{shape:8} first {spent[0] * 1000:6.0f} ms, then {median(spent[1:]) * 1000:4.0f} ms, "
              f"{len(png) / 1000:4.0f} KB")  # fmt: skip


async def _held(render: RenderProcess) -> None:
    drawing, idle = list[float](), list[float]()

    async def draw() -> None:
        for n in range(_PICTURES):
            await render.chart(_chart(_SHAPES[n % len(_SHAPES)]), "ko", "png")

    for _ in range(_ROUNDS):
        began = time.perf_counter()
        await _ticking(draw(), drawing)
        await _ticking(asyncio.sleep(time.perf_counter() - began), idle)
    _print("while pictures are drawn", drawing)
    _print("while nothing is done", idle)
    print(f"ratio of the p99: {_p99(drawing) / _p99(idle):.1f}")


def _p99(late: list[float]) -> float:
    return quantiles(late, n=100)[98]


def _print(when: str, late: list[float]) -> None:
    print(f"{when:25} ticks late by p50 {median(late):5.2f} ms, p99 {_p99(late):5.2f} ms, at most {max(late):5.1f} ms "
          f"({len(late)} ticks)")  # fmt: skip


async def _main(*parts: Callable[[RenderProcess], Awaitable[None]]) -> None:
    async with RenderProcess() as render:
        for part in parts:
            await part(render)


if __name__ == "__main__":
    asyncio.run(_main(_shapes, _held))
