"""What stands first: settings, policy, the opened journal, clock and chance.

It is all that alerts need, and importing it is cheap: see ADR 0008.
"""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from bot.adapters.clock import SystemIds
from bot.adapters.files import FileAnchor, data_folder, kept_secret, read_catalogue, read_texts
from bot.adapters.files.using import in_use
from bot.adapters.sqlite.journal import SqliteJournal
from bot.app.seams import PRODUCTION, Seams
from bot.config import Known, Settings, joint_faults, load_policy
from bot.domain.policy import Policy
from bot.errors import Fault, OperatorMistake
from bot.ports import Clock, Journal
from bot.usecases.current import Current
from handlers.alerts import SOURCES
from handlers.drill_source import DrillSource

SLACK = "slack"
TELEGRAM = "telegram"


@dataclass(frozen=True, slots=True, kw_only=True)
class Foundation:
    """What the rest is built on. `key` seals the chains of the journal."""

    settings: Settings
    folder: Path
    journal: Journal
    key: bytes
    anchor: FileAnchor
    current: Current
    clock: Clock
    ids: SystemIds
    seams: Seams


@asynccontextmanager
async def founded(
    settings: Settings, current: Current, seams: Seams = PRODUCTION
) -> AsyncIterator[Foundation]:
    """Open the journal; it is closed last."""
    clock, ids = seams.clock, SystemIds()
    folder = data_folder(settings.data)
    fresh = (ids.new() + ids.secret()).encode().hex()
    async with AsyncExitStack() as stack:
        stack.enter_context(in_use(folder))
        journal = seams.journal(SqliteJournal.open(folder / "journal.sqlite3", ids=ids))
        stack.push_async_callback(journal.close)
        yield Foundation(
            settings=settings,
            folder=folder,
            journal=journal,
            key=bytes.fromhex(kept_secret(folder / "journal.key", fresh)),
            anchor=FileAnchor(folder / "anchor.jsonl"),
            current=current,
            clock=clock,
            ids=ids,
            seams=seams,
        )


def read_policy(settings: Settings) -> tuple[Policy | None, list[Fault]]:
    """Read the policy, or every fault of it and of its neighbours; no runbook is read."""
    known = Known(
        runbooks=frozenset(read_catalogue(settings.runbooks)),
        templates=frozenset(
            name.removesuffix(".txt.j2") for name in read_texts(settings.templates)
        ),
        sources=frozenset({*SOURCES, DrillSource.name}),
    )
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
