"""The end of an incident: the checklist, resolved, open again, closed."""

from bot.domain import approval, attaching
from bot.domain.decided import Decision, Refusal
from bot.domain.draft import Draft
from bot.domain.effects import ClearTimer, Timer
from bot.domain.events import (
    CardAsked,
    CardKind,
    IncidentClosed,
    Option,
    OutcomeKind,
    ResolvedRule,
    Status,
)
from bot.domain.intents import (
    Close,
    Reopen,
    Resolve,
)
from bot.domain.packet import ChecklistPacket
from bot.domain.state import next_number
from bot.values import CardId, Untrusted

CHECKLIST: tuple[tuple[str, str], ...] = (
    ("cause", "The root cause is known"),
    ("fix", "The fix is verified"),
    ("systems", "All systems have recovered"),
    ("metrics", "Metrics are back to normal"),
    ("alerts", "No alert is firing"),
    ("customers", "Customers have been told"),
    ("owner", "The postmortem has an owner"),
)
"""The resolve checklist (spec: product F3): (name, the sentence that must be true)."""


def resolve(draft: Draft, intent: Resolve) -> Decision:
    """Open the checklist; its answer resolves."""
    if not draft.incident.open:
        return Refusal(reason=f"It is {draft.incident.status} already.")
    if draft.incident.live_runs:
        return Refusal(reason="A run is still going: wait for it, or /runbook abort it first.")
    for asked in draft.incident.open_cards:
        if asked.card.kind is CardKind.CHECKLIST:
            draft.move(approval.withdraw(asked, "a fresh checklist follows"))
    number = next_number(draft.incident)
    draft.move(
        approval.ask(
            CardAsked(
                card=CardId(intent.fresh.ident("card", number)),
                number=number,
                kind=CardKind.CHECKLIST,
                title=Untrusted("Before it is called resolved"),
                options=(
                    Option(
                        id="resolve",
                        label="Resolve",
                        outcome=OutcomeKind.ACT,
                        consequence="tells the room and the announcement channel; "
                        "open points need a reason",
                        recommended=True,
                    ),
                    Option(
                        id="keep-open",
                        label="Keep open",
                        outcome=OutcomeKind.DECLINE,
                        consequence="the incident stays open",
                    ),
                ),
                rule=ResolvedRule(names=(), quorums=(), excluded=(), practice=draft.incident.drill),
                expires_at=draft.expires_at,
                remind_at=draft.remind_at,
                packet=ChecklistPacket(
                    summary=intent.summary,
                    points=CHECKLIST,
                    firing=draft.incident.firing,
                    owner=draft.incident.commander,
                ),
                requester=intent.by.person,
            )
        )
    )
    firing = draft.incident.firing
    still = f" {firing} alert{'s' * (firing != 1)} still firing." if firing else ""
    draft.answer = f"The checklist is card {number} in the room.{still}"
    return draft.decided()


def reopen(draft: Draft, intent: Reopen) -> Decision:
    """Say that it is not over."""
    if draft.incident.open:
        return Refusal(reason="It is open.")
    if draft.incident.status is Status.CLOSED:
        return Refusal(reason="It is closed; declare a new incident and link this one.")
    attaching.reopen(draft, intent.reason)
    draft.answer = f"{draft.incident.number} is open again."
    return draft.decided()


def close(draft: Draft, intent: Close) -> Decision:
    """File it, with its postmortem or the reason why there is none."""
    if draft.incident.status is not Status.RESOLVED:
        return Refusal(reason=f"It is {draft.incident.status}; /incident resolve comes first.")
    named = intent.postmortem.text.strip() or intent.override.text.strip()
    if draft.incident.postmortem and not draft.incident.drill and not named:
        return Refusal(
            reason=f"{draft.incident.severity} needs a postmortem: "
            "/incident close postmortem=<url>, or /incident close override=<reason>"
        )
    draft.happen(IncidentClosed(postmortem=intent.postmortem, override=intent.override))
    draft.do(
        ClearTimer(name="flap"),
        Timer(name="close-room", due=draft.after(draft.policy.close_room_after)),
    )
    draft.answer = f"{draft.incident.number} is closed."
    return draft.decided()
