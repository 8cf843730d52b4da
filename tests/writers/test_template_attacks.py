"""Templates that attack: nothing leaks, nothing opens, everything ends in time, and each is told by name."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from pathlib import Path

import pytest

from model.errors import TemplateError
from model.language import Message
from writers.process import RenderProcess

CANARY = "canary-7f3a"

ESCAPES = {
    "T20": "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "T21": "{{ cycler.__init__.__globals__.os.popen('id').read() }}",
    "T22": "{{ lipsum.__globals__['os'] }}",
    "T23": "{{ '{0.__call__.__builtins__[__import__]}' | attr('format')(rec) }}",
    "T24": "{{ rec.__class__ }}",
    "T25": "{{ '{0.token}'.format(rec) }}",
    "T26": "{{ [rec] | map(attribute='token') | list }}",
    "T27": "{% include 'FILE' %}",
    "import": "{% import 'FILE' as f %}{{ f }}",
    "extends": "{% extends 'FILE' %}",
    "format map": "{{ '{a.token}'.format_map({'a': rec}) }}",
    "subscript": "{{ ''['__class__'] }}",
    "macro": "{% macro m() %}{% endmacro %}{{ m.__globals__ }}",
    "range": "{{ range.__self__ }}",
    "loop": "{% for a in [1] %}{{ loop.__class__ }}{{ loop._iterable }}{% endfor %}",
    "self": "{{ self.__init__ }}",
    "select": "{{ [rec] | selectattr('__class__') | list }}",
    "sort": "{{ [rec, rec] | sort(attribute='__class__') }}",
    "group": "{{ [rec] | groupby('__class__') }}",
    "sum": "{{ [rec] | sum(attribute='token.__class__') }}",
    "change": "{{ rec.update({'a': 1}) }}",
    "repr": "{{ [rec] }}",
    "generator": "{{ [rec] | map('upper') }}",
}

DEVOURERS = {
    "T28": "{{ 9**(9**9) }}",
    "T29": "{% for a in range(99999) %}{% for b in range(99999) %}{% endfor %}{% endfor %}",
    "T29 within bounds": "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}",
    "T30": "{{ lipsum(n=1000000) }}",
    "T31": "{% set x=namespace(v='a') %}{% for i in range(40) %}{% set x.v=x.v~x.v %}{% endfor %}",
    "T31 unrolled": "{% set x = 'a' %}" + "{% set x = x ~ x %}" * 40 + "{{ x | length }}",
    "T32": "{{ 'x'.ljust(1000000000) }}",
    "memory": "{{ ('x' * 10**9) | length }}",
    "list": "{{ ([1] * 10**8) | length }}",
    "output": "{% for a in range(9999) %}{{ 'x' * 100 }}{% endfor %}",
    "recursion": "{% macro m() %}{{ m() }}{% endmacro %}{{ m() }}",
    "nesting": "- " * 5000 + "**" * 20000 + "[" * 20000,
}


async def test_escapes_are_refused_by_name(tmp_path: Path) -> None:
    file = tmp_path / "canary"
    file.write_text(CANARY)
    async with RenderProcess() as render:
        for name, source in ESCAPES.items():
            with pytest.raises(TemplateError) as caught:
                await render.template(source.replace("FILE", str(file)), {"rec": {"token": CANARY}}, name="t.md")
            assert isinstance(caught.value.hint, Message), name
            told = f"{caught.value} {caught.value.hint.plain()}"
            assert told.startswith("Template t.md, line 1"), name
            assert CANARY not in told, name
            assert " at 0x" not in told, name


async def test_devourers_end_in_time_and_hold_nobody_up() -> None:
    """Each ends within 2 s by an error or harmless; meanwhile the loop answers and another render gets through."""
    async with RenderProcess(at_once=3) as render:
        await render.start()

        async def both(source: str) -> None:
            devourer = asyncio.create_task(devour(render, source))
            await render.template("fine", {})
            await devourer

        await in_time(both)


async def in_time(attack: Callable[[str], Awaitable[None]], tries: int = 3) -> None:
    """Assert that every devourer ends in time and leaves the loop free; what a busy machine spoilt is tried again."""
    lags: list[float] = []
    for name, source in DEVOURERS.items():
        for left in reversed(range(tries)):
            ticks: list[float] = []
            ticking, begun = asyncio.create_task(tick(ticks)), time.monotonic()
            await attack(source)
            took = time.monotonic() - begun
            ticking.cancel()
            if took < 2.5 and max(ticks, default=0.0) <= 0.1:
                break
            assert left or took < 2.5, f"{name} took {took:.1f} s"
        lags += ticks
    assert sorted(lags)[int(len(lags) * 0.99)] <= 0.1


async def devour(render: RenderProcess, source: str) -> None:
    with suppress(TemplateError):
        await render.template(source, {}, name="t.md")


async def tick(lags: list[float]) -> None:
    while True:
        begun = time.monotonic()
        await asyncio.sleep(0.01)
        lags.append(time.monotonic() - begun - 0.01)


_TOLD = [
    (DEVOURERS["T28"], "Template text took too long and was stopped."),
    (DEVOURERS["T29"], "Template text, line 1: “range” is not allowed."),
    (DEVOURERS["T30"], "Template text, line 1, column 4: there is nothing called “lipsum”."),
    (DEVOURERS["T31"], "Template text, line 1, column 10: there is nothing called “namespace”."),
    (DEVOURERS["T31 unrolled"], "Template text needed too much memory and was stopped."),
    (DEVOURERS["T32"], "Template text, line 1, column 8: “ljust” is not allowed."),
    (DEVOURERS["memory"], "Template text needed too much memory and was stopped."),
    (DEVOURERS["output"], "Template text writes too much text."),
]


async def test_devourers_are_told_by_name() -> None:
    async with RenderProcess() as render:
        for source, told in _TOLD:
            with pytest.raises(TemplateError) as caught:
                await render.template(source, {})
            assert str(caught.value) == told
