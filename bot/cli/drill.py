"""`firewarden drill`: a fire drill on the practice host of a bot that runs."""

import argparse
from dataclasses import replace
from pathlib import Path

from bot.adapters.practice.host import default_scratch
from bot.adapters.practice.place import State
from bot.app.base import Base
from bot.cli.command import Configured
from bot.cli.operator import operator, submit, with_journal
from bot.domain.intents import Drill
from bot.domain.system import SCENARIOS
from bot.errors import Refused
from bot.values import Host, HostName


def add_to(parser: argparse.ArgumentParser) -> None:
    """See `Command`."""
    parser.formatter_class = argparse.RawDescriptionHelpFormatter
    parser.description = "Start a fire drill: a real alert, approval and repair."
    parser.epilog = "\n".join(
        ("scenarios:", *(f"  {name:<14}{words}" for name, words in SCENARIOS.items()))
    )
    parser.add_argument("scenario", metavar="SCENARIO", help="one of those below")
    parser.set_defaults(run=_run)


def _run(arguments: argparse.Namespace, configured: Configured) -> int:
    scenario = str(arguments.scenario)

    async def drill(base: Base) -> int:
        host = _practice_host(base.folder)
        if host is None:
            raise Refused("No practice host runs here: start `firewarden serve` first.")
        current = base.current
        hosts = {**current.policy.hosts, host.name: host}
        current.replace(replace(current.policy, hosts=hosts), current.documents)
        return await submit(base, Drill(by=operator(), scenario=scenario))

    return with_journal(configured(), drill)


def _practice_host(folder: Path) -> Host | None:
    """Return the practice host that a serving bot brought along; the bot itself drives it."""
    state = State.read(default_scratch(folder))
    if state is None or not state.process.alive:
        return None
    return Host(
        name=HostName("practice"),
        address="127.0.0.1",
        port=state.port,
        service="practice",
        host_key=state.host_key,
        observe_user="observe",
        observe_key_file=str(folder / "practice" / "observe_key"),
        change_user="change",
        change_key_file=str(folder / "practice" / "change_key"),
        practice=True,
    )
