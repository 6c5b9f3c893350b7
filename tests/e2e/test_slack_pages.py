"""Pages in Slack: a direct message with Acknowledge, and the next person where nobody is there."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from bot.domain.policy import Escalation, Policy
from tests.support.slack.interacting import words
from tests.support.slack.living import ANN, BOB, living
from tests.support.slack.server import Slack
from tests.support.waiting import eventually


async def test_a_page_comes_as_a_direct_message_and_is_acknowledged_there(tmp_path: Path) -> None:
    async with living(tmp_path) as here:
        await here.ann.types("/incident declare sev2 queue is stuck")
        room = await here.ann.room()
        await here.ann.types("/incident page <@U2|bob> please look", room)
        direct = await here.bob.direct()
        page = await here.bob.sees_button("Acknowledge", direct)
        assert "please look" in words(page.blocks)

        await here.bob.presses("Acknowledge", page, direct)

        await here.bob.sees_no_button("Acknowledge", page)

        async def joined() -> bool:
            return "U2" in room.members

        await eventually(joined, bool)


def bob_first(policy: Policy) -> Policy:
    calling = Escalation(group="responder", people=(BOB, ANN), every=timedelta(hours=1))
    escalations = {**policy.escalations, policy.default_escalation: calling}
    return replace(policy, escalations=escalations, platforms=("slack",))


def bob_has_left(team: Slack) -> None:
    team.of.users["U2"].deleted = True


async def test_somebody_who_cannot_be_reached_is_reported_and_the_next_one_is_paged_at_once(
    tmp_path: Path,
) -> None:
    async with living(tmp_path, changed=bob_first, before=bob_has_left) as here:
        await here.ann.types("/incident declare sev2 queue is stuck")
        room = await here.ann.room()
        await here.ann.types("/incident page on-call wake up", room)

        direct = await here.ann.direct()
        await here.ann.sees_button("Acknowledge", direct)

        told = await here.ann.sees("cannot be reached by slack", room)
        assert "the person's account is deactivated" in words(told.blocks)
