"""`firewarden alert quarantine`: what senders sent that could not be read as an alert."""

import argparse
from typing import Final

from bot.app.base import Base
from bot.cli.command import OK, Configured, remark, say
from bot.cli.operator import with_journal
from bot.redaction import Redactor
from cards.plaintext import visible_line

SHOWN: Final = 400
"""Characters of an alert that are shown; the journal keeps all of it."""


def add_to(parser: argparse.ArgumentParser) -> None:
    """See `Command`."""
    verbs = parser.add_subparsers(required=True, metavar="quarantine")
    quarantine = verbs.add_parser(
        "quarantine", help="show malformed alerts with what was wrong, newest first"
    )
    quarantine.add_argument("--last", type=int, default=20, metavar="N", help="default: 20")
    quarantine.set_defaults(run=_quarantine)


def _quarantine(arguments: argparse.Namespace, configured: Configured) -> int:
    settings, last = configured(), int(arguments.last)
    redactor = Redactor(settings.secrets())

    async def quarantine(base: Base) -> int:
        found = await base.journal.quarantined(last)
        for item in found:
            raw = redactor.redact(item.raw.decode("utf-8", "replace"))
            shown = raw if len(raw) <= SHOWN else f"{raw[:SHOWN]}... ({len(item.raw)} bytes)"
            say(visible_line(f"{item.source}: {item.fault}"), f"    {visible_line(shown)}")
        if not found:
            remark("No malformed alert was received.")
        return OK

    return with_journal(settings, quarantine)
