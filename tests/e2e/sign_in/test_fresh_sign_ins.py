"""Deciding takes a recent sign-in: an old one reads on, and is told where to sign in again."""

from datetime import timedelta
from html import unescape
from urllib.parse import quote

from tests.e2e.sign_in.walk import Here, sign_in
from tests.support.visitor import Shown, Visitor

AGAIN = "/oidc/start?to=%2Fs%2Fbob%2Fapprovals&again=1"


async def answers(visitor: Visitor, card: str) -> Shown:
    referer = [("Referer", "https://bot.example/s/bob/approvals")]
    return await visitor.post(f"/s/bob/cards/{card}/answers", referer, option="send", nonce="n1")


async def test_a_fresh_sign_in_decides(here: Here) -> None:
    card = await here.asks()
    bob = await here.signed_in("bob@team.example")
    assert (await answers(bob, card)).status == 200
    assert await here.became(card) == ("decided", ["Bob"])


async def test_an_old_sign_in_is_refused_and_told_where_to_sign_in_again_and_come_back(
    here: Here,
) -> None:
    card = await here.asks()
    bob = await here.signed_in("bob@team.example")
    here.clock.ahead += timedelta(minutes=15, seconds=2)
    shown = await answers(bob, card)
    assert shown.status == 422
    assert "You signed in more than 15 minutes ago." in shown.text
    assert f'href="{AGAIN}"' in unescape(shown.text)
    assert await here.became(card) == ("open", [])

    back = await sign_in(bob, here.issuer, "bob@team.example", "/s/bob/approvals", again=True)
    assert 'content="0;url=/s/bob/approvals"' in back.text
    assert {n: here.issuer.asked[-1][n] for n in ("max_age", "prompt")} == {
        "max_age": "900",
        "prompt": "login",
    }
    assert (await answers(bob, card)).status == 200
    assert await here.became(card) == ("decided", ["Bob"])


async def test_a_card_says_so_and_has_no_button_to_press(here: Here) -> None:
    card = await here.asks()
    bob = await here.signed_in("bob@team.example")
    [incident] = [line for line in (await bob.get("/s/bob/")).text.split('"') if "/INC-" in line][
        :1
    ]
    assert "Send" in (await bob.get(incident)).text
    here.clock.ahead += timedelta(minutes=16)
    shown = unescape((await bob.get(incident)).text)
    assert "You signed in more than 15 minutes ago. An answer needs a fresh sign-in." in shown
    page = f"{incident}#card-{card}"
    assert f'href="/oidc/start?to={quote(page, safe="")}&again=1"' in shown
    assert 'name="option"' not in shown


async def test_typing_the_answer_is_no_way_around_it(here: Here) -> None:
    card = await here.asks()
    bob, room = await here.signed_in("bob@team.example"), await here.room()
    here.clock.ahead += timedelta(minutes=16)
    for number, line in enumerate(("approve 1", "unfreeze", "link")):
        shown = await bob.post(
            "/s/bob/commands", text=f"/incident {line}", at=room, nonce=f"n{number}"
        )
        assert shown.status == 422, line
        assert "ou signed in too long ago for this: sign in again" in shown.text, line
        assert 'href="/oidc/start?to=%2Fs%2Fbob%2F&amp;again=1"' in shown.text, line
    assert await here.became(card) == ("open", [])
    await sign_in(bob, here.issuer, "bob@team.example", again=True)
    sent = await bob.post("/s/bob/commands", text="/incident approve 1", at=room, nonce="n9")
    assert sent.status == 200
    assert await here.became(card) == ("decided", ["Bob"])


async def test_an_issuer_that_ignores_the_age_is_caught(here: Here) -> None:
    bob = await here.signed_in("bob@team.example")
    here.clock.ahead += timedelta(minutes=20)
    stale = int((here.clock.now() - timedelta(minutes=20)).timestamp())
    here.issuer.altered = {"auth_time": stale}
    shown = await sign_in(bob, here.issuer, "bob@team.example", again=True)
    assert shown.status == 403


async def test_an_issuer_that_does_not_say_when_lets_people_read_and_nobody_decide(
    here: Here,
) -> None:
    here.issuer.tells_auth_time = False
    card = await here.asks()
    bob = await here.signed_in("bob@team.example")
    assert (await bob.get("/s/bob/")).status == 200
    assert (await answers(bob, card)).status == 422
    assert (await sign_in(bob, here.issuer, "bob@team.example", again=True)).status == 403
    assert await here.became(card) == ("open", [])


async def test_a_sign_in_at_the_issuer_of_hours_ago_is_an_old_one_here(here: Here) -> None:
    card = await here.asks()
    hours_ago = int((here.clock.now() - timedelta(hours=8)).timestamp())
    here.issuer.altered = {"auth_time": hours_ago}
    bob = await here.signed_in("bob@team.example")
    assert (await answers(bob, card)).status == 422
    assert await here.became(card) == ("open", [])


async def test_reading_and_saying_go_on_with_an_old_sign_in(here: Here) -> None:
    ann = await here.signed_in("ann@team.example")
    here.clock.ahead += timedelta(hours=2)
    sent = await ann.post("/s/ann/commands", text="/incident declare sev3 it is slow", nonce="n1")
    assert sent.status == 200
    assert "it is slow" in (await ann.get("/s/ann/")).text
