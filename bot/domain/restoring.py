"""What a restored backup means for runs: nothing that was begun or approved goes on by itself.

What happened after the backup was taken is not in it. A command that it shows as running has
ended since; one that it shows as approved may have run. So what was begun is in doubt, a yes that
has not been used counts for nothing, and a run between two steps waits for a human.
"""

import json

from bot.domain import run, running, stepping
from bot.domain.approval import Asked
from bot.domain.decided import Decision
from bot.domain.draft import Draft
from bot.domain.effects import Timer
from bot.domain.events import ApprovalVoided, Ending, RunPaused
from bot.domain.intents import PutInDoubt
from bot.domain.run import Run
from bot.values import Untrusted


def put_in_doubt(draft: Draft, intent: PutInDoubt) -> Decision:
    """Stop trusting every yes and every start of this incident."""
    for current in draft.incident.live_runs:
        _doubt(draft, current, intent.why.text)
    return draft.decided()


def _doubt(draft: Draft, current: Run, why: str) -> None:
    ident, log = current.started.run, current.doing
    asked = draft.incident.cards.get(current.approval) if current.approval else None
    if log is not None and not log.doubt:
        stepping.put_in_doubt(draft, current, log, why)
    if asked is None or current.paused or not _unused(current, asked):
        return
    if current.changed or log is not None:
        draft.happen(RunPaused(run=ident, why=Untrusted(why)))
        draft.page(
            f"A run stopped between two steps: {why}. Nothing further runs by itself: "
            f"look at the host, then /runbook abort {ident}"
        )
    elif current.autonomous:
        # Asked anew it would say yes to itself.
        running.stop(draft, ident, Ending.STOPPED, why)
    else:
        _void(draft, current, asked, why)


def _void(draft: Draft, current: Run, asked: Asked, why: str) -> None:
    """Take the yes back; the run asks anew once the bot serves and the inventory is whole."""
    ident = current.started.run
    draft.happen(ApprovalVoided(run=ident, card=asked.card.card, why=Untrusted(why)))
    draft.move(run.release(draft.incident.runs[ident], why))
    draft.do(Timer(name=f"reserve:{ident}", due=draft.now))


def _unused(current: Run, asked: Asked) -> bool:
    """Whether the yes covers commands that have not been begun."""
    begun = {(log.started.path, log.started.host) for log in current.steps}
    return any(
        command["changes"] and (command["path"], command["host"]) not in begun
        for command in json.loads(asked.card.inputs)["commands"]
    )
