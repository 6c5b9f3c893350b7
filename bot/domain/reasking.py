"""Questions that no longer fit what holds now: taken back, and asked anew."""

from bot.domain import run, running
from bot.domain.approval import Asked
from bot.domain.decided import Decision, Refusal
from bot.domain.draft import Draft
from bot.domain.events import (
    CardKind,
    DocumentChanged,
    Ending,
)
from bot.domain.run import Run
from bot.values import RunId


def asked_anew(draft: Draft, asked: Asked, document_now: str) -> Decision | None:
    """Replace an open question that no longer fits what holds now; None where it still fits."""
    current = draft.incident.runs.get(asked.card.run or RunId(""))
    if current is None:
        return Refusal(reason="There is no such run.")
    stale = run.stale_at_vote(current, asked, draft.setting(), document_now)
    if not stale:
        return None
    why = f"changed since it was asked: {', '.join(stale)}"
    running.withdraw(draft, asked, why)
    reload(draft, current, document_now)
    running.advance(draft, current.started.run)
    newer = [a.card.number for a in draft.incident.open_cards if a.card.run == asked.card.run]
    see = f" See card {newer[-1]}." if newer else ""
    draft.answer = f"Card {asked.card.number} no longer fits ({why}). Nothing was done.{see}"
    return draft.decided()


def ask_again_where_stricter(draft: Draft) -> None:
    """After the severity changed: replace every open question whose rule became stricter."""
    for asked in draft.incident.open_cards:
        if asked.card.kind in {CardKind.CHANGE, CardKind.UNDO}:
            current = draft.incident.runs[asked.card.run or RunId("")]
            if run.stale_at_vote(current, asked, draft.setting(), current.document):
                running.withdraw(draft, asked, "the severity changed, so its approval rule did")
                running.advance(draft, current.started.run)


def reload(draft: Draft, current: Run, document_now: str) -> None:
    """Take the catalogue's new text where nothing has been changed yet; stop where it is gone."""
    ident = current.started.run
    fresh = run.content_hash_of(document_now)
    if fresh == current.content_hash:
        return
    if not fresh:
        running.stop(
            draft,
            ident,
            Ending.STOPPED,
            "the catalogue no longer has a readable runbook of that name",
        )
        return
    draft.happen(DocumentChanged(run=ident, document=document_now, content_hash=fresh))
