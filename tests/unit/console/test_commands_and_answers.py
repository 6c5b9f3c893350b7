"""What a window sends becomes a request, once; what comes back is shown to the asker alone."""

from bot.errors import Unavailable
from bot.requests import CardAnswer, MessageSaid, Reply, ReplyTone, SlashCommand
from bot.values import CardId, ConversationRef
from cards.model import Button, Card, FieldKind, FormField, message
from tests.unit.console.browsing import Browser
from tests.unit.console.scenery import NUMBER, set_the_scene
from tests.unit.console.world import World

ROOM_LINE = "/s/commander/commands"


async def test_a_line_with_a_slash_is_a_command_where_it_was_typed(
    browser: Browser, console: World
) -> None:
    room = await set_the_scene(console)
    await browser.sign_in("commander")
    await browser.post(ROOM_LINE, text=" /incident severity sev1 ", at=room.id, nonce="w1.0")
    [request] = console.dispatch.requests
    assert isinstance(request, SlashCommand)
    assert request.id == "console:commander:w1.0:line"
    assert request.text == "/incident severity sev1"
    assert request.conversation == room
    assert (request.sender.platform, request.sender.account) == ("console", "commander")


async def test_the_usage_of_a_mistake_stands_on_a_line_of_its_own(
    browser: Browser, console: World
) -> None:
    await set_the_scene(console)
    console.dispatch.reply = Reply(
        tone=ReplyTone.MISTAKE, text="To whom?\nUsage: /incident handoff <@person>\u202e"
    )
    await browser.sign_in("commander")
    shown = await browser.post(ROOM_LINE, text="/incident handoff", nonce="n")
    assert (
        '<p class="reply-text">To whom?\nUsage: /incident handoff &lt;@person&gt;[U+202E]</p>'
        in shown.text
    )


async def test_a_place_that_the_person_may_not_see_is_left_out(
    browser: Browser, console: World
) -> None:
    room = await set_the_scene(console)
    console.views.hidden = {"i1"}
    await browser.sign_in("approver")
    await browser.post("/s/approver/commands", text="/incident status", at=room.id, nonce="a")
    await browser.post(
        "/s/approver/commands", text="/incident status", at="direct:p-commander", nonce="b"
    )
    asked = [one for one in console.dispatch.requests if isinstance(one, SlashCommand)]
    assert [one.conversation for one in asked] == [None, None]


async def test_words_in_a_room_are_said_there(browser: Browser, console: World) -> None:
    room = await set_the_scene(console)
    await browser.sign_in("commander")
    shown = await browser.post(ROOM_LINE, text="the <b>cache</b> is cold", at=room.id, nonce="n")
    [request] = console.dispatch.requests
    assert isinstance(request, MessageSaid)
    assert (request.text, request.conversation) == ("the <b>cache</b> is cold", room)
    assert shown.status == 200
    assert "reply-text" not in shown.text
    read = await browser.get(f"/s/commander/incidents/{NUMBER}")
    assert "the &lt;b&gt;cache&lt;/b&gt; is cold" in read.text


async def test_words_that_were_not_recorded_are_not_shown(browser: Browser, console: World) -> None:
    room = await set_the_scene(console)
    console.dispatch.fault = Unavailable("the journal is full")
    await browser.sign_in("commander")
    shown = await browser.post(ROOM_LINE, text="the cache is cold", at=room.id, nonce="n")
    assert shown.status == 503
    assert "the cache is cold" not in (await browser.get(f"/s/commander/incidents/{NUMBER}")).text


async def test_words_sent_twice_by_one_press_are_shown_once(
    browser: Browser, console: World
) -> None:
    room = await set_the_scene(console)
    await browser.sign_in("commander")
    for _ in range(2):
        await browser.post(ROOM_LINE, text="the cache is cold", at=room.id, nonce="n")
    read = await browser.get(f"/s/commander/incidents/{NUMBER}")
    assert read.text.count("the cache is cold") == 1


async def test_words_outside_a_room_are_a_mistake(browser: Browser, console: World) -> None:
    await browser.sign_in("commander")
    shown = await browser.post(ROOM_LINE, text="hello", at="channel:announcements", nonce="n")
    assert shown.status == 422
    assert "commands start with /incident" in shown.text
    assert console.dispatch.requests == []


async def test_words_in_a_closed_room_are_a_mistake(browser: Browser, console: World) -> None:
    room = await set_the_scene(console)
    await console.chat.close_room(room)
    await browser.sign_in("commander")
    shown = await browser.post(ROOM_LINE, text="hello", at=room.id, nonce="n")
    assert "This room is closed" in shown.text
    assert console.dispatch.requests == []


async def test_an_empty_and_an_endless_line_are_mistakes(browser: Browser, console: World) -> None:
    await browser.sign_in("commander")
    assert (await browser.post(ROOM_LINE, text="  ", nonce="n")).status == 422
    assert (await browser.post(ROOM_LINE, text="/" + "x" * 8000, nonce="n")).status == 422
    assert console.dispatch.requests == []


async def test_the_answer_to_a_command_is_shown_escaped(browser: Browser, console: World) -> None:
    console.dispatch.reply = Reply(tone=ReplyTone.ANSWER, text="<script>alert(1)</script>")
    await browser.sign_in("commander")
    shown = await browser.post(ROOM_LINE, text="/incident list", nonce="n")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in shown.text
    assert "<script>alert" not in shown.text


async def test_an_answer_may_carry_a_card_and_the_room_to_go_to(
    browser: Browser, console: World
) -> None:
    room = await set_the_scene(console)
    console.dispatch.reply = Reply(
        tone=ReplyTone.DONE, text="declared", card=message("two open"), go_to=room
    )
    await browser.sign_in("commander")
    shown = await browser.post(ROOM_LINE, text="/incident declare", nonce="n")
    assert "two open" in shown.text
    assert f'href="/s/commander/incidents/{NUMBER}"' in shown.text


async def test_a_press_carries_option_reason_and_fields(browser: Browser, console: World) -> None:
    room = await set_the_scene(console)
    await browser.sign_in("approver")
    await browser.post(
        "/s/approver/cards/c-packet/answers",
        option="reject",
        reason="not now",
        nonce="w.3",
        at=room.id,
        services="web",
    )
    [request] = console.dispatch.requests
    assert isinstance(request, CardAnswer)
    assert request.id == "console:approver:w.3:c-packet:reject"
    assert (request.card, request.option, request.reason) == ("c-packet", "reject", "not now")
    assert request.values == {"services": "web"}
    assert request.conversation == ConversationRef(platform="console", id=room.id)


async def test_a_double_click_sends_the_same_request_twice(
    browser: Browser, console: World
) -> None:
    await browser.sign_in("approver")
    for _ in range(2):
        await browser.post("/s/approver/cards/c1/answers", option="approve", nonce="w.3")
    first, second = console.dispatch.requests
    assert isinstance(first, CardAnswer)
    assert isinstance(second, CardAnswer)
    assert first.id == second.id


async def test_a_nonce_cannot_reach_into_the_requests_of_another_seat(
    browser: Browser, console: World
) -> None:
    await browser.sign_in("commander")
    await browser.post(ROOM_LINE, text="/incident list", nonce="x:y/../approver")
    [request] = console.dispatch.requests
    assert isinstance(request, SlashCommand)
    assert request.id.startswith("console:commander:id-")


async def test_what_was_not_recorded_is_said_in_plain_words(
    browser: Browser, console: World
) -> None:
    console.dispatch.fault = Unavailable("the journal is full")
    await browser.sign_in("commander")
    shown = await browser.post(ROOM_LINE, text="/incident list", nonce="n")
    assert shown.status == 503
    assert "This was NOT recorded: the journal is full." in shown.text


async def test_a_form_with_faults_comes_back_filled_in(browser: Browser, console: World) -> None:
    card = Card(
        id=CardId("c-form"),
        title=("Declare",),
        form=(FormField(name="title", label="Title", kind=FieldKind.TEXT),),
        buttons=(Button(option="go", label="Declare"),),
    )
    console.views.cards["c-form"] = card
    console.dispatch.reply = Reply(
        tone=ReplyTone.MISTAKE, text="one field", field_errors={"title": "say what is down"}
    )
    await browser.sign_in("commander")
    shown = await browser.post(
        "/s/commander/cards/c-form/answers", option="go", title='"typed"', nonce="n"
    )
    assert shown.status == 422
    assert "say what is down" in shown.text
    assert "&quot;typed&quot;" in shown.text


async def test_a_body_that_is_no_form_is_refused(browser: Browser, console: World) -> None:
    await browser.sign_in("commander")
    async with browser._session.post(
        browser.base + ROOM_LINE, json={"text": "/incident list"}, headers={"Origin": browser.base}
    ) as response:
        assert response.status == 400
    assert console.dispatch.requests == []


async def test_a_form_from_elsewhere_changes_nothing(browser: Browser, console: World) -> None:
    await browser.sign_in("commander")
    async with browser._session.post(
        browser.base + ROOM_LINE,
        data={"text": "/incident freeze all x"},
        headers={"Origin": "http://evil.example"},
    ) as response:
        assert response.status == 403
    assert console.dispatch.requests == []
