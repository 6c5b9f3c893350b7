"""`firewarden backup`: a copy of the journal and the console's rooms, while the bot goes on."""

import argparse
import asyncio
from pathlib import Path

from bot.adapters.console.packing import pack
from bot.adapters.files import journal_key
from bot.adapters.sqlite.copying import copy_journal
from bot.cli.command import OK, Configured, run_until_done, say
from bot.errors import FirewardenError


def add_to(parser: argparse.ArgumentParser) -> None:
    """See `Command`."""
    parser.description = (
        "Copy the journal as it stands at one moment, and the console's rooms with it; the bot may "
        "run meanwhile. The file holds everything that was said and done, so keep it as safe as "
        "the data folder. Its key "
        "(journal.key) is not in it: without it a copy cannot be verified, keep it apart."
    )
    parser.add_argument("to", type=Path, metavar="FILE", help="must not exist yet")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace, configured: Configured) -> int:
    settings = configured()
    to: Path = arguments.to

    async def copy() -> int:
        await copy_journal(settings.data / "journal.sqlite3", to)
        try:
            return await pack(settings.data / "console.sqlite3", to, journal_key(settings.data))
        except FirewardenError:
            await asyncio.to_thread(to.unlink)  # half a backup is none
            raise

    rooms = run_until_done(copy())
    say(f"{to}: {to.stat().st_size:,} bytes, {rooms} room{'s' * (rooms != 1)}, checked")
    return OK
