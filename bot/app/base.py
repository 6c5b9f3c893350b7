"""What every command needs: configuration, the opened journal, and who decides on it."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import TypeVar

from bot.adapters.files import read_catalogue, team_files
from bot.app.foundation import Foundation, founded, read_policy
from bot.config import Settings
from bot.domain.intents import Intent
from bot.domain.policy import Policy
from bot.errors import Fault, OperatorMistake
from bot.usecases.archive import Archive
from bot.usecases.catalogue import offered, read_runbooks
from bot.usecases.current import Current
from bot.usecases.delivering.carrier import IncidentDesk, SystemDesk
from bot.usecases.desks import desks_over
from bot.usecases.links import Linking
from bot.usecases.seats import Seats

_log = logging.getLogger(__name__)

S = TypeVar("S")
I = TypeVar("I", bound=Intent)  # noqa: E741 - I for intent, beside S for state


@dataclass(frozen=True, slots=True, kw_only=True)
class Base(Foundation):
    """What every command needs: the opened journal and who decides on it."""

    archive: Archive
    incidents: IncidentDesk
    system: SystemDesk
    seats: Seats
    links: Linking


def load_current(settings: Settings, policy: Policy | None = None) -> Current:
    """Read policy and catalogue; raises OperatorMistake with every fault.

    `policy` is one that was read already and has no fault.
    """
    faults: list[Fault] = []
    if policy is None:
        policy, faults = read_policy(settings)
    documents = read_catalogue(settings.runbooks)
    faults += _team_runbook_faults(settings, documents, policy)
    if policy is None or faults:
        raise OperatorMistake(faults)
    if settings.policy is not None:
        documents, unfit = offered(documents, team_files(settings.runbooks), policy)
        for fault in unfit:
            _log.warning("a runbook that ships is not offered under this policy: %s", fault)
    return Current(policy=policy, documents=documents)


@asynccontextmanager
async def opened(settings: Settings, current: Current | None = None) -> AsyncIterator[Base]:
    """Open the journal with its desks; enough for every command but `serve`.

    `current` None = policy and catalogue as they are configured.
    """
    loaded = current or load_current(settings)
    async with founded(settings, loaded) as foundation, deciding(foundation) as base:
        yield base


@asynccontextmanager
async def deciding(on: Foundation) -> AsyncIterator[Base]:
    """Put the desks on an opened journal; what they still decide is waited for."""
    archive = Archive(journal=on.journal, key=on.key)
    async with asyncio.TaskGroup() as tasks:
        desks = desks_over(
            journal=on.journal,
            clock=on.clock,
            ids=on.ids,
            current=on.current,
            archive=archive,
            tasks=tasks,
        )
        yield Base(
            settings=on.settings,
            folder=on.folder,
            journal=on.journal,
            key=on.key,
            anchor=on.anchor,
            current=on.current,
            clock=on.clock,
            ids=on.ids,
            seams=on.seams,
            archive=archive,
            incidents=desks.incidents,
            system=desks.system,
            seats=desks.seats,
            links=desks.links,
        )


def _team_runbook_faults(
    settings: Settings, documents: Mapping[str, str], policy: Policy | None
) -> list[Fault]:
    """Judge the team's own runbooks; those that ship were judged by the tests."""
    files = team_files(settings.runbooks)
    if not files:
        return []
    # The embedded default knows no host before its practice host runs.
    judge = policy if settings.policy is not None else None
    found = read_runbooks(documents, files, judge).faults
    return [fault for name in files for fault in found[name]]
