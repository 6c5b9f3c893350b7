"""`firewarden backup`: a copy of the journal that is whole although the bot goes on."""

import argparse
from pathlib import Path

from bot.adapters.sqlite.copying import copy_journal
from bot.cli.command import OK, Configured, run_until_done, say


def add_to(parser: argparse.ArgumentParser) -> None:
    """See `Command`."""
    parser.description = (
        "Copy the journal as it stands at one moment; the bot may run meanwhile. The file holds "
        "everything that was said and done, so keep it as safe as the data folder. Its key "
        "(journal.key) is not in it: without it a copy cannot be verified, keep it apart."
    )
    parser.add_argument("to", type=Path, metavar="FILE", help="must not exist yet")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace, configured: Configured) -> int:
    settings = configured()
    to: Path = arguments.to

    async def copy() -> int:
        size = await copy_journal(settings.data / "journal.sqlite3", to)
        say(f"{to}: {size:,} bytes, checked")
        return OK

    return run_until_done(copy())
