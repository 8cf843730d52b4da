"""A small repository of known content, made by git itself."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

_ENV = {"PATH": os.defpath + ":/usr/local/bin", "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1", "LC_ALL": "C"}
MINA, JUN, BOT = ("Mina", "mina@acme.example"), ("김준", "jun@acme.example"), ("dep[bot]", "dep[bot]@acme.example")


def git(path: Path, *arguments: str, env: Mapping[str, str] | None = None) -> str:
    """Run git in `path` with nothing of the machine's configuration; return what it prints."""
    done = subprocess.run(
        ["git", "-C", str(path), *arguments], env={**_ENV, **(env or {})}, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def commit(path: Path, who: tuple[str, str], at: str, subject: str, files: Mapping[str, str]) -> str:
    """Write files and commit them at an instant, such as "2026-11-10T09:00:00Z"; return the commit's name."""
    for name, text in files.items():
        (path / name).parent.mkdir(parents=True, exist_ok=True)
        (path / name).write_text(text, encoding="utf-8")
        git(path, "add", "--", name)
    name, address = who
    env = {
        "GIT_AUTHOR_NAME": name, "GIT_AUTHOR_EMAIL": address, "GIT_AUTHOR_DATE": at,
        "GIT_COMMITTER_NAME": name, "GIT_COMMITTER_EMAIL": address, "GIT_COMMITTER_DATE": at,
    }  # fmt: skip
    git(path, "commit", "--quiet", "--allow-empty", "--cleanup=verbatim", "-m", subject, env=env)
    return git(path, "rev-parse", "HEAD")


def small_repository(path: Path) -> Path:
    """Make two weeks of work by two people and a bot, one stale branch and one fresh one."""
    path.mkdir(parents=True)
    git(path, "init", "--quiet", "--initial-branch=main")
    commit(path, MINA, "2026-10-01T09:00:00Z", "Start the shop", {"README.md": "shop\n", "api/cart.py": "a\nb\n"})
    git(path, "switch", "--quiet", "-c", "feature/old-search")
    commit(path, MINA, "2026-10-12T09:00:00Z", "Search by name", {"api/search.py": "s\n" * 40})
    git(path, "switch", "--quiet", "main")
    commit(path, MINA, "2026-11-03T09:00:00Z", "Keep the cart on retry", {"api/cart.py": "a\nb\nc\n"})
    commit(path, MINA, "2026-11-10T09:00:00Z", "Round prices", {"api/price.py": "p\nq\n"})
    commit(path, JUN, "2026-11-11T10:00:00Z", "결제 화면 정리", {"web/pay.html": "x\ny\nz\n", "api/price.py": "p\n"})
    commit(path, JUN, "2026-11-11T11:00:00Z", "Fix the checkout", {"web/pay.html": "x\nz\n"})
    commit(path, BOT, "2026-11-12T01:00:00Z", "Bump parser to 2.0", {"lock.txt": "parser 2.0\n"})
    git(path, "switch", "--quiet", "-c", "feature/gift-cards")
    commit(path, JUN, "2026-11-13T09:00:00Z", "Sell gift cards", {"web/gift.html": "g\n" * 10})
    git(path, "switch", "--quiet", "main")
    return path
