"""`firewarden incident`: look at incidents without a chat, and take one away as JSON lines."""

import argparse
from datetime import UTC

from bot.app.base import Base
from bot.cli.command import FAILED, OK, Configured, remark, say
from bot.cli.operator import looking, with_journal
from bot.usecases.export import export
from bot.usecases.views import IncidentSummary
from cards.plain import render
from cards.plaintext import visible_line


def add_to(parser: argparse.ArgumentParser) -> None:
    """See `Command`."""
    parser.description = "Incidents as they stand. Private ones are shown to their members only."
    verbs = parser.add_subparsers(required=True, metavar="list | show | export")
    listing = verbs.add_parser("list", help="list the open incidents")
    listing.add_argument("--all", action="store_true", help="also the resolved and closed ones")
    listing.add_argument("words", nargs="*", metavar="WORD", help="only those that speak of this")
    listing.set_defaults(run=_list)
    showing = verbs.add_parser("show", help="show one with its timeline")
    showing.add_argument("incident", metavar="ID", help="as INC-2026-1121-001")
    showing.set_defaults(run=_show)
    exporting = verbs.add_parser("export", help="print every event of one as JSON lines")
    exporting.add_argument("incident", metavar="ID", help="as INC-2026-1121-001")
    exporting.set_defaults(run=_export)


def _list(arguments: argparse.Namespace, configured: Configured) -> int:
    words: list[str] = arguments.words
    only_open = not (arguments.all or words)

    async def list_(base: Base) -> int:
        reading, viewer = looking(base)
        found = await reading.incidents(viewer, only_open=only_open, text=" ".join(words))
        say(*(_line(incident) for incident in found))
        if not found:
            remark("No incident is open." if only_open else "There is no such incident.")
        return OK

    return with_journal(configured(), list_)


def _show(arguments: argparse.Namespace, configured: Configured) -> int:
    async def show(base: Base) -> int:
        reading, viewer = looking(base)
        incident = await reading.incident(viewer, arguments.incident)
        if incident is None:
            return _absent(arguments.incident)
        card = await reading.incident_card(viewer, incident.id)
        entries = await reading.timeline(viewer, incident.id)
        say(render(card) if card else _line(incident), "")
        for entry in entries or ():
            at = f"{entry.at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
            say(f"{at}  {visible_line(entry.actor)}: {visible_line(entry.text)}")
        return OK

    return with_journal(configured(), show)


def _export(arguments: argparse.Namespace, configured: Configured) -> int:
    async def export_(base: Base) -> int:
        reading, viewer = looking(base)
        incident = await reading.incident(viewer, arguments.incident)
        if incident is None:
            return _absent(arguments.incident)
        names = base.current.policy.names()
        say(*await export(base.journal, base.archive, incident.id, names))
        return OK

    return with_journal(configured(), export_)


def _absent(ident: str) -> int:
    remark(f"There is no incident {visible_line(ident)}. `firewarden incident list --all`")
    return FAILED


def _line(incident: IncidentSummary) -> str:
    opened = f"{incident.opened_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    title = visible_line(f"{'DRILL ' if incident.drill else ''}{incident.title}")
    return f"{incident.number}  {incident.severity}  {incident.status:<13} {opened}  {title}"
