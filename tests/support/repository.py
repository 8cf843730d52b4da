"""A small repository of known content."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path

from tests.support.repositories import Builder, init

MINA, JUN = b"Mina <mina@acme.example>", "김준 <jun@acme.example>".encode()
BOT = b"dep[bot] <dep[bot]@acme.example>"


def seconds(text: str) -> int:
    """Return an instant such as "2026-11-10T09:00Z" as git counts it."""
    return int(datetime.fromisoformat(text).timestamp())


def small_repository(path: Path) -> Path:
    """Make two weeks of work by two people and a bot, one stale branch and one fresh one."""
    made = Builder(init(path, "--template="), loose=0)  # few files: it is often copied
    cart, pay, price = b"api/cart.py", b"web/pay.html", b"api/price.py"
    start = made.commit(
        "main", seconds("2026-10-01T09:00Z"), {b"README.md": b"shop\n", cart: b"a\nb\n"}, subject=b"Start the shop"
    )
    search = {b"api/search.py": b"s\n" * 40}
    made.commit("feature/old-search", seconds("2026-10-12T09:00Z"), search, parents=[start], subject=b"Search by name")
    made.commit("main", seconds("2026-11-03T09:00Z"), {cart: b"a\nb\nc\n"}, subject=b"Keep the cart on retry")
    made.commit("main", seconds("2026-11-10T09:00Z"), {price: b"p\nq\n"}, subject=b"Round prices")
    screen = {pay: b"x\ny\nz\n", price: b"p\n"}
    made.commit("main", seconds("2026-11-11T10:00Z"), screen, subject="결제 화면 정리".encode(), author=JUN)
    made.commit("main", seconds("2026-11-11T11:00Z"), {pay: b"x\nz\n"}, subject=b"Fix the checkout", author=JUN)
    bump = {b"lock.txt": b"parser 2.0\n"}
    last = made.commit("main", seconds("2026-11-12T01:00Z"), bump, subject=b"Bump parser to 2.0", author=BOT)
    gift = {b"web/gift.html": b"g\n" * 10}
    made.commit(
        "feature/gift-cards",
        seconds("2026-11-13T09:00Z"),
        gift,
        parents=[last],
        subject=b"Sell gift cards",
        author=JUN,
    )
    made.write()
    return path


def slow_git(folder: Path) -> None:
    """Put a git before the real one, in `bin`, that waits for as long as a file `slow` is there."""
    script = folder / "bin" / "git"
    script.parent.mkdir()
    real = shutil.which("git")
    script.write_text(f'#!/bin/sh\nwhile [ -e {folder}/slow ]; do sleep 0.05; done\nexec {real} "$@"\n')
    script.chmod(0o755)
