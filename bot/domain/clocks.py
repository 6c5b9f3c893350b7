"""What a timer that is due still means: each may be stale, and then means nothing."""

from datetime import timedelta

from bot.domain import answers, attaching, escalation, running
from bot.domain.approval import CardState
from bot.domain.decided import Decided, Decision, Refusal
from bot.domain.draft import Draft
from bot.domain.effects import Timer
from bot.domain.events import CardReminded, ReviewReminded, Status, UpdateReminded
from bot.domain.intents import TimerDue
from bot.domain.opening import rooms_follow
from bot.values import CardId, Untrusted

REMIND_AGAIN = timedelta(minutes=5)
"""An overdue update reminds somebody further up after each of these."""

LAST_REMINDER = 3
"""The communications lead, the commander, the announcement channel (spec: product F5)."""


def ring(draft: Draft, intent: TimerDue) -> Decision:  # noqa: C901, PLR0911 - the table of timers
    """Take a timer as a hint; `name` is its kind, and after a colon what it is about."""
    kind, _, about = intent.name.partition(":")
    match kind:
        case "no-commander":
            return _no_commander(draft)
        case "update":
            return _update_due(draft)
        case "flap":
            return _flap_window_over(draft)
        case "close-room":
            return Decided(effects=rooms_follow(draft.incident))
        case "page":
            return _nobody_acknowledged(draft, about)
        case "remind":
            return _card_expires_soon(draft, CardId(about))
        case "review":
            return _review_due(draft, CardId(about))
        case "expire":
            return answers.expire(draft, CardId(about))
        case "wait":
            return running.wait_over(draft, about)
        case "reserve":
            return running.reserve_again(draft, about)
        case _:
            return Refusal(reason=f"no timer is called {intent.name}")


def _no_commander(draft: Draft) -> Decision:
    if draft.incident.open and draft.incident.commander is None:
        draft.page("This incident has had no commander for too long: claim it.")
    return draft.decided()


def _update_due(draft: Draft) -> Decision:
    due = draft.incident.next_update_at
    if not draft.incident.open or due is None or draft.now < due:
        return Decided()
    level = draft.incident.reminders + 1
    draft.happen(UpdateReminded(due=due, level=level))
    if level < LAST_REMINDER:
        draft.do(Timer(name="update", due=draft.after(REMIND_AGAIN)))
    return draft.decided()


def _flap_window_over(draft: Draft) -> Decision:
    if draft.incident.status is Status.RESOLVED and draft.incident.firing:
        attaching.reopen(draft, Untrusted("alerts still fire after the flap window"))
        draft.page("It was resolved, and its alerts still fire.")
    return draft.decided()


def _nobody_acknowledged(draft: Draft, page: str) -> Decision:
    state = draft.incident.pages.get(page)
    if state is not None and (state.next_at is None or draft.now >= state.next_at):
        draft.steps(escalation.advance(draft.policy, state, draft.now))
    return draft.decided()


def _card_expires_soon(draft: Draft, card: CardId) -> Decision:
    asked = draft.incident.cards.get(card)
    if asked is not None and asked.state is CardState.OPEN:
        draft.happen(CardReminded(card=card))
    return draft.decided()


def _review_due(draft: Draft, card: CardId) -> Decision:
    broken = draft.incident.broken_glass.get(card)
    if broken is None:
        return Decided()
    done = any(action.n == broken.action and action.done for action in draft.incident.actions)
    if not done:
        draft.happen(ReviewReminded(card=card, action=broken.action))
    return draft.decided()
