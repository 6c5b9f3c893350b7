"""`firewarden journal rebuild`: lists, search and timelines made anew from the events."""

import argparse

from bot.app.base import Base
from bot.cli.command import FAILED, OK, Configured, remark, say
from bot.cli.operator import with_journal
from bot.usecases.rebuild import Rebuilt, compare, rebuild
from cards.plaintext import visible_line


def add_to(parser: argparse.ArgumentParser) -> None:
    """See `Command`."""
    verbs = parser.add_subparsers(required=True, metavar="rebuild")
    rebuilding = verbs.add_parser(
        "rebuild",
        help="make lists, search and timelines anew from the events",
        description="Compute every read model from the events and make the tables equal. Says "
        "which rows were missing, surplus or different. Events are never touched.",
    )
    rebuilding.add_argument("--check", action="store_true", help="only compare, change nothing")
    rebuilding.set_defaults(run=_rebuild)


def _rebuild(arguments: argparse.Namespace, configured: Configured) -> int:
    only_check = bool(arguments.check)

    async def work(base: Base) -> int:
        compared = await (compare if only_check else rebuild)(base.journal, base.archive)
        for line in compared.wrong:
            remark(visible_line(line))
        say(_summary(compared, only_check=only_check))
        return FAILED if only_check and compared.wrong else OK

    return with_journal(configured(), work)


def _summary(compared: Rebuilt, *, only_check: bool) -> str:
    counted = f"{compared.rows} rows from {compared.events} events"
    if not compared.wrong:
        return f"{counted}: all were right."
    return f"{counted}: {len(compared.wrong)} wrong{'' if only_check else ', mended'}."
