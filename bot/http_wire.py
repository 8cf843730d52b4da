"""What others push in over HTTP, and what programs ask with a key: all of it in one place, bounded alike."""

from __future__ import annotations

import ipaddress
from functools import partial

from fastapi import FastAPI

from bot.app import App
from bot.http import Routes
from bot.http_hooks import Hooks
from bot.http_keys import Gate, key_at
from bot.http_qc import Quality


def wire(app: App) -> Routes:
    """Return what adds these routes to the HTTP server of a process."""
    shop, trusted = app.workshop, [ipaddress.ip_network(one) for one in app.settings.trusted_proxies]
    gate = Gate(shop.db, shop.clock, trusted)

    hooks = Hooks(shop.db, shop.clock, trusted, partial(app.loops.ring, "pushed"))
    quality = Quality(shop.db, shop.clock, gate)

    def add(answers: FastAPI) -> None:
        key_at(answers, gate)
        hooks.listen(answers)
        quality.listen(answers)

    return add
