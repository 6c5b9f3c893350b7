"""`firewarden unfreeze`: let state-changing steps start again."""

import argparse

from bot.app.base import Base
from bot.cli.command import Configured
from bot.cli.operator import operator, submit, with_journal
from bot.domain.intents import Unfreeze
from bot.domain.system import EVERYTHING


def add_to(parser: argparse.ArgumentParser) -> None:
    """See `Command`."""
    parser.description = "Lift a freeze. Runs that it stopped do not start again by themselves."
    parser.add_argument(
        "scope", nargs="?", default="all", metavar="all | SERVICE", help="default: all"
    )
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace, configured: Configured) -> int:
    word = str(arguments.scope)
    scope = EVERYTHING if word.casefold() in {"all", EVERYTHING} else word

    async def unfreeze(base: Base) -> int:
        return await submit(base, Unfreeze(by=operator(), scope=scope))

    return with_journal(configured(), unfreeze)
