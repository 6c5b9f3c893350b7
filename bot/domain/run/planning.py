"""Where a run takes its next step: what holds around it, and what the planner says of it."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TypeAlias

from bot.domain.approval import Asked
from bot.domain.effects import Effect
from bot.domain.events import (
    Event,
)
from bot.domain.policy import Policy
from bot.domain.run.folding import Run
from bot.values import (
    CardId,
    Severity,
)
from runbooks import steps
from runbooks.inventory import HostEntry, Inventory, ServiceEntry
from runbooks.loader import Runbook, load
from runbooks.parameters import Bindings
from runbooks.planner import Course, course, next_step

Moves: TypeAlias = tuple[tuple[Event, ...], tuple[Effect, ...]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """What a run needs to know of its incident and the world to take its next step."""

    policy: Policy
    severity: Severity
    drill: bool
    cards: Mapping[CardId, Asked]
    next_number: int
    seed: str
    now: datetime
    holder: str = ""
    """Who held a target when this was last tried to commit ("" = this is the first try)."""

    def ident(self, noun: str) -> str:
        """Return a fresh id; one intent asks at most one card per number."""
        return f"{self.seed}{noun}{self.next_number}"


def next_of(run: Run, policy: Policy, *, drill: bool) -> steps.NextStep:
    """Ask the planner, over the inventory that this run may touch."""
    return next_step(
        *_walk_of(run, policy, drill=drill),
        pace=run.started.pace,
        ambiguity=run.started.ambiguity,
    )


def course_of(run: Run, policy: Policy, *, drill: bool) -> Course:
    """Return where it stands, and every fact that has led there."""
    return course(*_walk_of(run, policy, drill=drill), ambiguity=run.started.ambiguity)


def inventory(policy: Policy, *, practice_only: bool) -> Inventory:
    """Return what runbooks may know; a drill knows practice hosts only."""
    return Inventory(
        hosts={
            name: HostEntry(name=name, service=host.service, groups=host.groups)
            for name, host in policy.hosts.items()
            if host.practice or not practice_only
        },
        services={
            name: ServiceEntry(
                name=name,
                owner=service.owner,
                health_url=service.health_url,
                processes=service.processes,
            )
            for name, service in policy.services.items()
        },
    )


def _walk_of(
    run: Run, policy: Policy, *, drill: bool
) -> tuple[Runbook, Bindings, steps.Progress, Inventory]:
    return (
        load(run.document, run.started.runbook),
        Bindings.from_json(json.loads(run.started.bindings)),
        run.progress,
        inventory(policy, practice_only=drill),
    )
