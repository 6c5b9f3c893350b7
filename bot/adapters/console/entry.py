"""Signing in and out: a one-time link shows a button, and pressing it opens the seat."""

from collections.abc import Mapping
from dataclasses import dataclass
from http import HTTPStatus
from typing import Final

from bot.adapters.console.places import seat_url
from bot.adapters.console.platform import PLATFORM
from bot.adapters.console.sessions import LASTS, Session, Sessions
from bot.adapters.console.windows import Windows
from bot.adapters.http.raw import RawRequest, RawResponse, see_other
from bot.adapters.http.routes import Caller, Route
from bot.requests import Sender
from bot.usecases.seats import Seat, SeatLookup
from bot.usecases.views import Reader, Viewer
from bot.values import Untrusted

COOKIE: Final = "firewarden"
"""One cookie per seat: its path is the seat's own part, so that two seats share a browser."""

SEATS_COOKIE: Final = "firewarden-seats"
"""Names of the seats of this browser, for the landing page; proves nothing."""

THEME_COOKIE: Final = "firewarden-theme"

_MOST_SEATS: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """Who sits at a seat's window: the session, and the person behind the seat."""

    seat: Seat
    session: Session
    sender: Sender
    viewer: Viewer


class Entry:
    """Opens and closes windows, and knows who sits at one. `secure` marks cookies for TLS."""

    def __init__(
        self,
        *,
        seats: SeatLookup,
        sessions: Sessions,
        reader: Reader,
        windows: Windows,
        secure: bool = False,
    ) -> None:
        self._seats = seats
        self._sessions = sessions
        self._reader = reader
        self._windows = windows
        self._secure = "; Secure" if secure else ""

    def routes(self) -> tuple[Route, ...]:
        """Build the routes that need no session."""
        link = "/sign-in/{link}"
        browser = Caller.BROWSER
        return (
            Route(method="GET", pattern="/", endpoint=self._landing, caller=browser),
            Route(method="GET", pattern=link, endpoint=self._offer, caller=browser),
            Route(method="POST", pattern=link, endpoint=self._sign_in, caller=browser),
            Route(
                method="POST",
                pattern="/s/{seat}/sign-out",
                endpoint=self._sign_out,
                caller=browser,
            ),
        )

    async def guest(self, head: RawRequest) -> Guest | None:
        """Return who sits at the seat of this path, None where nobody is signed in."""
        name = head.captured["seat"]
        session = await self._sessions.find(head.cookies.get(COOKIE, ""), name)
        seat = None if session is None else await self._seats.seat(name)
        if session is None or seat is None:
            return None
        sender = Sender(
            platform=PLATFORM,
            account=seat.name,
            name=Untrusted(seat.name),
            signed_in_at=session.signed_in_at,
        )
        viewer = await self._reader.viewer(sender)
        if viewer is None:
            return None
        return Guest(seat=seat, session=session, sender=sender, viewer=viewer)

    def locked(self, head: RawRequest) -> RawResponse:
        """Say how to get into a seat's part."""
        return self.notice(
            head,
            HTTPStatus.UNAUTHORIZED,
            title="This window is not signed in",
            words="Open the seat's sign-in link. Whoever runs Firewarden makes one with",
            command=f"firewarden seat link {head.captured['seat']}",
        )

    def notice(
        self, head: RawRequest, status: HTTPStatus, *, title: str, words: str, command: str = ""
    ) -> RawResponse:
        """Show a page of a few words."""
        html = self._windows.render(
            "notice", title=title, words=words, command=command, theme=theme_of(head)
        )
        return html_page(html, status)

    async def _landing(self, request: RawRequest) -> RawResponse:
        html = self._windows.render(
            "landing", seats=_seats_of(request.cookies), theme=theme_of(request)
        )
        return html_page(html)

    async def _offer(self, request: RawRequest) -> RawResponse:
        seat = await self._seats.behind_link(request.captured["link"])
        if seat is None:
            return self._void(request)
        return html_page(self._windows.render("sign_in", seat=seat, theme=theme_of(request)))

    async def _sign_in(self, request: RawRequest) -> RawResponse:
        seat = await self._seats.use_link(request.captured["link"])
        if seat is None:
            return self._void(request)
        secret = await self._sessions.open(seat.name)
        known = [name for name in _seats_of(request.cookies) if name != seat.name]
        names = ".".join([*known, seat.name][-_MOST_SEATS:])
        return see_other(
            seat_url(seat.name),
            self._cookie(COOKIE, secret, seat_url(seat.name)),
            self._cookie(SEATS_COOKIE, names, "/"),
        )

    async def _sign_out(self, request: RawRequest) -> RawResponse:
        name = request.captured["seat"]
        secret = request.cookies.get(COOKIE, "")
        if secret:
            await self._sessions.end(secret)
        left = [seat for seat in _seats_of(request.cookies) if seat != name]
        return see_other(
            "/",
            self._cookie(COOKIE, "", seat_url(name), lasts=0),
            self._cookie(SEATS_COOKIE, ".".join(left), "/"),
        )

    def _void(self, request: RawRequest) -> RawResponse:
        return self.notice(
            request,
            HTTPStatus.GONE,
            title="This sign-in link is used up",
            words="A link opens a seat once, and not for ever. A new one is made with",
            command="firewarden seat link NAME",
        )

    def _cookie(
        self, name: str, value: str, path: str, lasts: int = int(LASTS.total_seconds())
    ) -> tuple[str, str]:
        guarded = f"HttpOnly; SameSite=Strict{self._secure}"
        return ("Set-Cookie", f"{name}={value}; Path={path}; Max-Age={lasts}; {guarded}")


def html_page(html: str, status: int = HTTPStatus.OK) -> RawResponse:
    """Wrap a rendered page."""
    return RawResponse(status=status, content_type="text/html; charset=utf-8", body=html.encode())


def theme_of(head: RawRequest) -> str:
    """Return `dark` or `light` where this browser chose one, else ""."""
    chosen = head.cookies.get(THEME_COOKIE, "")
    return chosen if chosen in {"dark", "light"} else ""


def _seats_of(cookies: Mapping[str, str]) -> list[str]:
    return [name for name in cookies.get(SEATS_COOKIE, "").split(".") if name][:_MOST_SEATS]
