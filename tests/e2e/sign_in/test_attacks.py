"""Everything that somebody may try instead of proving who they are; none of it signs them in."""

import logging
import re
import time
from collections.abc import Callable, Mapping
from datetime import timedelta
from types import MappingProxyType

import pytest
from cryptography.hazmat.primitives.asymmetric import rsa

from bot.values import Json
from tests.e2e.sign_in.walk import CALLBACK, Here, begun, proved, sign_in
from tests.support.issuer import CLIENT, Issuer, jwk, keyed_hash, signing
from tests.support.visitor import Shown, Visitor

NOW = time.time()
SOMEBODYS = rsa.generate_private_key(65537, 2048)


async def refused(visitor: Visitor, shown: Shown) -> bool:
    """Whether nobody is signed in: no session, and no window."""
    assert shown.status == 403
    assert "You were not signed in" in shown.text
    kept = [name for name in visitor.cookies if "sign-in" not in name]
    return kept == [] and (await visitor.get("/s/ann/")).status == 401


CLAIMS: Mapping[str, tuple[dict[str, Json], str]] = MappingProxyType(
    {
        "other issuer": ({"iss": "https://evil.example"}, "it is of another issuer"),
        "no issuer": ({"iss": None}, "unreadable: iss"),
        "other audience": ({"aud": "other"}, "it is for somebody else"),
        "no audience": ({"aud": None}, "unreadable: aud"),
        "several audiences": (
            {"aud": [CLIENT, "other"]},
            "it is for several, and does not say for whom it was made",
        ),
        "made for another": (
            {"aud": [CLIENT, "other"], "azp": "other"},
            "it was made for somebody else",
        ),
        "made for another alone": ({"azp": "other"}, "it was made for somebody else"),
        "expired": ({"exp": int(NOW) - 120}, "it has expired"),
        "no expiry": ({"exp": None}, "unreadable: exp"),
        "endless expiry": ({"exp": 1e400}, "unreadable: exp"),
        "expiry in words": ({"exp": "never"}, "unreadable: exp"),
        "made in the future": ({"iat": int(NOW) + 3600}, "it is of the future"),
        "good later": ({"nbf": int(NOW) + 3600}, "it is of the future"),
        "made long ago": ({"iat": int(NOW) - 3600}, "it was made long ago"),
        "signed in tomorrow": (
            {"auth_time": int(NOW) + 86_400},
            "its sign-in is of the future",
        ),
        "other nonce": ({"nonce": "x" * 43}, "it belongs to another sign-in (nonce)"),
        "no nonce": ({"nonce": None}, "unreadable: nonce"),
        "address not verified": ({"email_verified": False}, "its e-mail address is not verified"),
        "address not said to be": ({"email_verified": None}, "its e-mail address is not verified"),
        "address verified in words": ({"email_verified": "true"}, "unreadable: email_verified"),
        "no address": ({"email": None}, "it has no e-mail address"),
        "two addresses": ({"email": ["ann@team.example"]}, "unreadable: email"),
        "nobody": ({"sub": ""}, "unreadable: sub"),
    }
)


@pytest.mark.parametrize("lie", CLAIMS)
async def test_a_token_that_says_something_else_signs_nobody_in(
    here: Here, lie: str, caplog: pytest.LogCaptureFixture
) -> None:
    here.issuer.altered, reason = CLAIMS[lie]
    visitor = await here.visitor()
    with caplog.at_level(logging.WARNING):
        shown = await sign_in(visitor, here.issuer, "ann@team.example")
    assert await refused(visitor, shown)
    assert f"a sign-in was refused: {reason}" in [r.getMessage() for r in caplog.records]


async def test_the_clocks_may_differ_by_a_minute(here: Here) -> None:
    here.issuer.altered = {"iat": int(time.time()) + 50, "exp": int(time.time()) - 50}
    await here.signed_in("ann@team.example")


def _unsigned(issuer: Issuer) -> None:
    issuer.header, issuer.signs = {"alg": "none"}, lambda _: b""


def _unsigned_in_capitals(issuer: Issuer) -> None:
    issuer.header, issuer.signs = {"alg": "NONE"}, lambda _: b""


def _public_key_as_secret(issuer: Issuer) -> None:
    issuer.header, issuer.signs = {"alg": "HS256"}, keyed_hash(issuer.public_pem())


def _client_secret_as_key(issuer: Issuer) -> None:
    issuer.header, issuer.signs = {"alg": "HS256"}, keyed_hash(b"s3cret of the client: %/+")


def _other_key_under_the_same_name(issuer: Issuer) -> None:
    issuer.signs = signing(SOMEBODYS)


def _key_inside_the_token(issuer: Issuer) -> None:
    issuer.header, issuer.signs = {"jwk": jwk(SOMEBODYS, "first")}, signing(SOMEBODYS)


def _key_somewhere_else(issuer: Issuer) -> None:
    issuer.header = {"jku": "http://127.0.0.1:9/keys", "kid": "theirs"}
    issuer.signs = signing(SOMEBODYS)


def _unknown_key(issuer: Issuer) -> None:
    issuer.header = {"kid": "../../first"}


def _demanded_extension(issuer: Issuer) -> None:
    issuer.header = {"crit": ["b64"], "b64": False}


def _demanded_extension_that_changes_nothing(issuer: Issuer) -> None:
    issuer.header = {"crit": ["b64"], "b64": True}


def _curve_said_of_rsa(issuer: Issuer) -> None:
    issuer.header = {"alg": "ES256"}


def _stronger_said(issuer: Issuer) -> None:
    issuer.header = {"alg": "RS512"}


def _cut_off(issuer: Issuer) -> None:
    issuer.signs = lambda words: signing(issuer.key)(words)[:-1]


def _signature_of_other_words(issuer: Issuer) -> None:
    issuer.signs = lambda words: signing(issuer.key)(words[:-1])


FORGERIES = (
    _unsigned,
    _unsigned_in_capitals,
    _public_key_as_secret,
    _client_secret_as_key,
    _other_key_under_the_same_name,
    _key_inside_the_token,
    _key_somewhere_else,
    _unknown_key,
    _demanded_extension,
    _demanded_extension_that_changes_nothing,
    _curve_said_of_rsa,
    _stronger_said,
    _cut_off,
    _signature_of_other_words,
)


@pytest.mark.parametrize("forge", FORGERIES, ids=lambda forge: forge.__name__.strip("_"))
async def test_a_token_that_the_issuer_did_not_sign_signs_nobody_in(
    here: Here, forge: Callable[[Issuer], None]
) -> None:
    forge(here.issuer)
    visitor = await here.visitor()
    assert await refused(visitor, await sign_in(visitor, here.issuer, "ann@team.example"))


async def test_a_token_of_an_earlier_sign_in_is_not_taken_again(here: Here) -> None:
    first, second = await here.visitor(), await here.visitor()
    started = await begun(first)
    await first.get(await proved(first, here.issuer, started, "ann@team.example"))
    here.issuer.altered = {"nonce": started.asks["nonce"]}
    assert await refused(second, await sign_in(second, here.issuer, "ann@team.example"))


async def test_an_answer_to_nothing_that_this_browser_began_is_refused(here: Here) -> None:
    """The sender's own code in the victim's browser would sign the victim in as the sender."""
    mallory, victim = await here.visitor(), await here.visitor()
    back = await proved(mallory, here.issuer, await begun(mallory), "ann@team.example")
    assert await refused(victim, await victim.get(back))
    await begun(victim)
    assert await refused(victim, await victim.get(back))


@pytest.mark.parametrize("state", ["", "x", "x" * 43, "%ff%fe", "%00"])
async def test_another_state_is_refused(here: Here, state: str) -> None:
    visitor = await here.visitor()
    back = await proved(visitor, here.issuer, await begun(visitor), "ann@team.example")
    path, _, query = back.partition("?")
    code = query.partition("&")[0]
    assert await refused(visitor, await visitor.get(f"{path}?{code}&state={state}"))


async def test_a_stolen_code_is_of_no_use_in_another_browser(here: Here) -> None:
    victim, mallory = await here.visitor(), await here.visitor()
    stolen = here.issuer.code_for("ann@team.example", (await begun(victim)).asks)
    own = (await begun(mallory)).asks
    shown = await mallory.get(f"/oidc/callback?code={stolen}&state={own['state']}")
    assert await refused(mallory, shown)
    assert here.issuer.faults == ["wrong code_verifier"]


async def test_a_sign_in_comes_back_once(here: Here) -> None:
    visitor = await here.visitor()
    started = await begun(visitor)
    cookies = dict(visitor.cookies)
    back = await proved(visitor, here.issuer, started, "ann@team.example")
    assert (await visitor.get(back)).status == 200
    thief = await here.visitor()
    thief.cookies = cookies
    shown = await thief.get(back)
    assert "This sign-in was used already." in shown.text
    assert await refused(thief, shown)
    assert here.issuer.faults == []


async def test_a_sign_in_that_takes_too_long_is_begun_anew(here: Here) -> None:
    visitor = await here.visitor()
    started = await begun(visitor)
    here.clock.ahead += timedelta(minutes=10, seconds=2)
    back = await proved(visitor, here.issuer, started, "ann@team.example")
    assert await refused(visitor, await visitor.get(back))


@pytest.mark.parametrize("cut", [1, 10, 44])
async def test_a_cookie_that_somebody_made_up_is_nobodys(here: Here, cut: int) -> None:
    visitor = await here.visitor()
    started = await begun(visitor)
    [(name, value)] = visitor.cookies.items()
    back = await proved(visitor, here.issuer, started, "ann@team.example")
    other = "".join("B" if character == "A" else "A" for character in value)
    for forged in (value[:-cut], value[:-cut] + other[-cut:], other[:cut] + value[cut:], ""):
        visitor.cookies = {name: forged}
        assert await refused(visitor, await visitor.get(back)), forged


async def test_a_session_that_somebody_planted_is_not_gone_on_with(here: Here) -> None:
    visitor = await here.visitor()
    visitor.cookies = {"__Host-firewarden-ann": "planted"}
    await sign_in(visitor, here.issuer, "ann@team.example")
    assert visitor.cookies["__Host-firewarden-ann"] != "planted"
    before = visitor.cookies["__Host-firewarden-ann"]
    await sign_in(visitor, here.issuer, "ann@team.example", again=True)
    assert visitor.cookies["__Host-firewarden-ann"] != before
    thief = await here.visitor()
    for secret in ("planted", before):
        thief.cookies = {"__Host-firewarden-ann": secret}
        assert (await thief.get("/s/ann/")).status == 401


@pytest.mark.parametrize(
    "to",
    [
        *("https://evil.example/", "//evil.example/", "/\\evil.example", "///evil.example"),
        *("javascript:alert(1)", "/s/ann/../../oidc/start", "/s/ann//evil.example"),
        *("/s/ann/\r\nSet-Cookie: a=b", '/s/ann/"><script>', "/s/ann/;url=//evil", "/oidc/start"),
        *("/s/bob/", "/s/annie/", "s/ann/", "/s/ann", f"/s/ann/{'a' * 500}", "/s/ann/#@evil"),
    ],
)
async def test_nobody_is_sent_anywhere_but_to_their_own_window(here: Here, to: str) -> None:
    visitor = await here.visitor()
    shown = await sign_in(visitor, here.issuer, "ann@team.example", to)
    assert shown.status == 200
    assert 'content="0;url=/s/ann/"' in shown.text
    assert "evil" not in shown.text


async def test_an_answer_of_another_issuer_is_refused(here: Here) -> None:
    here.issuer.names_itself = True
    visitor = await here.visitor()
    back = await proved(visitor, here.issuer, await begun(visitor), "ann@team.example")
    without = back.partition("&iss=")[0]
    assert await refused(visitor, await visitor.get(f"{without}&iss=https%3A%2F%2Fevil.example"))
    assert await refused(visitor, await visitor.get(without))
    await here.signed_in("ann@team.example")


async def test_what_the_issuer_complains_of_is_no_markup(here: Here) -> None:
    visitor = await here.visitor()
    state = (await begun(visitor)).asks["state"]
    hostile = "%3Cscript%3Ealert(1)%3C/script%3E"
    shown = await visitor.get(f"/oidc/callback?state={state}&error={hostile}")
    assert await refused(visitor, shown)
    assert "<script>alert" not in shown.text


@pytest.mark.parametrize("origin", ["null", "http://bot.example", "https://evil.example"])
async def test_a_page_of_elsewhere_answers_nothing_in_somebodys_name(
    here: Here, origin: str
) -> None:
    card = await here.asks()
    bob = await here.signed_in("bob@team.example")
    bob.origin = origin
    assert (await bob.post(f"/s/bob/cards/{card}/answers", option="send")).status == 403
    assert (await here.became(card))[0] == "open"


async def test_nobody_lends_a_session_to_another_seat(here: Here) -> None:
    await here.signed_in("bob@team.example")
    ann = await here.signed_in("ann@team.example")
    secret = ann.cookies["__Host-firewarden-ann"]
    ann.cookies = {"__Host-firewarden-bob": secret, "firewarden": secret}
    assert (await ann.get("/s/bob/")).status == 401
    for seat in ("bob;%20Domain=evil", "bob%0d%0aX: y", "BOB", "..", "%2e%2e"):
        shown = await ann.post(f"/s/{seat}/sign-out")
        assert "evil" not in "".join(shown.cookies)


async def test_nobody_names_themselves_in_a_header_where_an_issuer_does(here: Here) -> None:
    visitor = await here.visitor()
    for header in ("X-Forwarded-Email", "X-Auth-Request-Email", "Remote-Email", "X-Forwarded-User"):
        assert (await visitor.get("/s/ann/", [(header, "ann@team.example")])).status == 401


async def test_a_stranger_gets_nothing_from_any_route_of_the_console(here: Here) -> None:
    await here.asks()
    visitor = await here.visitor()
    got: dict[int, set[str]] = {}
    for route in here.bot.service.entrance.routes:
        if route.pattern.startswith(("/alerts", "/static", "/healthz", "/readyz", "/metrics")):
            continue
        path = route.pattern.replace("{seat}", "bob")
        for name in re.findall(r"{\w+}", path):
            path = path.replace(name, "1")
        shown = await (visitor.get(path) if route.method == "GET" else visitor.post(path))
        assert "checkout" not in shown.text
        got.setdefault(shown.status, set()).add(route.pattern)
    assert got.pop(200) == {"/", "/api/openapi.json"}
    assert got.pop(303) == {
        *("/oidc/start", "/oidc/signed-out", "/s/{seat}", "/s/{seat}/sign-out"),
    }
    assert got.pop(410) == {"/sign-in/{link}"}
    assert sorted(got) == [401, 403]
    assert got[403] == {"/oidc/callback", "/s/{seat}/live"}


async def test_the_walk_itself_is_strict(here: Here) -> None:
    """The emulator refuses what a careless client would send."""
    visitor = await here.visitor()
    good = (await begun(visitor)).asks
    assert good["redirect_uri"] == CALLBACK
    for change in (
        {"redirect_uri": "https://bot.example/other"},
        {"code_challenge_method": "plain"},
        {"response_type": "token"},
        {"state": "short"},
        {"scope": "email"},
    ):
        async with visitor.session.get(
            f"{here.issuer.base}/authorize", params={**good, **change}
        ) as got:
            assert got.status == 400
    assert len(here.issuer.faults) == 5
