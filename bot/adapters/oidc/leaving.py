"""The way out of the issuer: a sign-out that begins here, ends there, and comes back.

OpenID Connect RP-Initiated Logout 1.0. Our own session is over before any of it.
"""

import base64
import hmac
import logging
from dataclasses import replace
from datetime import timedelta
from http import HTTPStatus
from typing import Final

from bot.adapters.console.sign_in import Admits, start_url
from bot.adapters.http.raw import RawRequest, RawResponse, see_other
from bot.adapters.http.routes import Caller, Route
from bot.adapters.oidc.issuer import Issuer
from bot.adapters.oidc.round_trips import TripCookie, with_query
from bot.errors import Refused, Unavailable
from bot.ports import Ids

SIGNED_OUT: Final = "/oidc/signed-out"

_LASTS: Final = timedelta(minutes=10)

_LONGEST_HINT: Final = 4096
"""Characters of a token that still fit into an address: proxies take 8 KiB of a request's head."""

_log = logging.getLogger(__name__)


class WayOut:
    """Shows people out of the issuer, and says so when they come back.

    `secure` = people reach us over https.
    """

    def __init__(self, *, issuer: Issuer, admits: Admits, ids: Ids, secure: bool) -> None:
        self._issuer = issuer
        self._admits = admits
        self._ids = ids
        self._key = ids.secret().encode()
        self._cookie = TripCookie(word="firewarden-sign-out", secure=secure)

    def routes(self) -> tuple[Route, ...]:
        """Build the route that people come back to."""
        back = Route(method="GET", pattern=SIGNED_OUT, endpoint=self._back, caller=Caller.BROWSER)
        return (back,)

    async def leave(self, head: RawRequest, token: str) -> RawResponse:
        """See `Door`. An issuer that names no such place is not asked: the front page it is."""
        try:
            described = await self._issuer.description()
        except (Unavailable, Refused) as fault:
            _log.warning("nobody can sign out at the issuer: %s", fault)
            return self._only_here(head)
        if not described.end_session:
            return see_other("/")
        client, secret = self._issuer.client, self._ids.secret()
        asked = {
            "client_id": client.client_id,
            "post_logout_redirect_uri": client.signed_out,
            "state": self._state(secret),
        }
        if 0 < len(token) <= _LONGEST_HINT:
            asked = {"id_token_hint": token, **asked}
        page = self._admits.sent_on(head, with_query(described.end_session, asked))
        return replace(page, headers=(*page.headers, self._cookie.keep(secret, _LASTS)))

    async def _back(self, request: RawRequest) -> RawResponse:
        secret = request.cookies.get(self._cookie.name, "")
        said = request.query.get("state", "").encode(errors="replace")
        gone = self._cookie.forget()
        if not secret or not hmac.compare_digest(said, self._state(secret).encode()):
            # Not a sign-out of this browser's: nothing is claimed about it.
            return see_other("/", gone)
        page = self._admits.notice(
            request,
            HTTPStatus.OK,
            title="You are signed out",
            words="Here, and where you had signed in. Whoever uses this browser next proves who"
            " they are.",
            link=start_url(""),
        )
        return replace(page, headers=(*page.headers, gone))

    def _only_here(self, head: RawRequest) -> RawResponse:
        return self._admits.notice(
            head,
            HTTPStatus.OK,
            title="You are signed out here, and perhaps only here",
            words="Where you had signed in does not answer. On a machine that is not yours, sign"
            " out there as well, or close the browser.",
        )

    def _state(self, secret: str) -> str:
        digest = hmac.digest(self._key, secret.encode(errors="replace"), "sha256")
        return base64.urlsafe_b64encode(digest).decode().rstrip("=")
