"""People sign in at an issuer: a window of their own, gone with their place in the policy."""

from datetime import timedelta

import pytest

from bot.errors import Refused
from bot.usecases.seats import TokenKind
from bot.values import PersonId
from tests.e2e.sign_in.walk import Here, Machine, begun, listening, named_event, proved, sign_in
from tests.support.team_bot import POLICY, WITHOUT_BOB
from tests.support.visitor import Visitor


async def test_who_signed_in_has_a_window_that_only_their_browser_opens(here: Here) -> None:
    ann, other = await here.visitor(), await here.visitor()
    shown = await sign_in(ann, here.issuer, "ann@team.example")
    assert shown.status == 200
    assert "Signed in as Ann Lee" in shown.text
    assert '<meta http-equiv="refresh" content="0;url=/s/ann/">' in shown.text
    assert (await ann.get("/s/ann/")).status == 200
    assert (await other.get("/s/ann/")).status == 401
    assert here.issuer.faults == []


async def test_the_session_is_a_host_cookie_and_the_sign_in_leaves_nothing(here: Here) -> None:
    ann = await here.visitor()
    started = await begun(ann)
    [begun_with] = started.cookies
    assert begun_with.startswith("__Host-firewarden-sign-in=")
    assert begun_with.endswith("; Path=/; Max-Age=600; HttpOnly; SameSite=Lax; Secure")
    shown = await ann.get(await proved(ann, here.issuer, started, "ann@team.example"))
    session = next(line for line in shown.cookies if "__Host-firewarden-ann=" in line)
    assert session.endswith("; Path=/; Max-Age=43200; HttpOnly; SameSite=Strict; Secure")
    assert sorted(ann.cookies) == ["__Host-firewarden-ann", "firewarden-seats"]


async def test_what_the_issuer_is_asked_holds_no_secret_and_is_new_each_time(here: Here) -> None:
    visitor = await here.visitor()
    first, second = (await begun(visitor)).asks, (await begun(visitor)).asks
    assert sorted(first) == [
        *("client_id", "code_challenge", "code_challenge_method", "nonce", "redirect_uri"),
        *("response_type", "scope", "state"),
    ]
    for name in ("state", "nonce", "code_challenge"):
        assert len(first[name]) == 43
        assert first[name] != second[name]
    assert len({first[name] for name in ("state", "nonce", "code_challenge")}) == 3


async def test_a_token_on_an_elliptic_curve_is_taken(here: Here) -> None:
    here.issuer.use_ec()
    ann = await here.signed_in("ann@team.example")
    assert (await ann.get("/s/ann/")).status == 200


async def test_whoever_wanted_a_page_comes_back_to_it(here: Here) -> None:
    ann = await here.visitor()
    locked = await ann.get("/s/ann/channels/announcements")
    assert locked.status == 401
    assert 'href="/oidc/start?to=%2Fs%2Fann%2Fchannels%2Fannouncements"' in locked.text
    shown = await sign_in(ann, here.issuer, "ann@team.example", "/s/ann/channels/announcements")
    assert 'content="0;url=/s/ann/channels/announcements"' in shown.text


async def test_the_front_page_offers_a_sign_in(here: Here) -> None:
    shown = await (await here.visitor()).get("/")
    assert '<a class="button button-primary button-wide" href="/oidc/start?to=">' in shown.text


async def test_a_stranger_gets_a_plain_page_and_no_session(here: Here) -> None:
    visitor = await here.visitor()
    shown = await sign_in(visitor, here.issuer, "mallory@team.example")
    assert shown.status == 403
    assert "No person of its policy has the address mallory@team.example." in shown.text
    assert visitor.cookies == {}


async def test_who_left_the_policy_is_out_at_once(here: Here) -> None:
    bob = await here.signed_in("bob@team.example")
    assert (await bob.get("/s/bob/")).status == 200
    here.bot.follow(WITHOUT_BOB)
    assert (await bob.get("/s/bob/")).status == 401
    assert (await bob.post("/s/bob/commands", text="/incident list")).status == 401
    assert (await sign_in(bob, here.issuer, "bob@team.example")).status == 403


async def test_a_window_that_stands_open_ends_with_its_persons_place(here: Here) -> None:
    bob = await here.signed_in("bob@team.example")
    stream = await listening(bob, "/s/bob/live?at=&nonce=n1")
    try:
        assert "regions" in await named_event(stream)
        here.bot.follow(WITHOUT_BOB)
        here.bot.service.chat.wake()
        assert await named_event(stream) == "event: gone"
    finally:
        stream.close()


async def test_who_left_the_policy_has_tokens_that_do_nothing(here: Here) -> None:
    token = await here.bot.token("bob")
    here.bot.follow(WITHOUT_BOB)
    visitor = await here.visitor()
    body = '{"text": "/incident declare sev3 it burns"}'
    head = [("Authorization", f"Bearer {token}")]
    assert await visitor.send_json("/api/commands", body, head) == 401


async def test_an_address_that_became_somebody_elses_opens_nothing_of_the_one_before(
    here: Here,
) -> None:
    bob = await here.signed_in("bob@team.example")
    here.bot.follow(
        POLICY.replace("name: Otto", "name: Otto, email: bob@team.example").replace(
            "name: Bob, email: Bob@Team.example", "name: Bob"
        )
    )
    assert (await bob.get("/s/bob/")).status == 401


async def test_a_revoked_seat_is_out_at_once_and_stays_out(here: Here) -> None:
    ann = await here.signed_in("ann@team.example")
    await here.bot.service.seats.revoke("ann")
    assert (await ann.get("/s/ann/")).status == 401
    shown = await sign_in(ann, here.issuer, "ann@team.example")
    assert shown.status == 403
    assert "firewarden seat add ann" in shown.text


async def test_a_session_ends_after_twelve_hours(here: Here) -> None:
    ann = await here.signed_in("ann@team.example")
    here.clock.ahead += timedelta(hours=11, minutes=59)
    assert (await ann.get("/s/ann/")).status == 200
    here.clock.ahead += timedelta(minutes=2)
    assert (await ann.get("/s/ann/")).status == 401


async def test_signing_out_ends_the_session_for_good(here: Here) -> None:
    ann = await here.signed_in("ann@team.example")
    kept = dict(ann.cookies)
    assert (await ann.post("/s/ann/sign-out")).status == 303
    ann.cookies = kept
    assert (await ann.get("/s/ann/")).status == 401


async def test_two_people_share_a_browser_and_neither_is_the_other(here: Here) -> None:
    visitor = await here.visitor()
    await sign_in(visitor, here.issuer, "ann@team.example")
    here.issuer.sessions.clear()
    await sign_in(visitor, here.issuer, "bob@team.example")
    for seat in ("ann", "bob"):
        assert f'title="Your seat">{seat}<' in (await visitor.get(f"/s/{seat}/")).text


async def test_when_the_issuer_is_down_a_seats_link_still_opens_a_window(here: Here) -> None:
    ann = await here.signed_in("ann@team.example")
    here.issuer.up = False
    here.clock.ahead += timedelta(minutes=6)
    beside = await here.visitor()
    shown = await beside.get("/oidc/start?to=")
    assert shown.status == 503
    assert "firewarden seat link NAME" in shown.text
    secret = await here.bot.service.seats.make_link("ann")
    assert (await beside.post(f"/sign-in/{secret}")).status == 303
    assert (await beside.get("/s/ann/")).status == 200
    assert (await ann.get("/s/ann/")).status == 200


async def test_an_issuer_that_does_not_answer_is_left_alone_for_a_moment(here: Here) -> None:
    visitor = await here.visitor()
    here.issuer.up = False
    for _ in range(5):
        assert (await visitor.get("/oidc/start?to=")).status == 503
    assert here.issuer.asked_while_down == 1
    here.issuer.up = True
    here.clock.ahead += timedelta(seconds=6)
    await here.signed_in("ann@team.example")


async def test_the_issuers_new_key_is_found_and_its_old_one_is_forgotten(here: Here) -> None:
    await here.signed_in("ann@team.example")
    old = here.issuer.key
    here.issuer.rotate()
    here.clock.ahead += timedelta(seconds=20)
    await here.signed_in("bob@team.example")
    here.issuer.key, here.issuer.kid = old, "first"
    here.issuer.rotate()
    here.clock.ahead += timedelta(minutes=6)
    await here.signed_in("dora@team.example")
    assert here.issuer.keys_fetched == 3


async def test_tokens_of_unknown_keys_make_no_storm_of_questions(here: Here) -> None:
    await here.signed_in("ann@team.example")
    here.issuer.header = {"kid": "nobody's"}
    for _ in range(5):
        assert (await sign_in(await here.visitor(), here.issuer, "bob@team.example")).status == 403
    assert here.issuer.keys_fetched <= 2


async def test_api_tokens_work_as_before(here: Here) -> None:
    program = await Machine.of(here, await here.bot.token("ann", TokenKind.READ))
    assert await program.get("/api/incidents") == []
    ann = await here.signed_in("ann@team.example")
    assert (await ann.get("/api/incidents")).status == 401


async def test_who_may_sign_in_is_told_things_before_they_ever_did(here: Here) -> None:
    chat, seats = here.bot.service.chat, here.bot.service.seats
    assert (await chat.direct(PersonId("bob"))).id == "direct:bob"
    with pytest.raises(Refused):
        await chat.direct(PersonId("otto"))
    await here.signed_in("bob@team.example")
    await seats.revoke("bob")
    with pytest.raises(Refused):
        await chat.direct(PersonId("bob"))


@pytest.mark.parametrize("host", ["evil.example", "bot.example.evil.example", "127.0.0.1.evil"])
async def test_the_issuer_is_told_our_own_address_whatever_host_is_asked_for(
    here: Here, host: str
) -> None:
    visitor: Visitor = await here.visitor()
    forwarded = [("X-Forwarded-Host", host), ("Forwarded", f"host={host}")]
    started = await visitor.get("/oidc/start?to=", forwarded)
    assert started.asks["redirect_uri"] == "https://bot.example/oidc/callback"
    visitor.host = host
    assert (await visitor.get("/oidc/start?to=")).status == 421
