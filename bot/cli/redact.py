"""`firewarden redact`: take away afterwards what slipped past the redactor, from chats too."""

import argparse
import sys
from collections.abc import Sequence
from datetime import UTC, timedelta
from getpass import getpass
from typing import Final

from bot.adapters.sqlite.scrubbing import scrub
from bot.app.base import Base
from bot.cli.command import FAILED, OK, Configured, remark, say
from bot.cli.findings import counted
from bot.cli.operator import operator, with_journal
from bot.errors import UserMistake
from bot.redaction import Redactor
from bot.usecases.redacting import Found, Redacting
from bot.usecases.removing import Removal
from cards.plaintext import visible_line

_SHOWN: Final = 20
"""Places that are listed; the rest is counted."""

_STORES: Final = ("journal.sqlite3", "console.sqlite3", "telegram.sqlite3")
"""Files of the data folder that may hold what was shown."""

_LOOK_AGAIN: Final = timedelta(seconds=1)
"""Between two looks at whether a run has ended."""

_ELSEWHERE: Final = (
    "Not in my reach: backups, exports and logs that were taken before, webhook receivers, and "
    "what people typed in Slack or Telegram themselves. Revoke the secret all the same."
)


def add_to(parser: argparse.ArgumentParser) -> None:
    """See `Command`."""
    parser.description = (
        "Erase a text for good from an incident, or from what belongs to none: from events, "
        "timeline, search, answers and alerts, and from the bot's messages in every chat. Shows "
        "what it would take, and asks. "
        "The event that tells of it holds who and why, never the text. `audit verify` stays green."
    )
    parser.add_argument(
        "incident",
        metavar="ID",
        help="as INC-2026-1121-001; `system` = freezes, alerts and answers outside the incidents",
    )
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "--text",
        action="store_true",
        help="a text in all its forms (plain, base64, URL, hex); asked for without echo, or the "
        "first line of standard input: what stands in a command line is in its history",
    )
    what.add_argument("--pattern", default="", help="what this regular expression matches")
    what.add_argument("--step", default="", help="the whole output of a step, as `restart/1`")
    parser.add_argument("--why", required=True, help="the reason, for the timeline")
    parser.add_argument("--yes", action="store_true", help="do not ask")
    parser.add_argument(
        "--stay",
        action="store_true",
        help="stay until the runs under way have ended, and erase what their commands said",
    )
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace, configured: Configured) -> int:
    settings = configured()
    removal = Removal(
        text=_secret() if arguments.text else "", pattern=arguments.pattern, step=arguments.step
    )
    why = Redactor(settings.secrets()).redact(arguments.why)

    async def work(base: Base) -> int:
        redacting = Redacting(
            journal=base.journal,
            archive=base.archive,
            clock=base.clock,
            ids=base.ids,
            current=base.current,
        )
        found = await redacting.look(arguments.incident, removal)
        if found.nothing:
            say(f"It is nowhere in {found.name}.")
            await _rest(redacting, removal)
            await _scrubbed(base)
            return OK
        say(*_lines(found))
        if not (arguments.yes or _confirmed(found)):
            remark("Nothing was erased.")
            return FAILED
        say(await redacting.erase(arguments.incident, removal, operator(), why))
        if arguments.stay:
            await _stay(base, redacting, arguments.incident, removal, why)
        await _scrubbed(base)
        await _rest(redacting, removal)
        for place in await redacting.remaining(removal):
            remark(f"It is still in {place}, which is an identity and cannot change.")
        remark(_ELSEWHERE)
        return OK

    return with_journal(settings, work)


async def _stay(base: Base, redacting: Redacting, name: str, removal: Removal, why: str) -> None:
    """Erase what commands said meanwhile, once the runs that were under way have ended.

    Only this process knows the text: nothing that stays may tell a later one what to look for.
    """
    runs = await redacting.under_way(name)
    if not runs:
        return
    say(f"Staying until it has ended: {', '.join(runs)}. Ctrl-C leaves.")
    while await redacting.under_way(name):
        await base.clock.sleep_until(base.clock.now() + _LOOK_AGAIN)
    if (await redacting.look(name, removal)).nothing:
        say("Nothing of it was said meanwhile.")
    else:
        say(await redacting.erase(name, removal, operator(), why))


async def _rest(redacting: Redacting, removal: Removal) -> None:
    for name in await redacting.elsewhere(removal):
        remark(f"It is also in {name}: erase it there too.")


async def _scrubbed(base: Base) -> None:
    """Empty the files of what was replaced; a bot that serves replaces its messages meanwhile."""
    for name in _STORES:
        path = base.folder / name
        if path.exists():
            await scrub(path)
    say("The files of the data folder are rewritten without it.")
    say("Messages in chats are replaced by a bot that serves, now or when it starts.")


def _secret() -> str:
    typed = getpass("Text to erase: ") if sys.stdin.isatty() else sys.stdin.readline().rstrip("\n")
    if not typed:
        raise UserMistake("No text was given.")
    return typed


def _lines(found: Found) -> Sequence[str]:
    lines = [f"In {found.name}:"]
    for trace in found.traces[:_SHOWN]:
        at = f"{trace.at.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"
        places = counted(len(trace.around), "place")
        lines.append(f"  event {trace.seq}, {at}, {trace.kind}: {places}")
        # What stands around it is for members of a private incident, like the rest of it.
        shown = () if found.private else trace.around[:3]
        lines += [f"      {visible_line(around)}" for around in shown]
    if len(found.traces) > _SHOWN:
        lines.append(f"  and {len(found.traces) - _SHOWN} more events")
    lines += [f"  {count} x {keeping}" for keeping, count in found.kept.items()]
    return lines


def _confirmed(found: Found) -> bool:
    if not sys.stdin.isatty():
        remark("Nobody can be asked here: say --yes.")
        return False
    return input(f"Erase this from {found.name} for good? Type {found.name}: ") == found.name
