"""Who signs out here signs out at the issuer as well, where it names a place for that."""

import re
import sqlite3
from contextlib import closing
from datetime import timedelta
from html import unescape
from urllib.parse import parse_qsl, urlsplit

import pytest

from bot.values import PersonId
from tests.e2e.sign_in.walk import SIGNED_OUT, Here
from tests.support.issuer import CLIENT, subject
from tests.support.visitor import Shown, Visitor

HERE = "You are signed out here"
OUT = "Here, and where you had signed in."


def goes_on_to(shown: Shown) -> str:
    """Return where a page sends the browser by itself."""
    [to] = re.findall(r'<meta http-equiv="refresh" content="0;url=([^"]+)">', shown.text)
    return unescape(to)


def asks(address: str) -> dict[str, str]:
    """Return the query of an address."""
    return dict(parse_qsl(urlsplit(address).query, strict_parsing=True))


async def leaves(visitor: Visitor, address: str) -> str:
    """Go to the issuer with its cookie; return the path that it sends one back to, or its words."""
    async with visitor.session.get(
        address, headers={"Cookie": "sso=anns"}, allow_redirects=False
    ) as got:
        back = urlsplit(got.headers.get("Location", ""))
        return f"{back.path}?{back.query}" if back.path else await got.text()


def kept_tokens(here: Here) -> list[str]:
    """Return the tokens in the console's file, as another process sees them."""
    path = here.bot.policy.parent / "data" / "console.sqlite3"
    with closing(sqlite3.connect(path)) as database:
        return [str(token) for (token,) in database.execute("SELECT token FROM sessions")]


async def signed_in(here: Here) -> Visitor:
    """Sign ann in at an issuer with a way out, which knows her by a cookie."""
    here.issuer.signed_out = SIGNED_OUT
    here.issuer.sessions["anns"] = ("ann@team.example", here.clock.now())
    return await here.signed_in("ann@team.example")


async def test_a_sign_out_goes_on_to_the_issuer_and_comes_back(here: Here) -> None:
    ann = await signed_in(here)
    kept = dict(ann.cookies)
    shown = await ann.post("/s/ann/sign-out")
    assert (shown.status, HERE in shown.text) == (200, True)
    assert sorted(ann.cookies) == ["__Host-firewarden-sign-out", "firewarden-seats"]

    back = await leaves(ann, goes_on_to(shown))
    assert here.issuer.faults == []
    assert here.issuer.left == ["ann@team.example"]
    done = await ann.get(back)
    assert (done.status, OUT in done.text) == (200, True)
    assert 'href="/oidc/start?to="' in done.text
    assert list(ann.cookies) == ["firewarden-seats"]

    ann.cookies = kept
    assert (await ann.get("/s/ann/")).status == 401


async def test_the_issuer_is_told_who_signs_out_of_what_and_where_to_send_them(here: Here) -> None:
    ann = await signed_in(here)
    asked = asks(goes_on_to(await ann.post("/s/ann/sign-out")))
    assert list(asked) == ["id_token_hint", "client_id", "post_logout_redirect_uri", "state"]
    assert asked["client_id"] == CLIENT
    assert asked["post_logout_redirect_uri"] == "https://bot.example/oidc/signed-out"
    assert len(asked["state"]) == 43


async def test_a_window_of_many_hours_still_knows_whom_to_sign_out(here: Here) -> None:
    """The token has expired long ago, and the issuer has had other keys since."""
    ann = await signed_in(here)
    here.clock.ahead += timedelta(hours=11)
    here.issuer.rotate()
    back = await leaves(ann, goes_on_to(await ann.post("/s/ann/sign-out")))
    assert here.issuer.left == ["ann@team.example"]
    assert OUT in (await ann.get(back)).text


async def test_the_session_here_is_over_before_the_issuer_is_asked(here: Here) -> None:
    ann = await signed_in(here)
    kept = dict(ann.cookies)
    here.clock.ahead += timedelta(minutes=6)
    here.issuer.up = False
    shown = await ann.post("/s/ann/sign-out")
    assert shown.status == 200
    assert "You are signed out here, and perhaps only here" in shown.text
    assert list(ann.cookies) == ["firewarden-seats"]
    ann.cookies = kept
    assert (await ann.get("/s/ann/")).status == 401


async def test_an_issuer_without_such_a_place_is_not_asked(here: Here) -> None:
    ann = await here.signed_in("ann@team.example")
    shown = await ann.post("/s/ann/sign-out")
    assert (shown.status, shown.location) == (303, "/")


async def test_who_came_by_a_seats_link_is_not_sent_to_the_issuer(here: Here) -> None:
    here.issuer.signed_out = SIGNED_OUT
    await here.bot.service.seats.add("ann", PersonId("ann"), ())
    secret = await here.bot.service.seats.make_link("ann")
    ann = await here.visitor()
    await ann.post(f"/sign-in/{secret}")
    shown = await ann.post("/s/ann/sign-out")
    assert (shown.status, shown.location) == (303, "/")


async def test_nobody_is_signed_out_by_a_page_of_elsewhere(here: Here) -> None:
    ann = await signed_in(here)
    ann.origin = "https://evil.example"
    assert (await ann.post("/s/ann/sign-out")).status == 403
    assert (await ann.get("/s/ann/")).status == 200


@pytest.mark.parametrize("state", ["", "x", "x" * 43, "%ff%fe", "%00"])
async def test_nothing_is_claimed_about_a_sign_out_that_did_not_begin_here(
    here: Here, state: str
) -> None:
    ann = await signed_in(here)
    await ann.post("/s/ann/sign-out")
    shown = await ann.get(f"/oidc/signed-out?state={state}")
    assert (shown.status, shown.location) == (303, "/")


async def test_a_sign_out_of_another_browser_is_not_this_ones(here: Here) -> None:
    ann, other = await signed_in(here), await here.visitor()
    back = await leaves(ann, goes_on_to(await ann.post("/s/ann/sign-out")))
    assert (await other.get(back)).location == "/"
    assert OUT in (await ann.get(back)).text


async def test_a_token_too_long_for_an_address_stays_here_and_the_issuer_asks(here: Here) -> None:
    here.issuer.altered = {"groups": ["g" * 30] * 150}
    ann = await signed_in(here)
    to = goes_on_to(await ann.post("/s/ann/sign-out"))
    assert list(asks(to)) == ["client_id", "post_logout_redirect_uri", "state"]
    assert await leaves(ann, to) == "Do you want to sign out?"
    assert (here.issuer.faults, here.issuer.left) == ([], [])


async def test_an_issuer_that_lies_about_the_place_signs_nobody_in(here: Here) -> None:
    for place in ("http://evil.example/out", "javascript:alert(1)", "https://a@id.example/"):
        here.issuer.described = {"end_session_endpoint": place}
        visitor = await here.visitor()
        assert (await visitor.get("/oidc/start?to=")).status == 503


async def test_a_place_with_a_query_of_its_own_keeps_it(here: Here) -> None:
    ann = await signed_in(here)
    here.issuer.described = {"end_session_endpoint": f"{here.issuer.base}/logout?realm=a%26b"}
    here.clock.ahead += timedelta(minutes=6)
    asked = asks(goes_on_to(await ann.post("/s/ann/sign-out")))
    assert (asked["realm"], asked["client_id"]) == ("a&b", CLIENT)


async def test_nothing_of_a_token_is_left_once_somebody_signed_out(here: Here) -> None:
    ann = await signed_in(here)
    assert len(kept_tokens(here)) == 1
    await ann.post("/s/ann/sign-out")
    assert kept_tokens(here) == []


async def test_the_emulated_way_out_is_strict(here: Here) -> None:
    ann = await signed_in(here)
    good = goes_on_to(await ann.post("/s/ann/sign-out"))
    for old, new in (
        ("client_id=firewarden", "client_id=other"),
        ("oidc%2Fsigned-out", "oidc%2Felsewhere"),
        ("&state=", "&state=short&was="),
        ("&state=", "&state=again&state="),
        ("id_token_hint=e", "id_token_hint=f"),
    ):
        assert old in good
        await leaves(ann, good.replace(old, new))
    assert here.issuer.faults == [
        "another client_id",
        "post_logout_redirect_uri is not registered",
        "state can be guessed",
        "a parameter comes twice",
        "id_token_hint was not signed here",
    ]
    here.issuer.sessions["anns"] = ("bob@team.example", here.clock.now())
    assert subject("bob@team.example") != subject("ann@team.example")
    assert await leaves(ann, good) == "Do you want to sign out?"
    assert here.issuer.left == []
