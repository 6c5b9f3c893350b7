"""What a conversation is told about one event: short, factual, who must act next."""

from dataclasses import replace
from typing import assert_never

from bot.domain.effects import Place
from bot.domain.events import (
    AbortRequested,
    ActionAdded,
    ActionCompleted,
    AlertBrief,
    AlertsAttached,
    ApprovalVoided,
    AutonomyUsed,
    CardAsked,
    CardAskedAgain,
    CardDecided,
    CardExpired,
    CardReminded,
    CardWithdrawn,
    DecisionReached,
    DeliveryFailed,
    DocumentChanged,
    DryRunReported,
    Envelope,
    FollowUpNoted,
    GlassBroken,
    ImpactRecorded,
    IncidentClosed,
    IncidentDeclared,
    IncidentEvent,
    IncidentReopened,
    IncidentResolved,
    LinkAdded,
    NoteAdded,
    NoticeSent,
    PageAcknowledged,
    PageDelivered,
    PageExhausted,
    PageStarted,
    PageUndeliverable,
    PersonJoined,
    PersonPaged,
    PreflightFinished,
    PreflightStarted,
    ReadFinished,
    ReadStarted,
    ReservationAwaited,
    ReservationReleased,
    ReviewReminded,
    Role,
    RoleAssigned,
    RoomOpened,
    RunEnded,
    RunPaused,
    RunReopened,
    RunStarted,
    ServicesNamed,
    SeverityChanged,
    StartRecorded,
    StatusChanged,
    StepFinished,
    StepInDoubt,
    StepInterrupted,
    StepSettled,
    StepStarted,
    TargetsReserved,
    TextsErased,
    TitleChanged,
    UpdatePosted,
    UpdateReminded,
    VoteCast,
    WaitEnded,
    WaitStarted,
)
from bot.domain.state import Incident
from bot.values import Untrusted
from cards import handover_card
from cards.announcement import TEXTS, announcement_for, broken_glass, from_text, notice
from cards.context import Context, counted
from cards.incident_card import tone_of
from cards.model import At, Card, Code, Line, Paragraph, Strong, Tone
from cards.page_message import page_message
from cards.run_message import run_message
from cards.telling import told
from cards.undelivered import undelivered


def message_for(
    envelope: Envelope, incident: Incident, context: Context, place: Place = Place.ROOM
) -> Card | None:
    """Return what `place` is told, None where a card shows it already or it concerns nobody there.

    `incident` may have gone on since the event, so a message tells what the event itself holds.
    """
    event = envelope.event
    if isinstance(event, NoticeSent) and place is Place.CHANNEL:
        return notice(event, incident)
    if place is Place.CHANNEL:
        return announcement_for(envelope, incident, context)
    if not isinstance(event, IncidentEvent):
        return None
    return _of_life(envelope, event, incident, context)


# --- what the room hears ----------------------------------------------------------------------


def _of_life(  # noqa: C901, PLR0911, PLR0912 - one arm per event
    envelope: Envelope, event: IncidentEvent, incident: Incident, context: Context
) -> Card | None:
    by = context.person(envelope.actor)
    line: Line
    match event:
        case IncidentDeclared():
            return _declared(envelope, event, incident, context)
        case TitleChanged(title=title):
            line = ("Title: ", Strong(title), " — ", by)
        case SeverityChanged(severity=severity, previous=previous, reason=reason):
            why: Line = (": ", reason) if reason.text else ()
            line = (f"Severity {previous.value} → {severity.value}", *why, " — ", by)
            return told(incident, tone_of(incident), line)
        case StatusChanged(status=status, previous=was):
            line = (f"Status {was.value} → {status.value} — ", by)
        case ImpactRecorded():
            return _impact(event, incident)
        case LinkAdded(kind=kind, url=url):
            line = ("Link, ", kind, ": ", Code(url), " — ", by)
        case ActionAdded(n=n, text=text, owner=owner):
            whose: Line = (" — ", context.person(owner)) if owner else (" — nobody's yet",)
            line = (f"Action {n}: ", text, *whose)
        case ActionCompleted(n=n):
            words = next(
                (action.text for action in incident.actions if action.n == n), Untrusted("")
            )
            line = (f"Action {n} is done: ", words, " — ", by)
        case RoleAssigned():
            return _role(event, incident, context)
        case NoteAdded(text=text, about_at=about_at):
            under: Line = (" on the update of ", At(about_at)) if about_at else ()
            line = (by, *under, ": ", text)
        case UpdatePosted() | IncidentResolved():
            card = from_text(TEXTS[type(event)], envelope, incident, context)
            return _overridden(card, event)
        case UpdateReminded():
            return _reminded(event, incident, context)
        case IncidentReopened(reason=reason):
            line = ("Open again: ", reason, " — ", by)
            return told(incident, Tone.WARNING, line)
        case IncidentClosed(postmortem=postmortem, override=override):
            why = ("postmortem ", Code(postmortem)) if postmortem.text else (override,)
            line = ("Closed. ", *(why if why != (Untrusted(""),) else ()), " — ", by)
        case DeliveryFailed(why=why_not):
            what = undelivered(event, context)
            line = ("NOT DELIVERED: ", *what, ": ", why_not, ". Tell them another way.")
            return told(incident, Tone.DANGER, line)
        case AlertsAttached():
            return _alerts(event, incident)
        case (
            PageStarted()
            | PersonPaged()
            | PageUndeliverable()
            | PageAcknowledged()
            | PageExhausted()
        ):
            return page_message(event, incident, context)
        case CardExpired() | CardWithdrawn() | CardReminded():
            return _asked(event, incident, context)
        case GlassBroken() | ReviewReminded():
            return broken_glass(event, incident, context)
        case (
            RunStarted()
            | DecisionReached()
            | AutonomyUsed()
            | RunReopened()
            | ReservationAwaited()
            | StepInterrupted()
            | StepInDoubt()
            | ApprovalVoided()
            | RunPaused()
            | RunEnded()
            | DryRunReported()
            | FollowUpNoted()
        ):
            return run_message(event, incident, context)
        case NoticeSent(audience=audience, channel=channel, confirmed_by=confirmed):
            whom = context.people(confirmed)
            line = (f"Notice to {audience} sent in #{channel}, confirmed by ", *whom)
        case TextsErased(why=why_gone, erased=erased):
            line = (f"Texts of {counted(len(erased), 'event')} were erased: ", why_gone, " — ", by)
        case (
            ServicesNamed()
            | StartRecorded()
            | PersonJoined()
            | RoomOpened()
            | PageDelivered()
            | CardAsked()
            | VoteCast()
            | CardDecided()
            | CardAskedAgain()
            | PreflightStarted()
            | PreflightFinished()
            | ReadStarted()
            | ReadFinished()
            | TargetsReserved()
            | ReservationReleased()
            | StepStarted()
            | StepFinished()
            | StepSettled()
            | WaitStarted()
            | WaitEnded()
            | DocumentChanged()
            | AbortRequested()
        ):
            return None  # a card in the room shows it
        case _:
            assert_never(event)
    return told(incident, Tone.NEUTRAL, line)


def _declared(
    envelope: Envelope, event: IncidentDeclared, incident: Incident, context: Context
) -> Card:
    by: Line = ("an alert",) if event.group else (context.person(envelope.actor),)
    title: Line = (f"{event.severity.value} {event.number} ", Strong(event.title))
    lines: list[Line] = [("Declared by ", *by, " at ", At(envelope.at), ".")]
    if event.private:
        lines.append(("Private: only its members see it, and it is announced nowhere.",))
    lines.append(("Next: ", Code("/incident status"), ", ", Code("/incident help")))
    return told(incident, tone_of(incident), title, tuple(lines))


def _impact(event: ImpactRecorded, incident: Incident) -> Card:
    more = (("Users", event.users), ("Regions", event.regions), ("Data loss", event.data_loss))
    pairs: tuple[tuple[str, Line], ...] = tuple((n, (words,)) for n, words in more if words.text)
    return told(incident, Tone.NEUTRAL, ("Impact: ", event.text), pairs=pairs)


def _role(event: RoleAssigned, incident: Incident, context: Context) -> Card:
    if event.handover:
        return handover_card.build(incident, event, context)
    was: Line = (", was ", context.person(event.previous)) if event.previous else ()
    line: Line = (context.person(event.person), f" is {event.role.value} now", *was)
    return told(incident, Tone.NEUTRAL, line)


def _overridden(card: Card, event: UpdatePosted | IncidentResolved) -> Card:
    """Add what a resolve left open; an update has nothing of that."""
    if not isinstance(event, IncidentResolved) or not (event.open_points or event.still_firing):
        return card
    lines: list[Line] = [("Still open: ", point) for point in event.open_points]
    if event.still_firing:
        lines.append((f"{counted(event.still_firing, 'alert')} still firing.",))
    if event.override.text:
        lines.append(("Resolved all the same: ", event.override))
    return replace(card, blocks=(*card.blocks, Paragraph(tuple(lines))))


_REMINDED = {
    1: (Role.COMMUNICATIONS, "the communications lead"),
    2: (Role.COMMANDER, "the commander"),
}
"""Who is reminded at which level of lateness; after that, everybody is."""


def _reminded(event: UpdateReminded, incident: Incident, context: Context) -> Card:
    role, called = _REMINDED.get(event.level, (None, "anybody"))
    who = incident.roles.get(role) if role else None
    asked: Line = (context.person(who),) if who else (called,)
    line: Line = ("Update overdue since ", At(event.due), ". For ", *asked, ": ")
    return told(incident, Tone.WARNING, (*line, Code("/incident update <text> [next=30m]")))


# --- alerts -----------------------------------------------------------------------------------


def _alerts(event: AlertsAttached, incident: Incident) -> Card:
    parts = [f"{counted(event.firing, 'alert')} firing"] if event.firing else []
    parts += [f"{counted(event.resolved, 'alert')} resolved"] if event.resolved else []
    muted = " (maintenance window: nobody is paged)" if event.muted else ""
    title: Line = (f"{', '.join(parts) or 'Alerts repeated'}{muted}",)
    lines = tuple(_alert(brief) for brief in event.first)
    more = event.firing + event.resolved - len(event.first)
    rest: tuple[Line, ...] = ((f"and {more} more",),) if more > 0 else ()
    after: tuple[Line, ...] = ()
    if event.resolved and not event.firing:
        after = (("The incident stays open until somebody ends it: ", Code("/incident resolve")),)
    tone = Tone.WARNING if event.firing else Tone.GOOD
    return told(incident, tone, title, (*lines, *rest, *after))


_DRILL = "firewarden_drill"
_NAMED_ALREADY = frozenset({"alertname"})
_OF_DRILLS = _NAMED_ALREADY | {"drill", _DRILL}
"""Labels that say nothing to people: the card is marked as a drill."""


def _alert(brief: AlertBrief) -> Line:
    began = "since" if brief.status == "firing" else "after firing since"
    since: Line = (f" {began} ", At(brief.starts_at)) if brief.starts_at.year > 1970 else ()  # noqa: PLR2004 - the sender named no start
    ours = _OF_DRILLS if _DRILL in brief.labels else _NAMED_ALREADY
    labels = ", ".join(f"{k}={v}" for k, v in sorted(brief.labels.items()) if k not in ours)
    shown: Line = (" · ", Untrusted(labels)) if labels else ()
    return (f"{brief.status.upper()} ", brief.summary, *shown, *since)


def _asked(
    event: CardExpired | CardWithdrawn | CardReminded, incident: Incident, context: Context
) -> Card | None:
    asked = incident.cards.get(event.card)
    if asked is None:
        return None
    name: Line = (f"Card {asked.card.number} (", asked.card.title, ")")
    match event:
        case CardExpired():
            line: Line = (*name, " expired: nobody decided in time. Nothing was done.")
            again: Line = ("Ask again: ", Code(f"/incident ask-again {asked.card.number}"))
            return told(incident, Tone.WARNING, line, () if asked.asked_again else (again,))
        case CardReminded():
            line = (
                *name,
                " expires ",
                *context.until(asked.card.expires_at),
                " without an answer.",
            )
            return told(incident, Tone.WAITING, line)
        case CardWithdrawn(why=why, replaced_by=replaced_by):
            newer = incident.cards.get(replaced_by) if replaced_by else None
            see: Line = (f" See card {newer.card.number}.",) if newer else ()
            return told(incident, Tone.WARNING, (*name, " no longer stands: ", why, ".", *see))
        case _:
            assert_never(event)
