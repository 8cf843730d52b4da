"""The render process: real zygotes and children, their limits, and what becomes of them."""

import asyncio
import os
import re
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import JsonValue

from model.card import Heading, Span, Style, Text, plain
from model.errors import TemplateError
from writers.process import RenderProcess
from writers.safe import inert

LONG = "{% for a in range(9999) %}{% for b in range(9999) %}{% endfor %}{% endfor %}"
PROC = Path("/proc/self")
needs_proc = pytest.mark.skipif(not PROC.exists(), reason="reads the process tree from /proc, which is Linux's")


def children(pid: int) -> list[int]:
    """Return the live children of a process; a zombie waits for its parent only."""
    found = []
    for stat in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent = stat.read_text().rpartition(")")[2].split()[:2]
        except OSError:
            continue
        if int(parent) == pid and state != "Z":
            found.append(int(stat.parent.name))
    return found


async def until(what: Callable[[], object]) -> None:
    """Wait until the process tree looks as asked for, at most 5 s: it tells nobody when it changes."""
    for _ in range(1000):
        if what():
            return
        await asyncio.sleep(0.005)
    raise AssertionError("the process tree did not change")


def environment(pid: int) -> bytes:
    return Path(f"/proc/{pid}/environ").read_bytes()


@pytest.fixture(scope="module")
def runner() -> Iterator[asyncio.Runner]:
    with asyncio.Runner() as made:
        yield made


@pytest.fixture(scope="module")
def shared(runner: asyncio.Runner) -> Iterator[RenderProcess]:
    render = RenderProcess()
    yield render
    runner.run(render.close())


async def test_text_and_headings_come_back_and_links_lead_to_the_records_url() -> None:
    commits: list[JsonValue] = [
        {"title": "Fix **it**", "key": "k1", "url": "https://git.example/1"},
        {"title": "No url", "key": "k2", "url": None},
        {"title": "Bad url", "key": "k3", "url": "javascript:alert(1)"},
    ]
    source = "# 어제\n\n{% for c in commits %}\n- {{ c | link }} **a**\n{% endfor %}"
    async with RenderProcess() as render:
        made = await render.template(source, {"commits": commits})
    after = Span(" ")
    assert made == (
        Heading("어제"),
        Text(
            (
                (Span("Fix **it**", url="https://git.example/1"), after, Span("a", Style.STRONG)),
                (Span("No url"), after, Span("a", Style.STRONG)),
                (Span("Bad url"), after, Span("a", Style.STRONG)),
            ),
            bullets=True,
        ),
    )


async def test_collected_text_is_inert_and_the_same() -> None:
    hostile = [
        "\x1b[31mred",
        "a\u202eb",
        "@everyone <!channel>",
        "\ud800",
        "x" * 10_000,
        "\U000f0001\U000f015b",
        "a\nb",
    ]
    async with RenderProcess() as render:
        made = await render.template("{% for t in texts %}\n- {{ t }}\n{% endfor %}", {"texts": list(hostile)})
    (block,) = made
    assert isinstance(block, Text)
    assert [plain(line) for line in block.lines] == [
        re.sub("[\U000f0000-\U000f01ff]", "\N{REPLACEMENT CHARACTER}", inert(t, 2000)).strip() for t in hostile
    ]
    assert {(type(n), n.style, n.url) for line in block.lines for n in line if isinstance(n, Span)} == {
        (Span, Style.PLAIN, None)
    }


@given(text=st.text(max_size=40))
def test_any_text_crosses_as_one_plain_span(text: str, runner: asyncio.Runner, shared: RenderProcess) -> None:
    (block,) = runner.run(shared.template("q{{ x }}q", {"x": text}))
    collected = re.sub("[\U000f0000-\U000f01ff]", "\N{REPLACEMENT CHARACTER}", inert(text, 2000))
    assert block == Text(((Span(f"q{collected}q"),),))


async def test_many_at_once_all_come_back_each_with_its_own() -> None:
    async with RenderProcess() as render:
        made = await asyncio.gather(*(render.template("{{ n }}", {"n": n}) for n in range(40)))
    assert made == [(Text(((Span(str(n)),),)),) for n in range(40)]


@needs_proc
async def test_zygote_is_shared_and_gone_after_closing() -> None:
    async with RenderProcess() as render:
        before = set(children(os.getpid()))
        await render.template("a", {})
        await render.template("b", {})
        (zygote,) = set(children(os.getpid())) - before
        inherited = environment(zygote)
    assert inherited in (b"", b"LC_CTYPE=C.UTF-8\0")  # Python sets the latter itself
    assert zygote not in children(os.getpid())


@needs_proc
async def test_a_dead_zygote_is_replaced_and_takes_its_children_along() -> None:
    async with RenderProcess() as render:
        before = set(children(os.getpid()))
        await render.start()
        (zygote,) = set(children(os.getpid())) - before
        long = asyncio.create_task(render.template(LONG, {}))
        await until(lambda: children(zygote))
        (child,) = children(zygote)
        os.kill(zygote, signal.SIGKILL)
        await until(lambda: not alive(child))
        assert await render.template("again", {}) == (Text(((Span("again"),),)),)
        with pytest.raises(TemplateError, match="took too long"):
            await long


@needs_proc
async def test_a_cancelled_render_is_killed() -> None:
    async with RenderProcess() as render:
        before = set(children(os.getpid()))
        await render.start()
        (zygote,) = set(children(os.getpid())) - before
        long = asyncio.create_task(render.template(LONG, {}))
        await until(lambda: children(zygote))
        begun = time.monotonic()
        long.cancel()
        await until(lambda: not children(zygote))
        assert time.monotonic() - begun < 0.5
        assert await render.template("next", {}) == (Text(((Span("next"),),)),)


@needs_proc
async def test_closing_ends_a_render_under_way_and_starts_nothing_anew() -> None:
    before = set(children(os.getpid()))
    async with RenderProcess() as render:
        await render.start()
        (zygote,) = set(children(os.getpid())) - before
        long = asyncio.create_task(render.template(LONG, {}))
        await until(lambda: children(zygote))
    with pytest.raises(TemplateError):
        await long
    assert set(children(os.getpid())) == before


@needs_proc
async def test_a_stopped_zygote_is_given_up_after_two_seconds() -> None:
    async with RenderProcess() as render:
        before = set(children(os.getpid()))
        await render.start()
        (zygote,) = set(children(os.getpid())) - before
        os.kill(zygote, signal.SIGSTOP)
        begun = time.monotonic()
        with pytest.raises(TemplateError, match="took too long"):
            await render.template("a", {})
        assert time.monotonic() - begun < 3
        assert await render.template("b", {}) == (Text(((Span("b"),),)),)


@needs_proc
def test_nothing_outlives_a_killed_parent() -> None:
    script = (
        "import asyncio, sys\n"
        "from writers.process import RenderProcess\n"
        "async def main():\n"
        "    render = RenderProcess()\n"
        "    await render.start()\n"
        "    task = asyncio.create_task(render.template(sys.argv[1], {}))\n"
        "    await asyncio.sleep(0.2)\n"
        "    print('at work', flush=True)\n"
        "    await task\n"
        "asyncio.run(main())\n"
    )
    with subprocess.Popen([sys.executable, "-c", script, LONG], stdout=subprocess.PIPE, text=True) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "at work\n"
        family = [pid for zygote in children(parent.pid) for pid in (zygote, *children(zygote))]
        parent.kill()
    assert len(family) == 2
    asyncio.run(until(lambda: not any(alive(pid) for pid in family)))


def alive(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except OSError:
        return False


@pytest.mark.skipif(sys.platform != "linux", reason="other systems lack some of the limits")
def test_a_confined_process_can_open_write_and_fork_nothing() -> None:
    script = (
        "import os, socket\n"
        "from writers.zygote import _drop_root, confine\n"
        "_drop_root()\n"
        "confine(1 << 30)\n"
        "told = []\n"
        "for attempt in (lambda: open('/etc/passwd'), lambda: socket.socket(), os.fork, lambda: os.pipe()):\n"
        "    try:\n"
        "        attempt()\n"
        "    except OSError as error:\n"
        "        told.append(error.errno)\n"
        "print(told)\n"
    )
    made = subprocess.run([sys.executable, "-I", "-c", script], capture_output=True, text=True, check=True)
    assert made.stdout == "[24, 24, 11, 24]\n"  # too many open files; try again (no process left)


async def test_what_is_too_long_is_refused_before_anything_starts() -> None:
    async with RenderProcess() as render:
        with pytest.raises(TemplateError, match="too long"):
            await render.template("x" * 70_000, {})
        with pytest.raises(TemplateError, match="too long"):
            await render.template("x", {"texts": ["x" * 1990] * 2300})
