"""The command `arb`. Imports nothing heavy before it knows what is wanted: `arb --help` stays quick."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Callable, Coroutine, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

if TYPE_CHECKING:
    from bot.loops import Side
    from bot.platforms.terminal import Terminal
    from bot.settings import Settings

_WHO = (
    click.option("--as", "user", metavar="NAME", help="Who says it; the first one in a workspace owns it."),
    click.option("--workspace", metavar="NAME", default="default", show_default=True, help="In which workspace."),
    click.option("--lang", type=click.Choice(["ko", "en"]), help="Language of the answer."),
)


def _who(command: Callable[..., None]) -> Callable[..., None]:
    for option in reversed(_WHO):
        command = option(command)
    return command


@click.group(context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="auto-report-builder", prog_name="arb")
def main() -> None:
    """Auto Report Builder: reports that teams trust, in their chat."""


@main.command()
@click.argument("words", nargs=-1)
@click.option("--press", metavar="ID", help="Press the button with this id instead of saying a line.")
@click.option("--submit", metavar="ID", help="Submit the form with this id; WORDS are its fields, key=value.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object per message.")
@_who
def say(
    words: tuple[str, ...],
    press: str | None,
    submit: str | None,
    as_json: bool,
    user: str | None,
    workspace: str,
    lang: str | None,
) -> None:
    """Say one line, such as '/report run weekly', and print the answer.

    Exits with 1 when the answer is an error.
    """
    if (press is not None) + (submit is not None) + (bool(words) and submit is None) != 1:
        raise click.BadArgumentUsage(
            "Give a line, such as arb say '/arb help', or --press ID, or --submit ID key=value."
        )

    async def talk(terminal: Terminal) -> bool:
        if press is not None:
            return await terminal.press(press)
        return await (terminal.submit(submit, _values(words)) if submit else terminal.say(" ".join(words)))

    _run(_at_terminal(talk, user, workspace, lang, as_json=as_json), lang)


def _values(words: tuple[str, ...]) -> dict[str, str]:
    pairs = [word.partition("=") for word in words]
    wrong = next((key for key, equals, _ in pairs if not equals), None)
    if wrong is not None:
        raise click.BadArgumentUsage(f"A field is given as key=value; {wrong} is not.")
    return {key: value for key, _, value in pairs}


@main.command()
@_who
def chat(user: str | None, workspace: str, lang: str | None) -> None:
    """Talk with the bot at this terminal."""

    async def talk(terminal: Terminal) -> bool:
        from bot.platforms.chat import chat as converse
        from model.language import Language

        settings = terminal.app.settings
        await converse(terminal, Language(terminal.language or settings.language, settings.time_zone))
        return True

    _run(_at_terminal(talk, user, workspace, lang, as_json=False), lang)


@main.command()
@click.option("--no-worker", is_flag=True, help="Leave the runs to processes started with arb worker.")
def run(no_worker: bool) -> None:
    """Run the bot until SIGTERM or Ctrl-C: talk and plan, and do the work unless told otherwise."""
    _serve(("front",) if no_worker else ("front", "worker"))


@main.command()
def worker() -> None:
    """Do the work that other processes planned, until SIGTERM or Ctrl-C; start as many as you like."""
    _serve(("worker",))


def _serve(sides: Sequence[Side]) -> None:
    from bot.daemon import serve
    from bot.settings import load

    settings = load()
    _log_to_stderr(settings)
    _run(serve(settings, sides, click.echo))


@main.group(name="discord")
def on_discord() -> None:
    """What the operator does about Discord."""


@on_discord.command(name="sync")
@click.option("--lang", type=click.Choice(["ko", "en"]), help="Language of the answer.")
def discord_sync(lang: str | None) -> None:
    """Tell Discord of the commands as they are now."""

    async def told() -> bool:
        from bot.app import running
        from bot.platforms.discord_gateway import rest_of
        from bot.platforms.discord_sync import sync
        from bot.settings import load
        from model.clock import SystemClock
        from model.language import CODES, Language, Message

        settings = load()
        _log_to_stderr(settings)
        code = next((known for known in CODES if known == lang), settings.language)
        async with running(settings) as app:
            prefix, clock = settings.command_prefix, SystemClock()
            done = await sync(app.workshop.db, rest_of(app), app.owner, clock, prefix, anew=True)
        busy = Message("Another process is telling Discord of the commands just now.")
        click.echo(Language(code).say(Message("Discord knows the commands now.") if done else busy))
        return done

    _run(told(), lang)


@main.group(name="slack")
def on_slack() -> None:
    """What the operator does about Slack."""


@on_slack.command(name="manifest")
@click.option("--format", "form", type=click.Choice(["json", "yaml"]), default="json", show_default=True)
@click.option("--url", metavar="URL", help="Where Slack reaches the bot, https://…; over Socket Mode without one.")
@click.option("--many", is_flag=True, help="Teams install the app by themselves (OAuth); needs --url.")
@click.option("--lang", type=click.Choice(["ko", "en"]), help="Language in which Slack shows the commands.")
def slack_manifest(form: Literal["json", "yaml"], url: str | None, many: bool, lang: str | None) -> None:
    """Print what a Slack app is made from."""
    from bot.platforms.slack_manifest import print_manifest

    _run(print_manifest(form, url, lang, click.echo, many=many), lang)


@main.command()
@click.argument("repository", required=False, type=click.Path())
@click.option("--out", default="demo", show_default=True, type=click.Path(), help="Folder for the files.")
@click.option("--lang", type=click.Choice(["ko", "en"]), help="Language of the report.")
def demo(repository: str | None, out: str, lang: str | None) -> None:
    """Report on the REPOSITORY (default: this folder) as a newcomer would first see it."""
    from bot.demo import demonstrate

    _run(demonstrate(repository or ".", out, lang), lang)


@main.command()
@click.option("--workspace", metavar="NAME", default="default", show_default=True, help="Whose sources to try.")
@click.option("--lang", type=click.Choice(["ko", "en"]), help="Language of the answer.")
def doctor(workspace: str, lang: str | None) -> None:
    """Look whether all parts are well, and say what to do.

    Exits with 1 when something is critical.
    """
    from bot.doctor import diagnose

    _run(diagnose(workspace, lang))


_FILE = click.Path(path_type=Path)  # as it is typed: what is there is told in words of our own


@main.command()
@click.argument("file", type=_FILE)
@click.option("--lang", type=click.Choice(["ko", "en"]), help="Language of the answer.")
def backup(file: Path, lang: str | None) -> None:
    """Write the whole database to FILE, sealed; the keys are not in it."""
    from bot.backup import back_up

    _run(back_up(file, lang, click.echo), lang)


@main.command()
@click.argument("file", type=_FILE)
@click.option("--check", is_flag=True, help="Only look whether the backup is whole and opens.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@click.option("--lang", type=click.Choice(["ko", "en"]), help="Language of the answer.")
def restore(file: Path, check: bool, yes: bool, lang: str | None) -> None:
    """Put the backup FILE in the place of the database, which stays as a copy.

    Every process of ARB has to be stopped before. Exits with 1 when nothing was restored.
    """
    from bot.backup import put_back

    def agree(question: str) -> bool:
        return yes or click.confirm(question)

    _run(put_back(file, lang, click.echo, agree, check=check), lang)


@main.command()
def migrate() -> None:
    """Bring the database to the newest schema."""

    async def up() -> bool:
        from bot.settings import load
        from storage.database import Database
        from storage.sealing import Keyring

        settings = load()
        url = settings.database_url.get_secret_value() if settings.database_url else None
        Keyring.open(settings.home, settings.master_keys)
        await Database.migrate(url, settings.home)
        click.echo("The database is at the newest schema.")
        return True

    _run(up())


async def _at_terminal(
    talk: Callable[[Terminal], Coroutine[Any, Any, bool]],
    user: str | None,
    workspace: str,
    lang: str | None,
    *,
    as_json: bool,
) -> bool:
    from bot.app import running
    from bot.platforms.terminal import Terminal, print_card, print_json
    from bot.settings import load, login
    from model.language import CODES

    settings = load()
    _log_to_stderr(settings)
    async with running(settings) as app:
        await app.take_up()
        code = next((known for known in CODES if known == lang), None)
        show = print_json if as_json else print_card
        well = await talk(Terminal(app, user or login(), workspace, code, show))
        await app.leave()
        return well


def _log_to_stderr(settings: Settings) -> None:
    from bot.logs import set_up, values_of

    set_up(settings.log_level, settings.log_format, values_of(dict(settings)))


def _run(work: Coroutine[Any, Any, bool], lang: str | None = None) -> None:
    """Do the work and leave with its exit code: 0 well, 1 the answer is an error, 2 the settings are wrong."""
    from bot.settings import machine_language
    from model.errors import ArbError, ConfigError
    from model.language import CODES, Language

    os.umask(0o077)  # what it writes is for this user alone
    try:
        well = asyncio.run(work)
    except ArbError as error:
        language = Language(next((code for code in CODES if code == lang), machine_language()))
        click.echo(f"arb: {language.say(error.message)}", err=True)
        if error.hint is not None:
            click.echo(f"     {language.say(error.hint)}", err=True)
        sys.exit(2 if isinstance(error, ConfigError) else 1)
    except KeyboardInterrupt:
        sys.exit(130)
    sys.exit(0 if well else 1)


if __name__ == "__main__":
    main()
