"""An incident in the plain words that templates and lists use."""

from datetime import datetime

from bot.domain.events import StepStarted
from bot.domain.run import Run
from bot.domain.state import Action, Incident
from bot.values import PersonId
from cards.context import Context, counted
from cards.plaintext import duration_words
from cards.texts import Facts, clock_of, moment_of


def facts_of(incident: Incident, context: Context, *, text: str = "", author: str = "") -> Facts:
    """Return everything that a template may name, as it stands at `context.now`."""
    impact = incident.impact
    return Facts(
        number=incident.number,
        title=incident.title.text,
        severity=incident.severity.value,
        status=incident.status.value,
        service=", ".join(incident.services),
        drill=incident.drill,
        now=moment_of(context.now),
        clock=clock_of(context.now),
        started=moment_of(began_at(incident)),
        duration=duration_words((incident.resolved_at or context.now) - began_at(incident)),
        impact=impact.text.text if impact else "",
        users=impact.users.text if impact else "",
        regions=impact.regions.text if impact else "",
        data_loss=impact.data_loss.text if impact else "",
        commander=name_of(incident.commander, context),
        author=author,
        text=text,
        actions=tuple(action_words(a, context) for a in incident.actions if not a.done),
        tried=tuple(run_words(run) for run in incident.runs.values()),
        open_questions=tuple(
            f"Card {asked.card.number}: {asked.card.title.text}" for asked in incident.open_cards
        ),
        next_update=moment_of(incident.next_update_at),
    )


def began_at(incident: Incident) -> datetime:
    """Return when it began: as recorded, else when it was declared."""
    return incident.started_at or incident.declared_at


def name_of(person: PersonId | None, context: Context) -> str:
    """Return a person's name, "" for nobody."""
    return "" if person is None else context.person(person).name.text


def action_words(action: Action, context: Context) -> str:
    """Return `2. Restart the queue — Ann`."""
    owner = f" — {name_of(action.owner, context)}" if action.owner else ""
    return f"{action.n}. {action.text.text}{owner}"


def run_words(run: Run) -> str:
    """Return what a run is doing or how it ended, in one line."""
    name = run.started.runbook
    if run.ended is not None:
        ran = counted(run.ended.commands_ran, "command")
        because = f" — {run.ended.because.text}" if run.ended.because.text else ""
        return f"{name}: {run.ended.ending.value}, {ran} ran{because}"
    doing = run.doing
    if doing is not None:
        return f"{name}: {step_words(doing.started)}" + (" is in doubt" if doing.doubt else "")
    if run.holder:
        return f"{name}: waiting for targets that {run.holder} holds"
    return f"{name}: {run.state}"


def step_words(started: StepStarted) -> str:
    """Return `step 2 of 3 on web-1`."""
    return f"step {started.number} of {started.of} on {started.host}"
