"""The two routes of a sign-in: off to the issuer, and back with a code."""

import hmac
import logging
from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus
from typing import Final

from bot.adapters.console.sign_in import START, Admits, Proven, page_of_ours, start_url
from bot.adapters.http.raw import RawRequest, RawResponse, see_other
from bot.adapters.http.routes import Caller, Route
from bot.adapters.oidc.claims import SIGN_IN_LASTS, Expected, checked
from bot.adapters.oidc.issuer import Issuer
from bot.adapters.oidc.keys import NotProven
from bot.adapters.oidc.leaving import WayOut
from bot.adapters.oidc.round_trips import TripCookie, with_query
from bot.adapters.oidc.underway import SignIns, UnderWay
from bot.errors import Refused, Unavailable
from bot.ports import Clock
from cards.plaintext import visible_line

CALLBACK: Final = "/oidc/callback"

_LONGEST: Final = 2048
"""Characters of a code."""

_log = logging.getLogger(__name__)


class IssuerDoor:
    """Sends people to the issuer, and takes its word when they come back (a `Door`).

    `secure` = people reach us over https. A sign-in that is to decide something is as fresh as
    `fresh` says, and the issuer must say so itself.
    """

    def __init__(
        self,
        *,
        issuer: Issuer,
        sign_ins: SignIns,
        way_out: WayOut,
        admits: Admits,
        clock: Clock,
        fresh: timedelta,
        secure: bool,
    ) -> None:
        self._issuer = issuer
        self._sign_ins = sign_ins
        self._admits = admits
        self._clock = clock
        self._fresh = fresh
        self._way_out = way_out
        self._cookie = TripCookie(word="firewarden-sign-in", secure=secure)

    def routes(self) -> tuple[Route, ...]:
        """Build the routes."""
        browser = Caller.BROWSER
        return (
            Route(method="GET", pattern=START, endpoint=self._start, caller=browser),
            Route(method="GET", pattern=CALLBACK, endpoint=self._back, caller=browser),
            *self._way_out.routes(),
        )

    async def leave(self, head: RawRequest, token: str) -> RawResponse:
        """See `Door`."""
        return await self._way_out.leave(head, token)

    async def _start(self, request: RawRequest) -> RawResponse:
        to = page_of_ours(request.query.get("to", ""))
        sign_in = self._sign_ins.begin(to=to, again=request.query.get("again") == "1")
        try:
            described = await self._issuer.description()
        except (Unavailable, Refused) as fault:
            return self._unreachable(request, to, fault)
        client = self._issuer.client
        asked = {
            "response_type": "code",
            "client_id": client.client_id,
            "redirect_uri": client.redirect,
            "scope": "openid email",
            "state": self._sign_ins.state(sign_in),
            "nonce": self._sign_ins.nonce(sign_in),
            "code_challenge": self._sign_ins.challenge(sign_in),
            "code_challenge_method": "S256",
        }
        if sign_in.again:
            asked |= {"max_age": str(int(self._fresh.total_seconds())), "prompt": "login"}
        cookie = self._cookie.keep(self._sign_ins.cookie(sign_in), SIGN_IN_LASTS)
        return see_other(with_query(described.authorize, asked), cookie)

    async def _back(self, request: RawRequest) -> RawResponse:
        sign_in = self._sign_ins.of_cookie(request.cookies.get(self._cookie.name, ""))
        state = request.query.get("state", "")
        if sign_in is None or not _equal(state, self._sign_ins.state(sign_in)):
            return self._refused(
                request, "", "This sign-in did not begin in this browser, or took too long."
            )
        if not self._sign_ins.use(sign_in):
            return self._refused(request, sign_in.to, "This sign-in was used already.")
        try:
            proven = await self._proven(request, sign_in)
        except NotProven as reason:
            _log.warning("a sign-in was refused: %s", reason)
            words = "What the issuer sent proves nothing; the log says why."
            return self._refused(request, sign_in.to, words)
        except Refused as fault:
            _log.warning("a sign-in was refused: %s", fault)
            return self._refused(request, sign_in.to, "The issuer did not confirm it.")
        except Unavailable as fault:
            return self._ended(self._unreachable(request, sign_in.to, fault))
        return self._ended(await self._admits.admit(request, proven))

    async def _proven(self, request: RawRequest, sign_in: UnderWay) -> Proven:
        described, client = await self._issuer.description(), self._issuer.client
        # Whose answer it is (RFC 9207), where the issuer says so.
        named = request.query.get("iss")
        if named != client.issuer and (named is not None or described.names_itself):
            raise NotProven("the answer is of another issuer")
        code = request.query.get("code", "")
        if "error" in request.query or not 0 < len(code) <= _LONGEST:
            error = visible_line(request.query.get("error", "it sent no code"))
            raise Refused(f"the issuer says: {error[:80]}")
        token = await self._issuer.token(code, self._sign_ins.verifier(sign_in))
        expected = Expected(
            issuer=client.issuer,
            client_id=client.client_id,
            nonce=self._sign_ins.nonce(sign_in),
            now=self._clock.now(),
            max_age=self._fresh if sign_in.again else None,
        )
        vouched = checked(await self._issuer.payload(token), expected)
        return Proven(
            email=vouched.email, signed_in_at=vouched.signed_in_at, to=sign_in.to, token=token
        )

    def _refused(self, request: RawRequest, to: str, words: str) -> RawResponse:
        return self._ended(
            self._admits.notice(
                request,
                HTTPStatus.FORBIDDEN,
                title="You were not signed in",
                words=words,
                link=start_url(to),
            )
        )

    def _unreachable(
        self, request: RawRequest, to: str, fault: Unavailable | Refused
    ) -> RawResponse:
        _log.warning("nobody can sign in: %s", fault)
        return self._admits.notice(
            request,
            HTTPStatus.SERVICE_UNAVAILABLE,
            title="Nobody can sign in right now",
            words="The issuer of sign-ins does not answer as it should. In an emergency whoever"
            " runs Firewarden opens a window on its own machine with",
            command="firewarden seat link NAME",
            link=start_url(to),
        )

    def _ended(self, response: RawResponse) -> RawResponse:
        """Take the sign-in's cookie away, whatever came of it."""
        return replace(response, headers=(*response.headers, self._cookie.forget()))


def _equal(said: str, known: str) -> bool:
    # What comes in may hold what is no text at all.
    return hmac.compare_digest(said.encode(errors="replace"), known.encode())
