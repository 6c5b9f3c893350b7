"""What the room is told of a run: what it saw, why it waits, how it ended, who acts next."""

from typing import assert_never

from bot.domain.approval import Asked
from bot.domain.events import (
    ApprovalVoided,
    AutonomyUsed,
    DecisionReached,
    DryRunReported,
    Ending,
    FollowUpNoted,
    ReservationAwaited,
    RunEnded,
    RunPaused,
    RunReopened,
    RunStarted,
    StepInDoubt,
    StepInterrupted,
)
from bot.domain.packet import ChangePacket
from bot.domain.state import Incident
from bot.values import CardId, RunId, Untrusted
from cards.context import Context, listed
from cards.incident_facts import step_words
from cards.model import Card, Code, Line, Tone
from cards.run_card import how_many_ran
from cards.telling import told


def run_message(  # noqa: C901, PLR0911, PLR0912 - one arm per event
    event: RunStarted
    | DecisionReached
    | AutonomyUsed
    | RunReopened
    | ReservationAwaited
    | StepInterrupted
    | StepInDoubt
    | ApprovalVoided
    | RunPaused
    | RunEnded
    | DryRunReported
    | FollowUpNoted,
    incident: Incident,
    context: Context,
) -> Card:
    """Return what this step of the run means for the people in the room."""
    name = _runbook(incident, event.run)
    line: Line
    match event:
        case RunStarted(requested_by=by, automatic=automatic):
            who = context.person(by) if by else "an alert"
            how = " by itself; looks, changes nothing" if automatic else ""
            return told(incident, Tone.NEUTRAL, (*name, f" starts{how} — ", who))
        case DecisionReached(because=because, action=action, phase=phase):
            again = " looked again after the yes" if phase == "again" else " looked"
            line = (*name, again, *_leads_to(action))
            return told(incident, Tone.NEUTRAL, line, ((because,),))
        case AutonomyUsed(because=because):
            line = (*name, " goes on WITHOUT A YES, as the policy allows: ", because)
            return told(incident, Tone.WARNING, line)
        case RunReopened():
            return told(incident, Tone.WAITING, (*name, " goes on: its question is asked again."))
        case ReservationAwaited(targets=targets, holder=holder):
            wanted = listed([(Code(target),) for target in targets])
            line = (*name, " waits: ", Untrusted(holder), " holds ", *wanted)
            freed: Line = ("It goes on by itself when they are free. Where that run ended badly, ",)
            return told(incident, Tone.WAITING, line, ((*freed, *_released("<run>")),))
        case StepInterrupted(path=path, host=host):
            line = (*name, ": Firewarden stopped during ", Code(path), " on ", Code(host))
            return told(incident, Tone.WARNING, (*line, ". Asking the host what became of it."))
        case StepInDoubt(path=path, host=host, why=why):
            line = (*name, " IN DOUBT at ", *_step(incident, event.run, path, host), ": ", why)
            return told(incident, Tone.DANGER, (*line, ". Look at the host, then answer the card."))
        case ApprovalVoided(card=card, why=why):
            line = (f"The yes to card {_number(incident, card)} no longer counts: ", why)
            return told(incident, Tone.WARNING, (*line, ". Nothing ran on it; it is asked anew."))
        case RunPaused(why=why):
            return told(incident, Tone.DANGER, (*name, " PAUSED: ", why, ". A human must decide."))
        case RunEnded():
            return _ended(event, incident, name)
        case DryRunReported():
            return _reported(event, incident, name)
        case FollowUpNoted(text=text, owner=owner):
            whose: Line = (" — ", Untrusted(owner)) if owner else ()
            return told(incident, Tone.NEUTRAL, ("Follow-up: ", text, *whose))
        case _:
            assert_never(event)


def _reported(event: DryRunReported, incident: Incident, name: Line) -> Card:
    """List every command that a run would have asked for."""
    packet = event.packet
    if not isinstance(packet, ChangePacket):
        return told(
            incident, Tone.NEUTRAL, (*name, " dry run: nothing would be asked. ", event.because)
        )
    changes = [c for c in packet.commands if c.changes]
    line: Line = (*name, " dry run: it would ask for ", packet.title, ". ", event.because)
    would = tuple((Code(c.line), " on ", Code(c.host)) for c in changes)
    return told(incident, Tone.NEUTRAL, line, would)


def _leads_to(action: str) -> Line:
    return (" → ", Code(Untrusted(action))) if action else ()


def _step(incident: Incident, run: RunId, path: str, host: str) -> Line:
    state = incident.runs.get(run)
    logs = state.steps if state else ()
    log = next((s for s in logs if (s.started.path, s.started.host) == (path, host)), None)
    return (step_words(log.started),) if log else (Code(path), " on ", Code(host))


_AFTER: dict[Ending, str] = {
    Ending.DONE: "Next: watch it, then /incident resolve",
    Ending.RESOLVED: "Nothing had to be changed. Next: /incident resolve",
    Ending.REJECTED: "Next: decide what else to do; the incident stays open",
    Ending.EXPIRED: "Next: /runbook run again, with somebody there to answer",
    Ending.ABORTED: "Next: look at the host before anything else is run",
    Ending.ESCALATED: "Next: whoever was paged takes it from here",
    Ending.STOPPED: "Next: a human looks; nothing more runs by itself",
    Ending.IN_DOUBT: "Next: look at the host, then answer the card",
    Ending.REFERRED: "Next: the card of the runbook that mends it",
}
_GOOD_ENDINGS = frozenset({Ending.DONE, Ending.RESOLVED, Ending.REFERRED})
_CALM_ENDINGS = frozenset({Ending.REJECTED})


def _ended(event: RunEnded, incident: Incident, name: Line) -> Card:
    tone = Tone.GOOD if event.ending in _GOOD_ENDINGS else Tone.WARNING
    tone = Tone.NEUTRAL if event.ending in _CALM_ENDINGS else tone
    whom = f" Paging {event.whom}." if event.whom and not incident.drill else ""
    line: Line = (*name, f" {event.ending.value.upper()}{how_many_ran(event)}")
    after = _AFTER[event.ending]
    if incident.runs[event.run].started.mode == "dry-run":
        after = "A dry run changes nothing"
    because: tuple[Line, ...] = ((event.because, whom),) if event.because.text else ()
    if event.ending is Ending.ESCALATED and incident.drill:
        after = "Next: take it from here; a drill pages nobody"
    return told(incident, tone, line, (*because, (after,), *_kept(incident, event.run)))


def _kept(incident: Incident, run: RunId) -> tuple[Line, ...]:
    """Say what a run that ended still keeps from others, and who gives it back."""
    state = incident.runs[run]
    if not state.targets:
        return ()
    kept = listed([(Code(target),) for target in state.targets])
    return (("Still reserved: ", *kept, ". Once it is sound, ", *_released(state.started.runbook)),)


def _released(run: str) -> Line:
    """Say who gives back what a run keeps, and how."""
    return ("an approver frees them in its room: ", Code(f"/runbook release {run} <reason>"))


def _runbook(incident: Incident, run: RunId) -> Line:
    state = incident.runs.get(run)
    return ("Runbook ", Code(state.started.runbook)) if state else ("A runbook",)


def _number(incident: Incident, card: CardId) -> str:
    asked: Asked | None = incident.cards.get(card)
    return str(asked.card.number) if asked else "?"
