"""Live updates: a window hears what changed in it since it last looked, and nothing else."""

import asyncio

import pytest

from cards.model import message
from tests.unit.console.browsing import Browser
from tests.unit.console.scenery import NUMBER, set_the_scene
from tests.unit.console.world import World

AT = f"at=incidents/{NUMBER}&nonce=w"


async def test_a_new_message_arrives_with_its_number(browser: Browser, console: World) -> None:
    room = await set_the_scene(console)
    await browser.sign_in("commander")
    async with browser.live(f"/s/commander/live?{AT}&after=7") as events:
        await events.next("regions")
        ref = await console.chat.post(room, "new", message("something new"))
        ident, content = await events.next("message")
    assert int(ident) > 0
    assert content["id"] == f"m{ref.id}"
    assert "something new" in content["html"]


async def test_a_changed_message_arrives_under_its_old_place(
    browser: Browser, console: World
) -> None:
    room = await set_the_scene(console)
    ref = await console.chat.post(room, "status", message("step 1"))
    await browser.sign_in("commander")
    async with browser.live(f"/s/commander/live?{AT}&after=7") as events:
        await events.next("regions")
        await console.chat.update(ref, message("step 2"))
        _, content = await events.next("message")
    assert content["id"] == f"m{ref.id}"
    assert "step 2" in content["html"]


async def test_a_window_that_comes_back_gets_what_it_missed(
    browser: Browser, console: World
) -> None:
    room = await set_the_scene(console)
    await browser.sign_in("commander")
    async with browser.live(f"/s/commander/live?{AT}&after=0") as events:
        seen, _ = await events.next("message")
    for number in range(3):
        await console.chat.post(room, f"late:{number}", message(f"late {number}"))
    async with browser.live(f"/s/commander/live?{AT}", Last_Event_ID="7") as events:
        texts = [(await events.next("message"))[1]["html"] for _ in range(3)]
    assert int(seen) == 1
    assert [number for number in range(3) if f"late {number}" in texts[number]] == [0, 1, 2]


async def test_a_storm_is_caught_up_with_page_by_page(browser: Browser, console: World) -> None:
    room = await set_the_scene(console)
    await browser.sign_in("commander")
    async with browser.live(f"/s/commander/live?{AT}&after=7") as events:
        await events.next("regions")
        await asyncio.gather(
            *(console.chat.post(room, f"storm:{n}", message(f"storm {n}")) for n in range(450))
        )
        got = [(await events.next("message"))[0] for _ in range(450)]
    assert got == [str(number) for number in range(8, 458)]


async def test_messages_of_other_rooms_are_not_heard(browser: Browser, console: World) -> None:
    room = await set_the_scene(console)
    other = await console.chat.channel("announcements")
    await browser.sign_in("commander")
    async with browser.live(f"/s/commander/live?{AT}&after=7") as events:
        await events.next("regions")
        await console.chat.post(other, "1", message("elsewhere"))
        await console.chat.post(room, "2", message("here"))
        _, content = await events.next("message")
    assert "here" in content["html"]


async def test_a_region_is_sent_when_it_changed(browser: Browser, console: World) -> None:
    await set_the_scene(console)
    await browser.sign_in("approver")
    async with browser.live(f"/s/approver/live?{AT}&after=7") as events:
        _, first = await events.next("regions")
        console.views.asking = []
        console.changes.publish()
        _, second = await events.next("regions")
    assert set(first) == {"bar", "side", "head", "hint", "pinned", "opening"}
    assert "Your decision is needed" in first["bar"]
    assert set(second) == {"bar", "side", "hint"}
    assert second["bar"] == ""


async def test_a_window_whose_seat_is_revoked_is_told_to_go(
    browser: Browser, console: World
) -> None:
    await set_the_scene(console)
    await browser.sign_in("commander")
    async with browser.live(f"/s/commander/live?{AT}&after=7") as events:
        await events.next("regions")
        del console.seats.seats["commander"]
        console.changes.publish()
        _, content = await events.next("gone")
    assert content == {}


async def test_a_room_that_becomes_private_falls_silent(browser: Browser, console: World) -> None:
    room = await set_the_scene(console)
    await browser.sign_in("approver")
    async with browser.live(f"/s/approver/live?{AT}&after=7") as events:
        await events.next("regions")
        console.views.hidden = {"i1"}
        await console.chat.post(room, "secret", message("for members"))
        await events.next("gone")


@pytest.mark.parametrize("query", [f"at=incidents/{NUMBER}", "at=nowhere&nonce=w", "at=&nonce=a/b"])
async def test_a_stream_that_makes_no_sense_ends_at_once(
    browser: Browser, console: World, query: str
) -> None:
    await browser.sign_in("commander")
    async with browser.live(f"/s/commander/live?{query}") as events:
        assert events.status == 204


async def test_a_stranger_hears_nothing(browser: Browser, console: World) -> None:
    await set_the_scene(console)
    async with browser.live(f"/s/commander/live?{AT}") as events:
        assert events.status == 204
