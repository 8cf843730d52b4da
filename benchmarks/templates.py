"""A template that loops beside the event loop: `python -m benchmarks.templates`.

Prints how late a 5 ms ticker was while templates that loop, eat memory or write without end were stopped, beside how
late it was with nothing going on; and how long a small template takes beside Jinja2 in the process itself.
"""

from __future__ import annotations

import asyncio
import statistics
import time

from jinja2.sandbox import ImmutableSandboxedEnvironment
from pydantic import JsonValue

from model.errors import TemplateError
from writers.process import RenderProcess

_DEVOURERS = (
    "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}",
    "{% for a in range(9999) %}{{ 'x' * 9999 }}{% endfor %}",
    "{{ 9**(9**9) }}",
)
_SMALL = "{% for n in words %}* {{ n }}\n{% endfor %}"
_DATA: dict[str, JsonValue] = {"words": ["one", "two", "three"]}


async def lateness(seconds: float, late: list[float]) -> None:
    """Note how late each tick came, for so long."""
    end = time.perf_counter() + seconds
    while (began := time.perf_counter()) < end:
        await asyncio.sleep(0.005)
        late.append(time.perf_counter() - began - 0.005)


async def devoured(render: RenderProcess) -> tuple[float, list[float]]:
    """Return the longest time until a devourer was stopped, and how late the ticker was meanwhile."""
    late: list[float] = []
    ticker = asyncio.create_task(lateness(60, late))
    longest = 0.0
    for source in _DEVOURERS:
        began = time.perf_counter()
        try:
            await render.template(source, {})
        except TemplateError:
            longest = max(longest, time.perf_counter() - began)
    ticker.cancel()
    return longest, late


async def small(render: RenderProcess) -> float:
    """Return the median time of a small template in the child."""
    times = []
    for _ in range(50):
        began = time.perf_counter()
        await render.template(_SMALL, _DATA)
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def floor() -> float:
    """Return the median time of the same template in this process, unprotected."""
    times = []
    for _ in range(50):
        began = time.perf_counter()
        ImmutableSandboxedEnvironment().from_string(_SMALL).render(_DATA)
        times.append(time.perf_counter() - began)
    return statistics.median(times)


def p99(late: list[float]) -> float:
    """Return the 99th percentile."""
    return statistics.quantiles(late, n=100)[98]


async def main() -> None:
    """Print both sides."""
    idle: list[float] = []
    await lateness(2, idle)
    async with RenderProcess() as render:
        await render.template(_SMALL, _DATA)
        longest, late = await devoured(render)
        child, here = await small(render), floor()
    print(f"ticker late, idle        p99 {p99(idle) * 1000:.1f} ms")
    print(
        f"ticker late, devourers   p99 {p99(late) * 1000:.1f} ms, worst {max(late) * 1000:.1f} ms   goal p99 ≤ 100 ms"
    )
    print(f"stopped after            {longest:.2f} s at most   goal ≤ 2 s")
    print(f"small template           {child * 1000:.1f} ms, unprotected {here * 1000:.1f} ms, × {child / here:.0f}")


if __name__ == "__main__":
    asyncio.run(main())
