"""A runbook as a question on the incident: shall it look? One press starts it."""

from bot.domain import approval, running
from bot.domain.decided import Decided, Decision, Refusal
from bot.domain.draft import Draft
from bot.domain.events import CardAsked, CardKind, NoteAdded, Option, OutcomeKind, ResolvedRule
from bot.domain.intents import ProposeRun
from bot.domain.packet import ChoicePacket, RunPacket
from bot.domain.state import next_number
from bot.errors import OperatorMistake
from bot.values import CardId, Untrusted
from runbooks.loader import load


def propose(
    draft: Draft,
    *,
    runbook: str,
    document: str,
    bindings: str,
    leads_in: str,
) -> str:
    """Ask whether to run this exact text; returns why it cannot be asked, "" where it was."""
    try:
        loaded = load(document, runbook)
    except OperatorMistake as mistake:
        return f"The runbook {runbook} has a fault: {mistake}"
    packet = RunPacket(
        runbook=runbook,
        title=loaded.title,
        description=loaded.description,
        document=document,
        bindings=bindings,
        content_hash=loaded.content_hash,
        parameters=running.parameters_of(bindings),
    )
    _ask(draft, title=f"{leads_in}: {loaded.title}", packet=packet, later=runbook)
    return ""


def propose_one_of(draft: Draft, candidates: tuple[RunPacket, ...]) -> None:
    """Ask which of several runbooks that match an alert is to look first."""
    title = f"{len(candidates)} runbooks match this alert: which one?"
    _ask(draft, title=title, packet=ChoicePacket(candidates=candidates), later="<name>")


def propose_fix(draft: Draft, intent: ProposeRun) -> Decision:
    """Propose the runbook that a playbook named as the fix; where that cannot be, wake somebody."""
    if intent.after not in draft.incident.runs:
        return Refusal(reason="there is no such run")
    if not draft.incident.open:
        return Decided()
    why_not = intent.refused or propose(
        draft,
        runbook=intent.runbook,
        document=intent.document,
        bindings=intent.bindings,
        leads_in="This mends the cause that was found",
    )
    if why_not:
        words = f"The runbook {intent.runbook}, which would be the fix, is not proposed: {why_not}"
        draft.happen(NoteAdded(text=Untrusted(words)))
        draft.page(words)
    return draft.decided()


def _ask(draft: Draft, *, title: str, packet: RunPacket | ChoicePacket, later: str) -> None:
    """Ask whether to look; `later` is what to type after `/runbook run` instead."""
    number = next_number(draft.incident)
    draft.move(
        approval.ask(
            CardAsked(
                card=CardId(draft.intent.fresh.ident("card", number)),
                number=number,
                kind=CardKind.RUN,
                title=Untrusted(title),
                options=(
                    Option(
                        id="run",
                        label="Run triage",
                        outcome=OutcomeKind.ACT,
                        consequence="looks at the host, changes nothing; a change is asked for",
                        recommended=True,
                    ),
                    Option(
                        id="dismiss",
                        label="Not now",
                        outcome=OutcomeKind.DECLINE,
                        consequence=f"later: /runbook run {later}",
                    ),
                ),
                rule=ResolvedRule(names=(), quorums=(), excluded=(), practice=draft.incident.drill),
                expires_at=draft.expires_at,
                remind_at=draft.remind_at,
                packet=packet,
            )
        )
    )
