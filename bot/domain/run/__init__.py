r"""Runbook runs: fold the run's events into the planner's progress, turn its next step into work.

    triage -> asked -> (yes) triage again -> reserved -> changing -> verifying -> ended
                  \-> (no) ended            \-> asked anew          \-> in doubt -> a human says

The planner (`runbooks.planner`) alone says what comes next; this package adds what the planner
cannot know: who said yes, whose targets they are, and what became of a command.
"""

from bot.domain.run.asking import ABORT, BREAK_GLASS, ask_in_doubt
from bot.domain.run.autonomy import still_allowed
from bot.domain.run.bearing import why_it_matters
from bot.domain.run.binding import content_hash_of, rule_for, stale_at_start, stale_at_vote
from bot.domain.run.ending import describe_targets, end, kill, release, stop
from bot.domain.run.folding import Run, StepLog, evolve, known
from bot.domain.run.moving import DRILL_PACE, RESERVE_AGAIN, advance, attempt_of
from bot.domain.run.planning import Moves, Setting, inventory, next_of
from bot.domain.run.preflight import failures

__all__ = [
    "ABORT",
    "BREAK_GLASS",
    "DRILL_PACE",
    "RESERVE_AGAIN",
    "Moves",
    "Run",
    "Setting",
    "StepLog",
    "advance",
    "ask_in_doubt",
    "attempt_of",
    "content_hash_of",
    "describe_targets",
    "end",
    "evolve",
    "failures",
    "inventory",
    "kill",
    "known",
    "next_of",
    "release",
    "rule_for",
    "stale_at_start",
    "stale_at_vote",
    "still_allowed",
    "stop",
    "why_it_matters",
]
