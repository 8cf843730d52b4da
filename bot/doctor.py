"""`arb doctor`: look at every part, also where the process would not start."""

from __future__ import annotations

import platform
import sys
from collections.abc import AsyncIterator, Mapping

from bot.fonts import font_check
from bot.models import models_of
from bot.places import close as close_places
from bot.places import named_places, reach_of, way_out
from bot.platforms.discord_sync import commands_checks
from bot.platforms.slack_doctor import slack_checks
from bot.platforms.terminal import Said, print_card
from bot.settings import Settings, load, unknown
from commands.doctor import doctor_card
from delivery.health import place_checks
from egress.client import Egress
from model.clock import Clock, SystemClock
from model.delivery import Platform
from model.errors import ConfigError, StorageBroken
from model.health import Check, Health
from model.language import CODES, Language, Message
from reports.model_health import model_checks
from sources.health import git_check, no_sources, source_checks
from storage.database import Database
from storage.health import clock_check, disk_check
from storage.opening import try_open
from writers.discord import Discord
from writers.slack import Slack

_OLDEST_PYTHON = (3, 11)


async def diagnose(workspace: str, lang: str | None) -> bool:
    """Print how all parts are; returns whether none is critical."""
    settings = _loaded()
    code = next((known for known in CODES if known == lang), "en" if isinstance(settings, Check) else settings.language)
    language = Language(code, "UTC" if isinstance(settings, Check) else settings.time_zone)
    checks = [check async for check in examine(settings, unknown(), workspace)]
    print_card(Said("card", doctor_card(language, checks)))
    return all(check.health is not Health.CRITICAL for check in checks)


async def examine(
    settings: Settings | Check, strange: Mapping[str, str | None], workspace: str, clock: Clock | None = None
) -> AsyncIterator[Check]:
    """Yield the process's own checks, then those of what it stands on; `settings` are a check where they are wrong."""
    yield python_check(sys.version_info[:2])
    for name, close in strange.items():
        yield strange_check(name, close)
    yield await git_check()
    yield await font_check()
    if isinstance(settings, Check):
        yield settings
        return
    values = {"language": settings.language, "zone": settings.time_zone}
    yield Check(Message("Settings"), Health.OK, Message("Language {language}, time zone {zone}.", values))
    url = settings.database_url.get_secret_value() if settings.database_url else None
    opened = await try_open(url, settings.home, settings.master_keys, clock or SystemClock())
    if isinstance(opened, Check):
        yield opened
        if settings.home.is_dir():
            yield disk_check(settings.home)
            yield clock_check(settings.home, (clock or SystemClock()).now())
        return
    try:
        for check in await opened.checks():
            yield check
        try:
            sources = await _sources(opened, settings, workspace, clock or SystemClock())
            places = await _places(opened, settings, workspace, clock or SystemClock())
        except StorageBroken:  # the check of the database has said so
            return
        for check in (*sources, *places):
            yield check
    finally:
        await opened.close()


def python_check(version: tuple[int, ...]) -> Check:
    """Tell whether Python is new enough."""
    if version >= _OLDEST_PYTHON:
        means = Message("Python {version} is new enough.", {"version": platform.python_version()})
        return Check(Message("Python"), Health.OK, means)
    values = {"oldest": ".".join(map(str, _OLDEST_PYTHON)), "version": ".".join(map(str, version))}
    means = Message("Python {version} is too old.", values)
    return Check(Message("Python"), Health.CRITICAL, means, Message("Install Python {oldest} or newer.", values))


def strange_check(name: str, close: str | None) -> Check:
    """Tell of a variable that is set and is no setting."""
    means = Message("{name} is set, and is no setting: it does nothing.", {"name": name})
    do = Message("Did you mean {name}?", {"name": close}) if close else Message("Remove it; docs/settings.md has all.")
    return Check(Message("Settings"), Health.ATTENTION, means, do)


def _loaded() -> Settings | Check:
    try:
        return load()
    except ConfigError as error:
        return Check(Message("Settings"), Health.CRITICAL, error.message, error.hint)


async def _sources(db: Database, settings: Settings, workspace: str, clock: Clock) -> tuple[Check, ...]:
    entered = await db.entrances.workspace(Platform.TERMINAL, workspace)
    if entered is None:
        return (no_sources(),)
    try:
        egress = way_out(settings, clock)
    except ConfigError:  # the places tell it
        egress = Egress(clock)
    try:
        reach = reach_of(settings, egress, clock)
        models = await model_checks(db, entered, models_of(settings, egress), egress)
        return (*await source_checks(db, entered, reach), *models)
    finally:
        await egress.aclose()


async def _places(db: Database, settings: Settings, workspace: str, clock: Clock) -> tuple[Check, ...]:
    """Return how the chats are that this installation has a token for."""
    entered = await db.entrances.workspace(Platform.TERMINAL, workspace)
    try:
        egress = way_out(settings, clock)
    except ConfigError as error:
        return (Check(Message("Settings"), Health.CRITICAL, error.message, error.hint),)
    try:
        places = named_places(settings, db, clock, egress)
    except ConfigError as error:
        await egress.aclose()
        return (Check(Message("Settings"), Health.CRITICAL, error.message, error.hint),)
    try:
        checks = await place_checks(db, entered, {one.platform: one for one in places})
        for place in places:
            if isinstance(place, Discord):
                checks = (*checks, *await commands_checks(db, place.rest, settings.command_prefix))
            if isinstance(place, Slack):
                checks = (*checks, *[check async for check in slack_checks(settings, db, place.api, clock)])
        return checks
    finally:
        await close_places(places)
        await egress.aclose()
