"""Declaring in Slack: by a line, a form, a shortcut, a mention in a thread, or from the Home."""

from pathlib import Path

from tests.support.slack.interacting import words
from tests.support.slack.living import living, pinned
from tests.support.slack.workspace import BOT
from tests.support.waiting import eventually


async def test_an_incident_declared_in_slack_has_one_room_with_its_card_pinned(
    tmp_path: Path,
) -> None:
    async with living(tmp_path, settings="FIREWARDEN_PUBLIC_URL=https://fw.example.org") as here:
        line = "/incident declare sev2 checkout is down"
        first = await here.ann.types(line, trigger="t.7")
        again = await here.ann.types(line, trigger="t.7")
        room = await here.ann.room("checkout-is-down")
        [pin] = await pinned(room)
        card = await here.ann.sees("Commander: ", room)
        assert pin == card.ts
        assert "INC-" in first
        assert again.split()[:2] == first.split()[:2]
        assert len(here.team.called("conversations.create")) == 1


async def test_the_bar_of_a_room_leads_to_the_console_and_to_what_was_linked(
    tmp_path: Path,
) -> None:
    async with living(tmp_path, settings="FIREWARDEN_PUBLIC_URL=https://fw.example.org") as here:
        await here.ann.types("/incident declare sev3 cache is cold")
        room = await here.ann.room()
        await here.ann.types("/incident link runbook https://wiki.example.org/cache", room)

        async def bar() -> dict[str, str]:
            return {mark.title: mark.link for mark in room.bookmarks}

        seen = await eventually(bar, lambda found: "runbook" in found)
        assert seen == {
            "Console": "https://fw.example.org/",
            "runbook": "https://wiki.example.org/cache",
        }


async def test_declare_alone_opens_a_form_whose_answer_opens_the_room(tmp_path: Path) -> None:
    async with living(tmp_path) as here:
        assert await here.ann.types("/incident declare") == ""
        said = await here.ann.fills_in(
            title="payments are slow",
            severity="SEV2",
            services="checkout",
            impact="one in three payments fails",
        )
        room = await here.ann.room("payments-are-slow")
        card = await here.ann.sees("one in three payments fails", room)
        assert "INC-" in said
        assert "payments are slow" in words(card.blocks)


async def test_a_form_is_opened_from_the_search_bar(tmp_path: Path) -> None:
    async with living(tmp_path) as here:
        await here.ann.declares_from_anywhere()
        await here.ann.fills_in(title="login is broken", severity="SEV3")
        assert (await here.ann.room()).members >= {"U1"}


async def test_a_mention_in_a_thread_offers_the_form_by_a_button(tmp_path: Path) -> None:
    async with living(tmp_path) as here:
        said = await here.bob.says("search answers nothing", here.ops)
        await here.ann.says(f"<@{BOT}> declare", here.ops, under=said)
        offer = await here.ann.sees_button("Declare", here.ops)
        assert (offer.only_for, offer.thread) == ("U1", said.ts)

        assert await here.ann.presses("Declare", offer, here.ops) == ""
        await here.ann.fills_in(title="search is down")

        assert "search-is-down" in (await here.ann.room()).name


async def test_a_private_incident_is_in_a_private_channel_and_announced_nowhere(
    tmp_path: Path,
) -> None:
    async with living(tmp_path) as here:
        await here.ann.types("/incident declare sev3 a leak private")
        room = await here.ann.room()
        await here.ann.sees("a leak", room)
        assert room.private
        assert here.team.of.named("announcements").seen() == []
