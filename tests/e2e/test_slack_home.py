"""The bot's Home in Slack: the form, what waits for whoever looks, and what is open now."""

from pathlib import Path

from tests.support.slack.interacting import words
from tests.support.slack.living import living
from tests.support.slack.person import buttons
from tests.support.slack.server import Slack


async def test_the_home_offers_the_form_and_follows_what_happens(tmp_path: Path) -> None:
    async with living(tmp_path) as here:
        await here.bob.opens_home()
        await here.bob.sees_at_home("Declare an incident")
        await here.ann.types("/incident declare sev2 the queue is stuck")
        await here.bob.sees_at_home("the queue is stuck")

        await here.bob.presses_at_home("Declare")
        assert "What is broken?" in words(here.bob.form().content["blocks"])


async def test_an_approval_on_the_home_is_given_there_and_counts_as_in_the_room(
    tmp_path: Path,
) -> None:
    async with living(tmp_path) as here:
        await here.bob.opens_home()
        await here.bob.sees_at_home("Nothing waits for an answer.")
        await here.ann.types("/incident drill disk-full")
        assert "Commands, exactly as they will run" in await here.bob.sees_at_home("Approve")
        room = await here.bob.room()
        card = await here.bob.sees_button("Approve", room)
        assert here.ran() == 0

        await here.bob.presses_at_home("Approve")

        await here.bob.sees_no_button("Approve", card)
        await here.bob.sees_at_home("Nothing waits for an answer.")
        await here.bob.sees("DONE and verified", room)
        assert here.ran() == 3


async def test_who_may_not_approve_has_no_button_on_their_home(tmp_path: Path) -> None:
    async with living(tmp_path, before=with_a_stranger) as here:
        carl = here.person("U3")
        await carl.opens_home()
        await here.ann.types("/incident drill disk-full")
        room = await here.bob.room()
        await here.bob.sees_button("Approve", room)
        assert "for somebody else · " in (await carl.sees_at_home("card")).replace("\n", "")
        assert "Approve" not in buttons(here.team.of.homes["U3"]["blocks"])


def with_a_stranger(team: Slack) -> None:
    """Let somebody be there whom the policy does not name."""
    team.of.add_user("U3", "carl")


async def test_a_private_incident_is_on_the_home_of_its_members_alone(tmp_path: Path) -> None:
    async with living(tmp_path) as here:
        await here.ann.opens_home()
        await here.bob.opens_home()
        await here.ann.types("/incident declare sev3 a leak private")
        await here.ann.types("/incident declare sev4 a cold cache")
        await here.ann.sees_at_home("a leak")
        assert "a leak" not in await here.bob.sees_at_home("a cold cache")
