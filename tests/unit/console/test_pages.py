"""What the pages show, to whom, and that nothing foreign gets into them."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from bot.adapters.console.assets import Assets
from bot.ports import RoomSpec
from bot.usecases.views import UnderWay
from bot.values import CardId, PersonId, Untrusted
from cards.model import Card, Code, Notice, Person, Tone, message
from tests.unit.console.browsing import Browser
from tests.unit.console.scenery import NUMBER, set_the_scene, summary
from tests.unit.console.world import World

PAGES = ("", "approvals", "help", "direct", "channels/announcements", "channels/stakeholders")


@pytest.mark.parametrize("page", [*PAGES, f"incidents/{NUMBER}", f"incidents/{NUMBER}/timeline"])
async def test_every_page_is_there_without_inline_script_or_style(
    browser: Browser, console: World, page: str
) -> None:
    await set_the_scene(console)
    await browser.sign_in("commander")
    shown = await browser.get(f"/s/commander/{page}")
    assert shown.status == 200
    assert not re.search(r"<script(?![^>]* src=)|<style| style=| on\w+=|javascript:", shown.text)


@pytest.mark.parametrize(
    "page",
    ["incidents/INC-0", "incidents/INC-0/timeline", "channels/none", "nowhere", "files/x/1"],
)
async def test_a_page_that_is_not_there_is_404(browser: Browser, page: str) -> None:
    await browser.sign_in("commander")
    assert (await browser.get(f"/s/commander/{page}")).status == 404


async def test_a_private_incident_is_nowhere_for_somebody_outside(
    browser: Browser, console: World
) -> None:
    await set_the_scene(console)
    console.views.hidden = {"i1"}
    console.views.asking = []
    await browser.sign_in("approver")
    hidden = await browser.get(f"/s/approver/incidents/{NUMBER}")
    absent = await browser.get("/s/approver/incidents/INC-2026-0000-000")
    assert hidden.status == absent.status == 404
    assert hidden.text == absent.text
    for page in PAGES:
        assert NUMBER not in (await browser.get(f"/s/approver/{page}")).text


async def test_the_open_approval_is_on_every_page(browser: Browser, console: World) -> None:
    await set_the_scene(console)
    await browser.sign_in("approver")
    for page in (*PAGES, f"incidents/{NUMBER}", f"incidents/{NUMBER}/timeline"):
        shown = await browser.get(f"/s/approver/{page}")
        assert "Your decision is needed" in shown.text
        assert 'data-until="2026-11-21T12:49:56Z"' in shown.text
        assert "<title>(1) " in shown.text


async def test_only_somebody_who_may_answer_gets_the_buttons(
    browser: Browser, console: World
) -> None:
    await set_the_scene(console)
    await browser.sign_in("commander")
    await browser.sign_in("approver")
    theirs = (await browser.get(f"/s/commander/incidents/{NUMBER}")).text
    mine = (await browser.get(f"/s/approver/incidents/{NUMBER}")).text
    assert 'value="approve"' not in theirs
    assert "Somebody else must say yes to this." in theirs
    assert 'action="/s/approver/cards/c-packet/answers"' in mine
    assert 'value="approve"' in mine


async def test_each_window_names_the_next_click(browser: Browser, console: World) -> None:
    await set_the_scene(console)
    await browser.sign_in("commander")
    await browser.sign_in("approver")
    assert (
        "Waiting for the approver: switch to the other window."
        in (await browser.get(f"/s/commander/incidents/{NUMBER}")).text
    )
    assert "press Approve or Reject" in (await browser.get(f"/s/approver/incidents/{NUMBER}")).text


async def test_an_empty_console_says_what_to_try_first(browser: Browser) -> None:
    shown = await browser.sign_in("commander")
    assert "All quiet" in shown.text
    assert 'data-fill="/incident drill disk-full"' in shown.text


async def test_foreign_text_stays_text(browser: Browser, console: World) -> None:
    hostile = '"><img src=x onerror=alert(1)><script>alert(2)</script>\u202e'
    room = await console.chat.open_room(RoomSpec(key="i1", name=hostile, topic=hostile))
    console.views.summaries = [summary(room, title=hostile)]
    await console.chat.post(room, "1", message(Untrusted(hostile)))
    card = Card(title=(Person(PersonId("p"), Untrusted(hostile)),), footer=(Code(hostile),))
    await console.chat.post(room, "2", card)
    await browser.sign_in("commander")
    for page in ("", f"incidents/{NUMBER}"):
        text = (await browser.get(f"/s/commander/{page}")).text
        assert "<img src=x" not in text
        assert "<script>alert" not in text
        assert "\u202e" not in text
        assert "[U+202E]" in text


async def test_a_direct_message_is_seen_by_its_person_alone(
    browser: Browser, console: World
) -> None:
    mine = await console.chat.direct(PersonId("p-commander"))
    await console.chat.post(mine, "page:1", message("wake up, commander"))
    await browser.sign_in("commander")
    await browser.sign_in("approver")
    assert "wake up" in (await browser.get("/s/commander/direct")).text
    assert "wake up" not in (await browser.get("/s/approver/direct")).text


async def test_a_file_is_downloaded_never_shown(browser: Browser, console: World) -> None:
    room = await set_the_scene(console)
    ref = await console.chat.attach(room, "f", "out <1>.html", b"<script>alert(1)</script>")
    await browser.sign_in("commander")
    shown = await browser.get(f"/s/commander/files/{room.id}/{ref.id}")
    assert shown.text == "<script>alert(1)</script>"
    assert shown.headers["Content-Type"] == "application/octet-stream"
    assert shown.headers["Content-Disposition"] == (
        "attachment; filename*=UTF-8''out%20%3C1%3E.html"
    )


async def test_a_file_of_a_private_room_is_not_there_for_others(
    browser: Browser, console: World
) -> None:
    room = await set_the_scene(console)
    ref = await console.chat.attach(room, "f", "out.txt", b"secret")
    console.views.hidden = {"i1"}
    await browser.sign_in("approver")
    assert (await browser.get(f"/s/approver/files/{room.id}/{ref.id}")).status == 404


async def test_a_room_shows_its_newest_page_and_the_way_to_earlier_ones(
    browser: Browser, console: World
) -> None:
    room = await set_the_scene(console)
    for number in range(250):
        await console.chat.post(room, f"n:{number}", message(f"number {number:03}"))
    await browser.sign_in("commander")
    newest = (await browser.get(f"/s/commander/incidents/{NUMBER}")).text
    assert "number 249" in newest
    assert "number 049" not in newest
    link = re.search(r"\?before=\d+", newest)
    assert link is not None
    earlier = (await browser.get(f"/s/commander/incidents/{NUMBER}{link[0]}")).text
    assert "number 049" in earlier
    assert "number 050" not in earlier


async def test_static_files_may_be_kept_and_are_named_by_their_content(browser: Browser) -> None:
    release = Assets.load().release
    shown = await browser.get(f"/static/{release}/console.css")
    assert shown.status == 200
    assert shown.headers["Cache-Control"] == "public, max-age=31536000, immutable"
    assert (await browser.get("/static/other/console.css")).status == 404
    assert (await browser.get(f"/static/{release}/..%2fserver.py")).status == 404


async def test_the_list_is_searched_and_filtered(browser: Browser, console: World) -> None:
    await set_the_scene(console)
    await browser.sign_in("commander")
    found = (await browser.get("/s/commander/?text=checkout&state=all")).text
    rows = re.findall(r'<a class="incident-row" href="([^"]+)"', found)
    assert rows == ["/s/commander/incidents/INC-2026-1121-002"]


async def test_a_storm_of_incidents_is_listed_in_part_and_counted_in_full(
    browser: Browser, console: World
) -> None:
    console.views.summaries = [
        summary(ident=f"i{n}", number=f"INC-2026-1121-{n:03}", title=f"Service {n} is slow")
        for n in range(250)
    ]
    await browser.sign_in("commander")
    text = (await browser.get("/s/commander/")).text
    assert text.count('class="incident-row"') == 100
    assert text.count('class="dot sev3"') == 20
    assert "and 150 more: search for them" in text
    assert "250 open" in text


async def test_a_drill_is_marked_wherever_it_is_named(browser: Browser, console: World) -> None:
    await set_the_scene(console)
    await browser.sign_in("approver")
    badge = '<span class="badge badge-drill">DRILL</span>'
    listed = (await browser.get("/s/approver/")).text
    # In the side bar, above the list, and in it: before the words, where nothing cuts it off.
    assert listed.count(badge) == 3
    assert f'{badge}<span class="incident-words">Disk full on practice-1</span>' in listed
    assert f"{badge} {NUMBER} · Free space" in listed
    approvals = (await browser.get("/s/approver/approvals")).text
    assert f'{badge}<span class="incident-words">Free space' in approvals
    assert '<span class="pill pill-card">card 1</span>' in approvals


async def test_a_run_that_is_at_work_is_told_in_its_room_and_leads_to_its_card(
    browser: Browser, console: World
) -> None:
    await set_the_scene(console)
    console.views.asking = []
    console.views.working = {
        "i1": [UnderWay(card=CardId("run:i1:r1"), words="disk-full is at step 1 of 3 on web-1")]
    }
    await browser.sign_in("approver")
    room = (await browser.get(f"/s/approver/incidents/{NUMBER}")).text
    assert "<strong>disk-full is at step 1 of 3 on web-1</strong>" in room
    assert 'data-jump="run:i1:r1">Watch</a>' in room
    # It asks nobody for anything: no number in the title, and nothing elsewhere.
    assert "<title>(1) " not in room
    assert "step 1 of 3" not in (await browser.get("/s/approver/")).text


async def test_a_decision_that_is_needed_comes_before_what_goes_on_by_itself(
    browser: Browser, console: World
) -> None:
    await set_the_scene(console)
    console.views.working = {"i1": [UnderWay(card=CardId("run:i1:r2"), words="another looks")]}
    await browser.sign_in("approver")
    room = (await browser.get(f"/s/approver/incidents/{NUMBER}")).text
    assert "Your decision is needed" in room
    assert "another looks" not in room


async def test_a_timeline_says_the_day_wherever_it_changes(
    browser: Browser, console: World
) -> None:
    await set_the_scene(console)
    first = console.views.entries["i1"][0]
    moments = [datetime(2026, 11, day, hour, tzinfo=UTC) for day, hour in ((20, 23), (21, 0))]
    console.views.entries["i1"] = [
        replace(first, at=moments[0]),
        replace(first, at=moments[1]),
        replace(first, at=moments[1] + timedelta(hours=1)),
    ]
    await browser.sign_in("approver")
    shown = (await browser.get(f"/s/approver/incidents/{NUMBER}/timeline")).text
    found = re.findall(r'<li class="entry-day"><time datetime="([-\d]+)">|">(\d\d:\d\d:00)<', shown)
    assert ["".join(one) for one in found] == [
        *("2026-11-20", "23:00:00", "2026-11-21", "00:00:00", "01:00:00")
    ]


async def test_what_is_frozen_is_said_on_every_page(browser: Browser, console: World) -> None:
    await set_the_scene(console)
    notice = Notice(tone=Tone.DANGER, line=("FROZEN: no change may start anywhere.",))
    console.views.frozen = Card(title=("Frozen",), blocks=(notice,))
    await browser.sign_in("commander")
    for page in (*PAGES, f"incidents/{NUMBER}", f"incidents/{NUMBER}/timeline"):
        assert (
            "FROZEN: no change may start anywhere."
            in (await browser.get(f"/s/commander/{page}")).text
        )
    console.views.frozen = None
    assert "FROZEN" not in (await browser.get("/s/commander/")).text
