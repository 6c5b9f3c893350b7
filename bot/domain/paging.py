"""Waking people from an incident, and their "I have it"."""

from bot.domain import escalation
from bot.domain.decided import Decision, Refusal
from bot.domain.draft import Draft
from bot.domain.events import (
    PageDelivered,
    PageUndeliverable,
    PersonJoined,
)
from bot.domain.intents import (
    Acknowledge,
    Page,
    PageResult,
)


def page(draft: Draft, intent: Page) -> Decision:
    """Wake a person or a group."""
    if draft.incident.drill:
        return Refusal(reason="A drill pages nobody.")
    if intent.escalation and intent.escalation not in draft.policy.escalations:
        names = ", ".join(sorted(draft.policy.escalations))
        return Refusal(reason=f"There is no group “{intent.escalation}” to page (known: {names}).")
    steps = escalation.start(
        draft.policy,
        page=intent.fresh.ident("page", len(draft.incident.pages) + 1),
        reason=intent.reason.text or f"{intent.by.name} asks for you",
        escalation=intent.escalation,
        now=draft.now,
        people=intent.people,
    )
    draft.steps(steps)
    first = next(iter(intent.people), None)
    whom = draft.policy.name_of(first) if first else intent.escalation
    draft.answer = f"Paging {whom or draft.policy.default_escalation}."
    return draft.decided()


def acknowledge(draft: Draft, intent: Acknowledge) -> Decision:
    """Somebody has it: every open page stops waking people."""
    wanted = [p for i, p in draft.incident.pages.items() if not intent.page or i == intent.page]
    if intent.page and not wanted:
        return Refusal(reason="There is no such page.", hidden=True)
    unheard = [p for p in wanted if p.open]
    if not unheard:
        by = wanted[-1].acknowledged_by if wanted else None
        who = f": {draft.policy.name_of(by)} has it" if by else ""
        return Refusal(reason=f"Nothing waits for an acknowledgement{who}.")
    for page in unheard:
        draft.steps(escalation.acknowledge(draft.policy, page, intent.by.person))
    if intent.by.person not in draft.incident.members:
        draft.happen(PersonJoined(person=intent.by.person))
    draft.invite(intent.by.person)
    draft.answer = "You have it. Nobody further is woken."
    return draft.decided()


def page_result(draft: Draft, intent: PageResult) -> Decision:
    """Take what a pager said; where nobody can be reached, the next person is told at once."""
    page = draft.incident.pages.get(intent.page)
    if page is None:
        return Refusal(reason="There is no such page.", hidden=True)
    if not intent.why.text:
        draft.happen(PageDelivered(page=intent.page, person=intent.person, pager=intent.pager))
        return draft.decided()
    draft.happen(
        PageUndeliverable(
            page=intent.page, person=intent.person, pager=intent.pager, why=intent.why
        )
    )
    page = draft.incident.pages[intent.page]
    current = page.paged[-1].person if page.paged else None
    if current == intent.person and escalation.unreachable(draft.policy, page, intent.person):
        draft.steps(escalation.advance(draft.policy, page, draft.now))
    return draft.decided()
