"""`firewarden backup`: a copy of the journal and what chats keep, while the bot goes on."""

import argparse
import asyncio
from pathlib import Path

from bot.adapters.console import packing as console
from bot.adapters.files import journal_key
from bot.adapters.sqlite.copying import copy_journal
from bot.adapters.telegram import packing as telegram
from bot.cli.command import OK, Configured, run_until_done, say
from bot.cli.operator import needs_journal
from bot.errors import FirewardenError


def add_to(parser: argparse.ArgumentParser) -> None:
    """See `Command`."""
    parser.description = (
        "Copy the journal as it stands at one moment, and with it the console's rooms and what "
        "Telegram cannot be asked for; the bot may run meanwhile. The file holds everything that "
        "was said and done, so keep it as safe as the data folder. Its key (journal.key) is not "
        "in it: without it a copy cannot be verified, keep it apart."
    )
    parser.add_argument("to", type=Path, metavar="FILE", help="must not exist yet")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace, configured: Configured) -> int:
    settings = configured()
    to: Path = arguments.to
    needs_journal(settings)

    there = run_until_done(_copy(settings.data, to))
    say(f"{to}: {to.stat().st_size:,} bytes, {there}, checked")
    return OK


async def _copy(data: Path, to: Path) -> str:
    """Return which rooms are in the copy, in words."""
    await copy_journal(data / "journal.sqlite3", to)
    try:
        key = journal_key(data)
        rooms = await console.pack(data / "console.sqlite3", to, key)
        topics = await telegram.pack(data / "telegram.sqlite3", to, key)
    except FirewardenError:
        await asyncio.to_thread(to.unlink)  # half a backup is none
        raise
    in_telegram = "" if topics is None else f", {topics} in Telegram"
    return f"{rooms} room{'s' * (rooms != 1)}{in_telegram}"
