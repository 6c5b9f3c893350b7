"""What every command needs: configuration, the opened journal, and who decides on it."""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from bot.adapters.clock import SystemClock, SystemIds
from bot.adapters.files import (
    FileAnchor,
    data_folder,
    kept_secret,
    read_catalogue,
    read_texts,
    team_files,
)
from bot.adapters.sqlite.journal import SqliteJournal
from bot.config import Known, Settings, joint_faults, load_policy
from bot.domain.policy import Policy
from bot.errors import Fault, OperatorMistake
from bot.ports import Journal
from bot.usecases.archive import Archive
from bot.usecases.catalogue import offered, read_runbooks
from bot.usecases.current import Current
from bot.usecases.delivering.carrier import IncidentDesk, SystemDesk
from bot.usecases.desk import Desk
from bot.usecases.nouns import IncidentNoun, SystemNoun
from bot.usecases.numbers import DayNumbers
from bot.usecases.seats import SeatNoun, Seats
from handlers.alerts import SOURCES
from handlers.drill_source import DrillSource

_log = logging.getLogger(__name__)

SLACK = "slack"
TELEGRAM = "telegram"


@dataclass(frozen=True, slots=True, kw_only=True)
class Base:
    """What every command needs: the opened journal and who decides on it."""

    settings: Settings
    folder: Path
    journal: Journal
    archive: Archive
    anchor: FileAnchor
    current: Current
    clock: SystemClock
    ids: SystemIds
    incidents: IncidentDesk
    system: SystemDesk
    seats: Seats


def load_current(settings: Settings) -> Current:
    """Read policy and catalogue; raises OperatorMistake with every fault."""
    documents = read_catalogue(settings.runbooks)
    texts = read_texts(settings.templates)
    known = Known(
        runbooks=frozenset(documents),
        templates=frozenset(name.removesuffix(".txt.j2") for name in texts),
        sources=frozenset({*SOURCES, DrillSource.name}),
    )
    policy, faults = _policy(settings, known)
    faults += _team_runbook_faults(settings, documents, policy)
    if policy is None or faults:
        raise OperatorMistake(faults)
    if settings.policy is not None:
        documents, unfit = offered(documents, team_files(settings.runbooks), policy)
        for fault in unfit:
            _log.warning("a runbook that ships is not offered under this policy: %s", fault)
    return Current(policy=policy, documents=documents)


def _policy(settings: Settings, known: Known) -> tuple[Policy | None, list[Fault]]:
    try:
        policy = load_policy(settings.policy, known)
    except OperatorMistake as mistake:
        return None, list(mistake.faults)
    if settings.policy is None and settings.slack_bot_token is not None:
        # Nobody wrote down which platforms have rooms: those that there is access to.
        policy = replace(policy, platforms=(*policy.platforms, SLACK))
    if settings.policy is None and settings.telegram_bot_token is not None:
        policy = replace(policy, platforms=(*policy.platforms, TELEGRAM))
    return policy, list(joint_faults(settings, policy))


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


@asynccontextmanager
async def opened(settings: Settings, current: Current | None = None) -> AsyncIterator[Base]:
    """Open the journal with its desks; enough for every command but `serve`.

    `current` None = policy and catalogue as they are configured.
    """
    clock, ids = SystemClock(), SystemIds()
    folder = data_folder(settings.data)
    key = bytes.fromhex(
        kept_secret(folder / "journal.key", (ids.new() + ids.secret()).encode().hex())
    )
    loaded = current or load_current(settings)
    async with AsyncExitStack() as stack:
        journal = SqliteJournal.open(folder / "journal.sqlite3", ids=ids)
        stack.push_async_callback(journal.close)
        tasks = await stack.enter_async_context(asyncio.TaskGroup())
        archive = Archive(journal=journal, key=key)

        def policy() -> Policy:
            return loaded.policy

        incidents: IncidentDesk = Desk(
            noun=IncidentNoun(),
            journal=journal,
            clock=clock,
            ids=ids,
            policy=policy,
            archive=archive,
            tasks=tasks,
            numbers=DayNumbers(journal),
        )
        system: SystemDesk = Desk(
            noun=SystemNoun(),
            journal=journal,
            clock=clock,
            ids=ids,
            policy=policy,
            archive=archive,
            tasks=tasks,
        )
        seating = Desk(
            noun=SeatNoun(),
            journal=journal,
            clock=clock,
            ids=ids,
            policy=policy,
            archive=archive,
            tasks=tasks,
        )
        yield Base(
            settings=settings,
            folder=folder,
            journal=journal,
            archive=archive,
            anchor=FileAnchor(folder / "anchor.jsonl"),
            current=loaded,
            clock=clock,
            ids=ids,
            incidents=incidents,
            system=system,
            seats=Seats(desk=seating, journal=journal, clock=clock, ids=ids),
        )
