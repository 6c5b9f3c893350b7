"""The bot's Home in Slack: the form, what waits for whoever looks, and what is open now."""

from pathlib import Path

from tests.support.slack.interacting import words
from tests.support.slack.living import living


async def test_the_home_offers_the_form_and_follows_what_happens(tmp_path: Path) -> None:
    async with living(tmp_path) as here:
        await here.bob.opens_home()
        await here.bob.sees_at_home("Declare an incident")
        await here.ann.types("/incident declare sev2 the queue is stuck")
        await here.bob.sees_at_home("the queue is stuck")

        await here.bob.presses_at_home("Declare")
        assert "What is broken?" in words(here.bob.form().content["blocks"])


async def test_an_approval_is_on_the_home_of_who_may_give_it_until_it_is_given(
    tmp_path: Path,
) -> None:
    async with living(tmp_path) as here:
        await here.bob.opens_home()
        await here.bob.sees_at_home("Nothing waits for an answer.")
        await here.ann.types("/incident drill disk-full")
        assert "for you to answer" in await here.bob.sees_at_home("1 card waiting for an answer")

        room = await here.bob.room()
        card = await here.bob.sees_button("Approve", room)
        await here.bob.presses("Approve", card, room)

        await here.bob.sees_at_home("Nothing waits for an answer.")


async def test_a_private_incident_is_on_the_home_of_its_members_alone(tmp_path: Path) -> None:
    async with living(tmp_path) as here:
        await here.ann.opens_home()
        await here.bob.opens_home()
        await here.ann.types("/incident declare sev3 a leak private")
        await here.ann.types("/incident declare sev4 a cold cache")
        await here.ann.sees_at_home("a leak")
        assert "a leak" not in await here.bob.sees_at_home("a cold cache")
