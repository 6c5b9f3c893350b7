"""Promises broken on purpose: each mutation takes one guard away, and the check must notice."""

import asyncio
import inspect
import textwrap
from collections.abc import Callable, Mapping, Sequence
from typing import Final, TypeAlias

import pytest

from bot.adapters.memory.effects import Effects
from bot.adapters.memory.journal import MemoryJournal
from bot.domain import approval, rules, run, stepping
from bot.ports import Commit, CommitOutcome, Committed
from bot.usecases import deciding
from bot.usecases.delivering import posts
from tests.simulation.journal import SimulatedJournal

Mutation: TypeAlias = Callable[[pytest.MonkeyPatch], None]


def self_approval(patch: pytest.MonkeyPatch) -> None:
    """Let whoever asked for a change say yes to it."""
    _alter(patch, approval, "may_answer", "if actor.person in asked.rule.excluded", "if False")
    # Whoever is excluded is not counted either: both guards must be gone.
    _alter(patch, rules, "quorum_met", " if person not in rule.excluded", "")
    for module in (approval, stepping):
        patch.setattr(module, "quorum_met", rules.quorum_met)


def digest_not_compared(patch: pytest.MonkeyPatch) -> None:
    """Start a step whatever has changed since the yes."""
    patch.setattr(run, "stale_at_start", lambda *_: ())


def shared_reservation(patch: pytest.MonkeyPatch) -> None:
    """Give a target to everybody who asks."""
    _alter(patch, deciding, "_exclusive", "return requires", "return []")


def freeze_ignored(patch: pytest.MonkeyPatch) -> None:
    """Start changes under a freeze."""
    guard = "return not scopes & {EVERYTHING, *services}"
    _alter(patch, MemoryJournal, "_holds", guard, "return True")


def requests_forgotten(patch: pytest.MonkeyPatch) -> None:
    """Carry a request out as often as it is sent."""

    async def never(_: MemoryJournal, ident: str) -> None:
        del ident

    patch.setattr(MemoryJournal, "known", never)
    guard = "if commit.request is not None and"
    _alter(patch, MemoryJournal, "_obstacle", guard, "if False and")


def deadline_called_an_end(patch: pytest.MonkeyPatch) -> None:
    """Take a command that outlived its deadline for one that has ended."""
    guard = "if intent.outcome.exit_status is None:\n        why"
    _alter(patch, stepping, "step_result", guard, "if False:\n        why")


def lanes_ignored(patch: pytest.MonkeyPatch) -> None:
    """Let messages to one room overtake each other."""
    guard = "if not lane:"
    _alter(patch, Effects, "_found_heads", guard, "if True:")


def start_not_recorded_first(patch: pytest.MonkeyPatch) -> None:
    """Say that a step's start is durable, and write it a second later."""
    commit = SimulatedJournal.commit

    async def early(self: SimulatedJournal, commits: Sequence[Commit]) -> Sequence[CommitOutcome]:
        starts = any(r.type == "StepStarted" for one in commits for r in one.records)
        if not starts:
            return await commit(self, commits)

        async def later() -> None:
            await asyncio.sleep(1.0)
            await commit(self, commits)

        task = asyncio.ensure_future(later())
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        return [Committed() for _ in commits]

    patch.setattr(SimulatedJournal, "commit", early)


def fence_ignored(patch: pytest.MonkeyPatch) -> None:
    """Let whoever has lost a claim settle it all the same."""
    patch.setattr(Effects, "holds_fence", lambda *_: True)


def lost_link_called_no_start(patch: pytest.MonkeyPatch) -> None:
    """Say of a command whose host was restarted that it never began."""
    patch.setattr(
        "bot.usecases.delivering.commands.Changes._learn",
        _told_not_begun,
    )


def cards_alike(patch: pytest.MonkeyPatch) -> None:
    """Take every card for what was sent last."""
    patch.setattr(posts, "look_of", lambda _: "alike")


async def _told_not_begun(
    self: object, claim: object, effect: object, started: object, quiet: object
) -> None:
    del started, quiet
    await self._not_possible(claim, effect, "the link was lost")  # type: ignore[attr-defined]


MUTATIONS: Final[Mapping[Mutation, str]] = {
    self_approval: "refused",
    digest_not_compared: "paused",
    shared_reservation: "queued",
    freeze_ignored: "frozen",
    requests_forgotten: "described",
    deadline_called_an_end: "doubted",
    lanes_ignored: "described",
    start_not_recorded_first: "repair",
    fence_ignored: "fleet",
    lost_link_called_no_start: "doubted",
    cards_alike: "described",
}
"""Each mutation, and a story in which the guard that it takes away decides something."""


def _alter(patch: pytest.MonkeyPatch, owner: object, name: str, old: str, new: str) -> None:
    """Replace a function by one whose text differs in one place, which must be there once."""
    function = inspect.unwrap(getattr(owner, name))
    source = textwrap.dedent(inspect.getsource(function))
    if source.count(old) != 1:
        raise ValueError(f"{name} has {old!r} {source.count(old)} times, not once")
    scope: dict[str, object] = {}
    exec(compile(source.replace(old, new), name, "exec"), function.__globals__, scope)  # noqa: S102 - our own text
    patch.setattr(owner, name, scope[name])
