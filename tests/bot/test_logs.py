"""Logs: one event is one line, in either form; nothing secret comes through, at any level."""

from __future__ import annotations

import io
import json
import logging
import signal
import sys
import threading
import time
import urllib.error
import urllib.request
import warnings
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from pydantic import SecretStr

from bot.logs import Form, Redaction, about, set_up, values_of
from bot.settings import Settings

# What a secret looks like where it may come into a line: as a vendor makes it, in an address, a header, a dump.
from tests.support.typed import Arb

CANARIES = {
    "slack": "xoxb-canary123456789", "slack app": "xapp-1-canary12345", "github": "ghp_canary0123456789abcdef",
    "github fine": "github_pat_canary0123456789", "gitlab": "glpat-canary0123456789ab",
    "openai": "sk-canary0123456789abcd",
    "aws": "AKIACANARY0123456789", "google": "AIzaCanary0123456789abcdefghijklmnop", "ours": "arb_canary0123456789ab",
    "jwt": "eyJcanary0123456.eyJcanary0123456.canary", "key": "-----BEGIN RSA PRIVATE KEY-----\ncanary\n-----END",
    "header": "Authorization: Bearer canary-123456", "basic": "authorization: Basic canary123456==",
    "address": "https://mina:canary@git.example/x", "database": "postgresql://arb:canary@db.example:5432/arb",
    "query": "https://api.example/x?token=canary&page=2", "dump": "{'api_key': 'canary', 'page': 2}",
    "json": '{"password": "canary", "page": 2}', "cookie": "Cookie: session=canary", "keyed": "client_secret=canary",
    "slack hook": "https://hooks.slack.com/services/T0/B0/canary", "discord hook": "https://discord.com/api/webhooks/1/canary",
}  # fmt: skip


@pytest.fixture
def logged() -> Iterator[Callable[..., str]]:
    """Return what does something with a logger and gives back what was written; the logging is put back after."""
    root, hook, raising = logging.getLogger(), sys.excepthook, logging.raiseExceptions
    elsewhere = threading.excepthook, sys.unraisablehook
    handlers, level, levels = root.handlers[:], root.level, {}
    for name, logger in logging.root.manager.loggerDict.items():
        if isinstance(logger, logging.Logger):
            levels[name] = logger.level

    def run(form: Form, work: Callable[[logging.Logger], object], *secrets: str, level: str = "DEBUG") -> str:
        stream = io.StringIO()
        set_up(level, form, [SecretStr(secret) for secret in secrets], stream)
        work(logging.getLogger("some.where"))
        return stream.getvalue()

    yield run
    root.handlers[:], sys.excepthook, logging.raiseExceptions = handlers, hook, raising
    threading.excepthook, sys.unraisablehook = elsewhere
    root.setLevel(level)
    logging.captureWarnings(capture=False)
    for name, logger in logging.root.manager.loggerDict.items():
        if isinstance(logger, logging.Logger):
            logger.setLevel(levels.get(name, logging.NOTSET))


def broken(log: logging.Logger, text: str) -> None:
    try:
        raise ValueError(text)
    except ValueError:
        log.exception("it broke")


@pytest.mark.parametrize("kind", CANARIES)
@pytest.mark.parametrize("form", ["json", "text"])
def test_no_canary_comes_through(logged: Callable[..., str], kind: str, form: Form) -> None:
    """In the text, in a parameter, in a value, in an error and in the names of what it is about."""
    secret = CANARIES[kind]

    def work(log: logging.Logger) -> None:
        log.info(secret.replace("%", "%%"))
        log.warning("said %s and went", secret)
        log.debug("said %s", {"x": [secret]})
        broken(log, f"refused: {secret}")
        with about(where=secret):
            log.error("about it")

    written = logged(form, work)
    assert "canary" not in written.lower(), written
    assert "•••" in written
    assert "and went" in written or kind in ("key", "cookie")


class Dying:
    """Breaks where nobody can catch it."""

    def __del__(self) -> None:
        raise ValueError("client_secret=canary")


def test_what_breaks_where_nobody_waits_is_redacted(
    logged: Callable[..., str], capsys: pytest.CaptureFixture[str]
) -> None:
    """Python prints it as it is: a thread's last error, and that of an object that goes."""

    def work(log: logging.Logger) -> None:
        thread = threading.Thread(target=broken_thread)
        thread.start()
        thread.join()
        Dying()

    written = logged("json", work)
    assert [json.loads(line)["level"] for line in written.splitlines()] == ["error", "error"]
    assert "canary" not in written + capsys.readouterr().err


def broken_thread() -> None:
    raise ValueError("client_secret=canary")


def test_configured_secrets_are_hidden_by_their_value(logged: Callable[..., str]) -> None:
    """Also a part of one: the password in an address, as it is and as it is written there; each key of a list."""
    secrets = ("plain canary one", "postgresql://arb:can%40ary2@db/arb", "k1:Y2FuYXJ5MQ==,k2:Y2FuYXJ5Mg==")
    pieces = ("plain canary one", "can%40ary2", "can@ary2", "Y2FuYXJ5MQ==", "Y2FuYXJ5Mg==")

    def work(log: logging.Logger) -> None:
        for piece in pieces:
            log.info("it says (%s)", piece)

    for form in ("json", "text"):
        written = logged(form, work, *secrets)
        assert not [piece for piece in pieces if piece in written]
        assert written.count("(•••)") == len(pieces)


def test_fields_called_secret_are_hidden() -> None:
    given = {"event": "x", "bot_token": "canary", "key": "canary", "keys_read": 3, "run": "7Q2F"}
    event = Redaction([])(None, "", given)
    assert event == {"event": "x", "bot_token": "•••", "key": "•••", "keys_read": 3, "run": "7Q2F"}


HOSTILE = "x\n2026-11-27T00:00:00Z ERROR audit: role=admin\r\x1b[31mred\x1b[0m\x85\u2028\u202egnp\ud800\U000e0041"


@pytest.mark.parametrize("form", ["json", "text"])
def test_one_event_is_one_line(logged: Callable[..., str], form: Form) -> None:
    """Nobody writes a line of his own, colours one or turns one round; a traceback's lines stand behind a bar."""

    def work(log: logging.Logger) -> None:
        log.info("name %s", HOSTILE)
        broken(log, HOSTILE)
        with about(who=HOSTILE):
            log.info("안녕하세요")

    written = logged(form, work)
    lines = written.rstrip("\n").split("\n")
    assert not [char for char in written if not char.isprintable() and char != "\n"]
    if form == "json":
        assert len(lines) == 3
        assert json.loads(lines[0])["event"] == f"name {HOSTILE}"
        assert "안녕하세요" in lines[2]
    else:
        events = [line for line in lines if not line.startswith("    | ")]
        assert len(events) == 3
        assert [line.split()[1] for line in events] == ["INFO", "ERROR", "INFO"]
        assert len([line for line in lines if "audit: role=admin" in line and line.startswith("    | ")]) == 1


def test_long_fields_are_cut(logged: Callable[..., str]) -> None:
    """A megabyte is a line of some kilobytes, soon; of a traceback the end is kept."""

    def work(log: logging.Logger) -> None:
        log.info("a%s", "x" * 1_000_000)
        log.info("%s", "a-" * 500_000)
        broken(log, "y" * 1_000_000 + " the end")

    began = time.process_time()
    written = logged("json", work)
    assert time.process_time() - began < 5
    assert len(written) < 40_000
    assert "the end" in written


def test_what_it_is_about_stands_in_each_line(logged: Callable[..., str]) -> None:
    def work(log: logging.Logger) -> None:
        with about(run="r1", workspace="w1"):
            log.info("inside %d", 7)
        log.info("outside")

    inside, outside = [json.loads(line) for line in logged("json", work).splitlines()]
    assert set(inside) == {"time", "level", "logger", "event", "run", "workspace"}
    assert (inside["event"], inside["level"], inside["logger"]) == ("inside 7", "info", "some.where")
    assert (inside["run"], inside["workspace"]) == ("r1", "w1")
    assert set(outside) == {"time", "level", "logger", "event"}


def test_libraries_that_print_rows_and_queries_are_quiet(logged: Callable[..., str]) -> None:
    """Whatever the level; a line that cannot be formatted prints no arguments."""

    def work(_: logging.Logger) -> None:
        for name in ("httpx2", "httpcore2.connection", "sqlalchemy.engine.Engine", "aiosqlite", "psycopg.pool"):
            logging.getLogger(name).info("GET https://api.example/?q=canary")
            logging.getLogger(name).debug("Row canary")
        logging.getLogger("x").info("%d", "canary")
        warnings.warn("deprecated: password=canary", UserWarning, stacklevel=1)

    with warnings.catch_warnings():
        warnings.simplefilter("always")
        written = logged("text", work)
    assert "canary" not in written
    assert "deprecated" in written


def test_a_whole_bot_at_debug_logs_no_secret(arb: Arb, tmp_path: Path, repository: Path) -> None:
    """Settings, lines that are refused, headers, queries and wrong settings: neither the log nor an answer has one."""
    home, heard = tmp_path / "home", []
    settings = {
        "ARB_LOG_LEVEL": "DEBUG", "ARB_LOG_FORMAT": "json", "ARB_HTTP_TOKEN": "canary-http-token",
        "ARB_MASTER_KEYS": "k1:Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5Y2FuYXJ5MTI=",
    }  # fmt: skip
    with arb.serving(home, "run", **settings) as bot:
        address = bot.line(1).rpartition(" ")[2].removesuffix("/ready")
        for path in ("/metrics", "/health/detailed?token=canary", "/canary?key=canary", "/ready"):
            for given in ("Bearer canary-http-token", "Bearer canary-wrong", "Basic canary"):
                asked = urllib.request.Request(address + path, headers={"authorization": given, "cookie": "a=canary"})
                with suppress(urllib.error.HTTPError), urllib.request.urlopen(asked, timeout=20) as answer:
                    heard.append(answer.read().decode())
        typed = (
            "/source add git name=shop path=shop", "/report run weekly source=xoxb-canary123456789",
            "/report run weekly source=token=canary", "/report run weekly window=2026-11-09..2026-11-16", "exit",
        )  # fmt: skip
        said = arb(home, "chat", root=tmp_path, typed="\n".join((*typed, "")), **settings)
        assert "Engineering week" in said.stdout
        heard += [said.stdout, said.stderr]
        bot.send(signal.SIGTERM)
        log = bot.wait(20).stderr
    assert log.count('"logger": "bot.http"') == 12
    for line in log.splitlines():
        json.loads(line)
    away = "postgresql://arb:canary@127.0.0.1:1/arb"
    wrong = arb(home, "say", "/arb help", root=tmp_path, **settings, ARB_DATABASE_URL=away)
    assert wrong.returncode == 2
    everything = "\n".join([log, *heard, wrong.stdout, wrong.stderr])
    assert "canary" not in everything.lower()
    assert "Y2FuYXJ5" not in everything


def test_settings_know_which_of_them_are_secret(tmp_path: Path) -> None:
    settings = Settings(home=tmp_path, database_url=SecretStr("postgresql://x"), http_token=SecretStr("canary"))
    assert {value.get_secret_value() for value in values_of(dict(settings))} >= {"postgresql://x", "canary"}
