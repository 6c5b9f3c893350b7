"""`firewarden audit verify`: prove that the journal is what was written."""

import argparse

from bot.app.base import Base
from bot.cli.command import FAILED, OK, Configured, remark, say
from bot.cli.operator import with_journal
from bot.usecases.audit import audit


def add_to(parser: argparse.ArgumentParser) -> None:
    """See `Command`."""
    verbs = parser.add_subparsers(required=True, metavar="verify")
    verify = verbs.add_parser(
        "verify",
        help="check the chain of every stream, and the heads that were published",
        description="Check the chain of every stream with the journal's key, and compare with the "
        "heads in anchor.jsonl. A changed, reordered or left-out event is always found; a cut "
        "end is found up to the last published head, so keep a copy of that file elsewhere.",
    )
    verify.set_defaults(run=_verify)


def _verify(_: argparse.Namespace, configured: Configured) -> int:
    async def verify(base: Base) -> int:
        found = await audit(base.journal, base.archive, base.anchor)
        for finding in found.findings:
            remark(str(finding))
        counted = f"{found.streams} streams, {found.events} events, {found.anchored} anchored"
        counted += f", {found.erased} texts erased" if found.erased else ""
        if found.findings:
            remark(f"NOT AS WRITTEN: {counted}, {len(found.findings)} faults")
            return FAILED
        say(f"As written: {counted}")
        return OK

    return with_journal(configured(), verify)
