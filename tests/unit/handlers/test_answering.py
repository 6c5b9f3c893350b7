"""Answers to cards, pressed and typed: what is checked first, and what each one leads to."""

import pytest

from bot.domain.events import Status
from bot.requests import ReplyTone
from bot.values import ConversationRef
from tests.support.team import TEAM
from tests.support.world import World

EVERY_POINT = " ".join(
    f"{name}=yes" for name in ("cause", "fix", "systems", "metrics", "alerts", "customers", "owner")
)


async def resolving(world: World) -> ConversationRef:
    await world.say("ann", "/incident declare sev3 checkout is slow")
    at = await world.room()
    await world.say("ann", "/incident resolve The disk was full", at=at)
    return at


async def test_the_checklist_is_answered_with_a_press() -> None:
    async with World(policy=TEAM) as world:
        await resolving(world)
        (asked,) = (await world.incident()).open_cards
        values = {name: "yes" for name, _ in getattr(asked.card.packet, "points", ())}
        reply = await world.press("dan", asked.card.card, "resolve", values=values)
        incident = await world.incident()
        assert reply.tone is ReplyTone.DONE
        assert incident.status is Status.RESOLVED
        assert incident.resolution is not None
        assert incident.resolution.summary.text == "The disk was full"


async def test_the_checklist_is_answered_in_words() -> None:
    async with World(policy=TEAM) as world:
        at = await resolving(world)
        await world.say("dan", f"/incident answer 1 resolve {EVERY_POINT}", at=at)
        assert (await world.incident()).status is Status.RESOLVED


async def test_open_points_need_a_reason() -> None:
    async with World(policy=TEAM) as world:
        at = await resolving(world)
        without = await world.say("dan", "/incident answer 1 resolve cause=yes", at=at)
        given = await world.say(
            "dan", '/incident answer 1 resolve cause=yes reason="we go home"', at=at
        )
        resolution = (await world.incident()).resolution
        assert without.tone is ReplyTone.MISTAKE
        assert without.text.startswith("Still open: The fix is verified")
        assert without.field_errors == {"reason": without.text}
        assert given.tone is ReplyTone.DONE
        assert resolution is not None
        assert resolution.override.text == "we go home"


async def test_reject_keeps_it_open_and_a_later_answer_is_told_so() -> None:
    async with World(policy=TEAM) as world:
        at = await resolving(world)
        await world.say("dan", "/incident reject 1 too early", at=at)
        late = await world.say("ann", "/incident approve 1", at=at)
        assert (await world.incident()).status is Status.INVESTIGATING
        assert late.text == (
            "Card 1 was already decided at 10:42 UTC: Keep open by Dan. Nothing changed."
        )


async def test_reopen_and_close_follow() -> None:
    async with World(policy=TEAM) as world:
        at = await resolving(world)
        await world.say("dan", f"/incident answer 1 resolve {EVERY_POINT}", at=at)
        await world.say("dan", "/incident reopen errors are back", at=at)
        assert (await world.incident()).status is Status.INVESTIGATING
        await world.say("dan", "/incident resolve", at=at)
        await world.say("dan", f"/incident answer 2 resolve {EVERY_POINT}", at=at)
        await world.say("dan", "/incident close", at=at)
        assert (await world.incident()).status is Status.CLOSED


async def test_approvals_lists_what_waits_and_marks_what_is_ones_own() -> None:
    async with World(policy=TEAM) as world:
        at = await resolving(world)
        mine = await world.say("ann", "/incident approvals")
        not_mine = await world.say("eve", "/incident approvals", at=at)
        assert mine.text == "1 card waits for an answer."
        assert "INC-2026-1121-001 card 1 (checklist)" in world.shown(mine)
        assert "for you to answer" in world.shown(mine)
        assert "for somebody else" in world.shown(not_mine)


async def test_a_form_says_what_is_wrong_with_which_field() -> None:
    async with World(policy=TEAM) as world:
        await world.say("ann", "/incident declare sev9 checkout")
        (asked,) = (await world.incident()).open_cards
        reply = await world.press("ann", asked.card.card, "save", values={"severity": "SEV9"})
        assert reply.tone is ReplyTone.MISTAKE
        assert reply.field_errors == {"severity": "SEV9: not one of the choices"}


async def test_details_fill_in_what_was_missing() -> None:
    async with World(policy=TEAM) as world:
        await world.say("ann", "/incident declare sev2")
        (asked,) = (await world.incident()).open_cards
        values = {"title": "DB is down", "impact": "all", "services": "db", "junk": "x"}
        await world.press("ann", asked.card.card, "save", values=values)
        incident = await world.incident()
        assert (incident.title.text, incident.services) == ("DB is down", ("db",))
        assert incident.impact is not None
        assert incident.impact.text.text == "all"


async def test_a_press_on_a_card_that_is_not_there_says_so() -> None:
    async with World(policy=TEAM) as world:
        reply = await world.press("ann", "id-9c1", "approve")
        assert (reply.tone, reply.text) == (ReplyTone.MISTAKE, "There is no such card.")


async def test_a_card_of_a_private_incident_is_not_there_for_others() -> None:
    async with World(policy=TEAM) as world:
        await world.say("ann", "/incident declare sev9 keys leaked private")
        incident = await world.incident()
        (asked,) = incident.open_cards
        for card, option in (
            (asked.card.card, "save"),
            (f"incident:{incident.id}", "claim"),
            (f"incident:{incident.id}", "ack"),
            (f"run:{incident.id}:x", "abort"),
        ):
            reply = await world.press("bob", card, option)
            assert reply.text in {"There is no such card.", "There is no such incident."}


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("approve", "The number of a card is missing."),
        ("approve 7", "INC-2026-1121-001 has no card 7 (open: 1)."),
        ("answer 1", "Card 1 can be answered with: resolve (Resolve), keep-open (Keep open)."),
        ("answer 1 resolve now", "“now” has no place here."),
    ],
)
async def test_a_mistake_about_a_card_is_said(typed: str, said: str) -> None:
    async with World(policy=TEAM) as world:
        at = await resolving(world)
        reply = await world.say("ann", f"/incident {typed}", at=at)
        assert reply.tone is ReplyTone.MISTAKE
        assert reply.text.startswith(said)
