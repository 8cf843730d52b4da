"""What holds for every test: no socket leaves this machine, and how many examples a property is shown."""

from __future__ import annotations

import gc
import ipaddress
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator, Mapping
from itertools import chain, islice
from pathlib import Path
from zlib import crc32

import pytest
from hypothesis import HealthCheck, settings

# The stores are tested on both databases; processes are forked from one that has imported all.
pytest_plugins = [
    "tests.support.commons",
    "tests.support.compiled",
    "tests.support.databases",
    "tests.support.nursery",
    "tests.support.shop",
    "tests.support.typed",
]

os.environ.setdefault("ARB_FRESH_SECONDS", "0")  # a story changes what a source holds from one run to the next

PROVE = os.environ.get("ARB_PROVE") == "1"
_TESTS = Path(__file__).parent
_STORES, _KILL = _TESTS / "storage", _TESTS / "kill"
_LONG = [  # files with tests that take more than a minute in `make prove`
    _TESTS / name
    for name in (
        "stories/test_ask_later.py", "stories/test_figures.py", "stories/test_states.py", "hostile/test_sources.py",
        "hostile/test_words.py", "hostile/test_house.py", "reports/test_missed.py", "collectors/test_git_counts.py",
        "collectors/test_json_large.py", "bot/test_readiness.py",
    )
]  # fmt: skip
_KINDS = ("sqlite", "postgres")

_MEMORY, _ROOM = Path("/dev/shm"), 4 * 2**30  # bytes that must be free there


def _in_memory() -> bool:
    """Whether there is a folder in memory that the tests fit into; the scripts that they write must run there."""
    if not (_MEMORY.is_dir() and os.access(_MEMORY, os.W_OK | os.X_OK)):
        return False
    return shutil.disk_usage(_MEMORY).free >= _ROOM and not os.statvfs(_MEMORY).f_flag & os.ST_NOEXEC


# Half of what a test costs on a disk is making and removing its files. `make prove` goes through the disk.
if not PROVE and _in_memory():
    os.environ.setdefault("TMPDIR", str(_MEMORY))  # for processes, and workers, that are started
    tempfile.tempdir = os.environ["TMPDIR"]

settings.register_profile(
    "test", max_examples=25, derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow]
)
settings.register_profile(
    "prove", max_examples=1000, deadline=None, suppress_health_check=[HealthCheck.too_slow], print_blob=True
)
settings.load_profile("prove" if PROVE else "test")

gc.disable()  # while tests are collected nothing becomes garbage

_attempts: list[str] = []


def _near(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host in ("localhost", "")


def _guard(event: str, details: tuple[object, ...]) -> None:
    """Refuse what would leave this machine; a path of a Unix socket is no tuple and may pass."""
    if event in ("socket.connect", "socket.sendto"):
        address = details[1]
        host = address[0] if isinstance(address, tuple) else "localhost"
    elif event == "socket.getaddrinfo":
        host = details[0] or "localhost"
    else:
        return
    host = host.decode() if isinstance(host, bytes) else str(host)
    if not _near(host):
        _attempts.append(f"{event} {host}")
        raise PermissionError(f"a test must not reach {host}")


sys.addaudithook(_guard)


@pytest.hookimpl(optionalhook=True)  # there are tests without xdist, too
def pytest_xdist_auto_num_workers() -> int:
    """Return two workers more than there are cores: with one more, a sixth of the machine still waited."""
    return len(os.sched_getaffinity(0)) + 2 if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1) + 2


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Let `make prove` begin with what takes minutes, so that it does not wait for one worker in the end.

    Each worker begins with its part of the list. What kills processes goes to every other one: it has to be in time.
    """
    if not PROVE:
        return
    kill = [item for item in items if item.path.is_relative_to(_KILL)]
    long = sorted((item for item in items if item.path in _LONG), key=lambda item: _LONG.index(item.path))
    workers = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    firsts = [(kill, long)[n % 2][n // 2 :: (workers + 1 - n % 2) // 2] for n in range(workers)]
    placed = set(chain.from_iterable(firsts))
    rest = [item for item in items if item not in placed]
    share = len(items) // workers
    dealt = iter(rest)
    parts = [[*first, *islice(dealt, max(0, share - len(first)))] for first in firsts]
    items[:] = [*chain.from_iterable(parts), *dealt]


def pytest_collection_finish() -> None:
    """Take what is there for good, thousands of tests and all modules, out of what the collector goes through."""
    gc.freeze()
    gc.set_threshold(10_000, 100, 50)  # as a bot has it
    gc.enable()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Skip what only `make prove` goes through, before anything is set up for it: `some(of=…)` says what stays."""
    for mark in item.iter_markers("some"):
        wanted: Callable[[Mapping[str, object]], bool] = mark.kwargs["of"]
        if not PROVE and isinstance(item, pytest.Function) and not wanted(item.callspec.params):
            pytest.skip("with ARB_PROVE=1")
    if not PROVE and isinstance(item, pytest.Function) and _on_the_other(item):
        pytest.skip("with ARB_PROVE=1")


def _on_the_other(item: pytest.Function) -> bool:
    """Whether a case is gone through on the other database, unless the test itself says which one.

    The stores are tested on both; what rests on them takes turns, one case on this one and the next on that one.
    """
    if not hasattr(item, "callspec") or item.path.is_relative_to(_STORES) or item.get_closest_marker("some"):
        return False
    place = item.callspec.params.get("place")
    if place not in _KINDS:
        return False
    others = item.callspec.id.split("-")
    others.remove(place)
    case = f"{item.path.name} {item.originalname} {others}"
    return _KINDS[crc32(case.encode()) % len(_KINDS)] != place


@pytest.fixture(autouse=True)
def stays_here() -> Iterator[list[str]]:
    """Fail a test that tried to leave this machine, even where its code swallowed the refusal."""
    _attempts.clear()
    yield _attempts
    assert not _attempts


@pytest.fixture(scope="session")
def scaled() -> Callable[[int], int]:
    """Return how often to repeat a long case: all of it for `make prove`, a fortieth for `make test`."""
    return lambda full: full if PROVE else max(2, full // 40)
