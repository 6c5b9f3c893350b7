"""The part of the check that looks at this machine: data folder, journal, clock, people, hosts."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator, Iterator
from datetime import UTC
from pathlib import Path
from typing import Final

from bot.adapters.ssh.executor import ParamikoExecutor
from bot.app.base import Base, opened
from bot.app.signing_in import sits
from bot.cli.findings import Finding, counted, fault, fine, note
from bot.cli.host import SHORT
from bot.config import Settings, default_policy
from bot.domain.policy import Policy, PolicyPerson
from bot.errors import FirewardenError, OperatorMistake
from bot.records.rows import IncidentRow
from bot.redaction import Redactor
from bot.usecases.audit import Anchoring
from bot.usecases.current import Current
from bot.values import Host

_ROOM: Final = 256 * 1024 * 1024
"""Bytes that should be free: a backup of a year's journal and its log fit."""

_MANY: Final = 1000
"""Malformed alerts that are kept at most."""


async def installation_findings(settings: Settings, policy: Policy | None) -> list[Finding]:
    """Look at the data folder; one that is not there yet is made at the first start.

    `policy` None: it has faults, so its people are not looked for.
    """
    folder = settings.data
    if not (folder / "journal.sqlite3").exists():
        return [*_new_folder(folder), note("people and clock are compared once there is a journal")]
    found = [_space(folder), *_modes(folder)]
    try:
        async with opened(settings, Current(policy=policy or default_policy())) as base:
            found += await _journal(base)
            if policy is not None and settings.policy is not None:
                found += await _people(base, policy)
    except OperatorMistake as mistake:
        found += [fault(str(one)) for one in mistake.faults]
    except FirewardenError as error:
        found.append(fault(f"the journal cannot be used: {error}"))
    return found


async def host_findings(settings: Settings, policy: Policy) -> list[Finding]:
    """Log in to every host with both logins, changing nothing; all at once, within seconds."""
    hosts = [host for host in policy.hosts.values() if not host.practice]
    if not hosts:
        return [note("no host stands in the policy")]
    executor = ParamikoExecutor(redactor=Redactor(settings.secrets()), limits=SHORT)
    try:
        found = await asyncio.gather(*(_host(executor, host) for host in hosts))
    finally:
        await executor.close()
    return list(found)


def _new_folder(folder: Path) -> list[Finding]:
    existing = next(parent for parent in (folder, *folder.absolute().parents) if parent.exists())
    if not os.access(existing, os.W_OK | os.X_OK):
        return [fault(f"{folder}: {existing} cannot be written to")]
    return [fine(f"data folder {folder}: is made at the first start"), _space(existing)]


def _space(folder: Path) -> Finding:
    free = shutil.disk_usage(folder).free
    mebibytes = f"{free // (1024 * 1024):,} MiB free"
    if free < _ROOM:
        return fault(f"data folder {folder}: only {mebibytes}")
    return fine(f"data folder {folder}: {mebibytes}")


def _modes(folder: Path) -> Iterator[Finding]:
    for path in (folder, *sorted(folder.glob("*.token")), folder / "journal.key"):
        if path.exists() and path.stat().st_mode & 0o077:
            hint = f"chmod go= {path}"
            yield fault(f"{path}: others of this machine may read it ({hint})")


async def _journal(base: Base) -> list[Finding]:
    anchoring = Anchoring(journal=base.journal, anchor=base.anchor, clock=base.clock)
    behind = await anchoring.behind()
    found = [fault(f"the journal is behind its anchor: {finding}") for finding in behind]
    incidents = await base.journal.rows(IncidentRow)
    newest = max((incident.opened_at for incident in incidents), default=None)
    now = base.clock.now()
    if newest is not None and now < newest:
        late = (newest - now).total_seconds()
        found.append(fault(f"the clock is {late:.0f} s behind the newest incident"))
    else:
        found.append(fine(f"clock: {now.astimezone(UTC):%Y-%m-%d %H:%M:%S} UTC"))
    found += [
        note(f"{counted(waiting.parked, f'{waiting.kind} effect')} refused for good: see the log")
        for waiting in await base.journal.backlog()
        if waiting.parked
    ]
    malformed = len(await base.journal.quarantined(_MANY))
    if malformed:
        found.append(
            note(f"{counted(malformed, 'malformed alert')}: see `firewarden alert quarantine`")
        )
    return [*found, fine(f"journal: {counted(len(incidents), 'incident')}")]


async def _people(base: Base, policy: Policy) -> list[Finding]:
    named = {p for escalation in policy.escalations.values() for p in escalation.people}
    found: list[Finding] = []
    for person in (policy.people[ident] for ident in sorted(named)):
        ways = [way async for way in _ways(base, policy, person)]
        seatless = any(platform == "console" for platform, _ in person.accounts)
        if ways:
            found.append(fine(f"{person.id} can be paged: {', '.join(ways)}"))
        else:
            hint = f": firewarden seat add {person.id}" if seatless else ""
            found.append(fault(f"{person.id} is to be paged, and nothing reaches them{hint}"))
    return found


async def _ways(base: Base, policy: Policy, person: PolicyPerson) -> AsyncIterator[str]:
    seats = [account for platform, account in person.accounts if platform == "console"]
    seated = [seat for seat in seats if await base.seats.seat(seat) is not None]
    if seated or await sits(base, person.id):
        yield "console"
    for platform, _ in person.accounts:
        if platform != "console" and platform in policy.platforms:
            yield platform
    if person.webhook:
        yield "webhook"


async def _host(executor: ParamikoExecutor, host: Host) -> Finding:
    checks = await executor.preflight(host)
    failed = next((check for check in checks if not check.passed), None)
    if failed is not None:
        return fault(f"host {host.name}: {failed.name}: {failed.detail}")
    return fine(f"host {host.name}: host key, both logins and receipts")
