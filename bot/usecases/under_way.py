"""Runs that are at work now, for whoever watches: what each does, and the card that shows more."""

from collections.abc import Sequence

from bot.domain.run import Run
from bot.domain.state import Incident
from bot.usecases.views import UnderWay
from cards.incident_facts import step_words
from cards.pressing import run_card_id


def runs_under_way(incident: Incident) -> Sequence[UnderWay]:
    """Return the runs that go on by themselves; those that wait for a human have a card for it."""
    return [
        UnderWay(card=run_card_id(incident.id, run.started.run), words=_words(run))
        for run in incident.live_runs
        if run.open_card is None and not run.paused and not (run.doing and run.doing.doubt)
    ]


def _words(run: Run) -> str:
    name = run.started.runbook
    if run.doing is not None:
        return f"{name} is at {step_words(run.doing.started)}"
    if run.holder:
        return f"{name} waits for targets that {run.holder} holds"
    if run.changed:
        return f"{name} checks what its change did"
    return f"{name} looks, and changes nothing"
