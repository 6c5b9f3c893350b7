"""Signing in and out, and who sits at a window: by a seat's link, a proxy or an issuer."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from http import HTTPStatus
from typing import Final
from urllib.parse import quote

from bot.adapters.console import sign_in
from bot.adapters.console.cookies import SEATS_COOKIE, THEME_COOKIE, Cookies
from bot.adapters.console.places import seat_url
from bot.adapters.console.platform import PLATFORM
from bot.adapters.console.sessions import LASTS, RECENT, Session, Sessions
from bot.adapters.console.sign_in import SEATS_ALONE, Proven, SignIn, page_of_ours, start_url
from bot.adapters.console.windows import Windows
from bot.adapters.http.raw import RawRequest, RawResponse, see_other
from bot.adapters.http.routes import Caller, Route
from bot.domain.seats import NAME
from bot.ports import Clock
from bot.requests import Sender
from bot.usecases.seats import Seat, SeatLookup
from bot.usecases.views import Reader, Viewer
from bot.values import PersonId, Untrusted
from cards.plaintext import visible_line

_MOST_SEATS: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Guest:
    """Who sits at a seat's window, and the person behind the seat.

    `stale` says why their sign-in is too old for deciding, "" where it is fresh; `start` is where
    they sign in again, "" where only a new link helps. `leaves` = they can sign out here: whom a
    proxy names, it names again with the next request.
    """

    seat: Seat
    sender: Sender
    viewer: Viewer
    stale: str = ""
    start: str = ""
    leaves: bool = True


class Entry:
    """Opens and closes windows, and knows who sits at one (an `Admits`)."""

    def __init__(
        self,
        *,
        seats: SeatLookup,
        sessions: Sessions,
        reader: Reader,
        windows: Windows,
        clock: Clock,
        ways: SignIn = SEATS_ALONE,
    ) -> None:
        self._seats = seats
        self._sessions = sessions
        self._reader = reader
        self._windows = windows
        self._clock = clock
        self._ways = ways
        self._cookies = Cookies(secure=ways.secure)
        self._issuer = None if ways.issuer is None else ways.issuer(self)

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
            *(() if self._issuer is None else self._issuer.routes()),
        )

    async def guest(self, head: RawRequest) -> Guest | None:
        """Return who sits at the seat of this path, None where nobody is signed in."""
        name = head.captured["seat"]
        if not NAME.fullmatch(name):
            return None
        seat = await self._seat_of(head.identity)
        if seat is not None and seat.name == name:
            named = await self._seated(seat, Session(seat=name, signed_in_at=self._clock.now()))
            return None if named is None else replace(named, leaves=False)
        session = await self._sessions.find(self._cookies.secret(head.cookies, name), name)
        seat = None if session is None else await self._seats.seat(name)
        if session is None or seat is None:
            return None
        return await self._seated(seat, session, self._why_stale(session))

    async def _seat_of(self, email: str) -> Seat | None:
        """Return where somebody sits whom a proxy vouches for."""
        members = self._ways.members
        person = members.person(email) if members is not None and email else None
        return None if members is None or person is None else await members.seat(person)

    async def _seated(self, seat: Seat, session: Session, stale: str = "") -> Guest | None:
        sender = Sender(
            platform=PLATFORM,
            account=seat.name,
            name=Untrusted(seat.name),
            signed_in_at=session.signed_in_at,
            stale=bool(stale),
        )
        viewer = await self._reader.viewer(sender)
        if viewer is None or not self._still_is(viewer.person, session.email):
            return None
        start = sign_in.START if session.email else ""
        return Guest(seat=seat, sender=sender, viewer=viewer, stale=stale, start=start)

    def _still_is(self, person: PersonId, email: str) -> bool:
        """Whether the policy of this moment still gives a vouched-for address to this person."""
        if not email:
            return True
        members = self._ways.members
        known = None if members is None else members.person(email)
        return known is not None and known.id == person

    def _why_stale(self, session: Session) -> str:
        limit = self._ways.fresh if session.email else RECENT
        if self._clock.now() - session.signed_in_at <= limit:
            return ""
        return f"You signed in more than {_in_words(limit)} ago."

    def locked(self, head: RawRequest) -> RawResponse:
        """Say how to get into a seat's part."""
        members, name = self._ways.members, head.captured["seat"]
        if members is not None and head.identity:
            return self._not_theirs(head)
        if self._issuer is not None:
            return self.notice(
                head,
                HTTPStatus.UNAUTHORIZED,
                title="Sign in",
                words="This window is not signed in, or your sign-in is over.",
                link=start_url(page_of_ours(_asked_for(head))),
            )
        if members is not None:
            return self.notice(
                head,
                HTTPStatus.UNAUTHORIZED,
                title="This window is not signed in",
                words=f"You are signed in at {self._ways.public}: open it there.",
            )
        return self.notice(
            head,
            HTTPStatus.UNAUTHORIZED,
            title="This window is not signed in",
            words="Open the seat's sign-in link. Whoever runs Firewarden makes one with",
            command=f"firewarden seat link {name}",
        )

    def notice(
        self,
        head: RawRequest,
        status: HTTPStatus,
        *,
        title: str,
        words: str,
        command: str = "",
        link: str = "",
    ) -> RawResponse:
        """Show a page of a few words, with a link to a sign-in."""
        html = self._windows.render(
            "notice", title=title, words=words, command=command, link=link, theme=theme_of(head)
        )
        return html_page(html, status)

    def sent_on(self, head: RawRequest, to: str) -> RawResponse:
        """See `Admits`. A page and no redirect: forms of ours may end at no other site."""
        return html_page(self._windows.render("signed_out", to=to, theme=theme_of(head)))

    async def admit(self, request: RawRequest, proven: Proven) -> RawResponse:
        """See `Admits`. What this browser had before is ended: nobody goes on with it."""
        members = self._ways.members
        person = None if members is None else members.person(proven.email)
        if members is None or person is None:
            return self._stranger(request, proven.email)
        seat = await members.seat(person)
        if seat is None:
            return self._without_seat(request, person.id)
        await self._sessions.end(self._cookies.secret(request.cookies, seat.name))
        session = Session(
            seat=seat.name,
            signed_in_at=proven.signed_in_at,
            email=proven.email.lower(),
            token=proven.token,
        )
        kept = await self._kept(request, session, sign_in.LASTS)
        own = seat_url(seat.name)
        to = proven.to if proven.to.startswith(own) else own
        # A page and no redirect: a browser that comes from the issuer sends a redirected request
        # without Strict cookies, and would look signed out.
        html = self._windows.render("signed_in", to=to, name=person.name, theme=theme_of(request))
        return RawResponse(
            content_type="text/html; charset=utf-8", body=html.encode(), headers=kept
        )

    async def _landing(self, request: RawRequest) -> RawResponse:
        members = self._ways.members
        if members is not None and request.identity:
            seat = await self._seat_of(request.identity)
            return self._not_theirs(request) if seat is None else see_other(seat_url(seat.name))
        html = self._windows.render(
            "landing",
            seats=_seats_of(request.cookies),
            start="" if self._issuer is None else start_url(""),
            theme=theme_of(request),
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
        session = Session(seat=seat.name, signed_in_at=self._clock.now())
        return see_other(seat_url(seat.name), *await self._kept(request, session, LASTS))

    async def _kept(
        self, request: RawRequest, session: Session, lasts: timedelta
    ) -> tuple[tuple[str, str], ...]:
        """Open a session; return the cookies that keep it."""
        secret = await self._sessions.open(session, lasts)
        known = [name for name in _seats_of(request.cookies) if name != session.seat]
        names = ".".join([*known, session.seat][-_MOST_SEATS:])
        return (
            self._cookies.keep(session.seat, secret, lasts),
            self._cookies.seats(names, LASTS),
        )

    async def _sign_out(self, request: RawRequest) -> RawResponse:
        name = request.captured["seat"]
        if not NAME.fullmatch(name):
            return see_other("/")
        secret = self._cookies.secret(request.cookies, name)
        session = await self._sessions.find(secret, name)
        await self._sessions.end(secret)
        shown = see_other("/")
        if self._issuer is not None and session is not None and session.email:
            shown = await self._issuer.leave(request, session.token)
        left = [seat for seat in _seats_of(request.cookies) if seat != name]
        kept = (self._cookies.forget(name), self._cookies.seats(".".join(left), LASTS))
        return replace(shown, headers=(*shown.headers, *kept))

    def _not_theirs(self, head: RawRequest) -> RawResponse:
        """Say why somebody whom the proxy names does not get this page."""
        members = self._ways.members
        person = None if members is None else members.person(head.identity)
        if person is None:
            return self._stranger(head, head.identity)
        if "seat" not in head.captured:
            return self._without_seat(head, person.id)
        return self.notice(
            head,
            HTTPStatus.UNAUTHORIZED,
            title="This is somebody else's window",
            words=f"You are signed in as {person.name}. Your own window is behind the front page.",
        )

    def _stranger(self, head: RawRequest, email: str) -> RawResponse:
        return self.notice(
            head,
            HTTPStatus.FORBIDDEN,
            title="Firewarden does not know you",
            words=f"No person of its policy has the address {visible_line(email)}. Ask whoever"
            " keeps the policy (its group admin) to write it beside your name, as email.",
        )

    def _without_seat(self, head: RawRequest, person: PersonId) -> RawResponse:
        return self.notice(
            head,
            HTTPStatus.FORBIDDEN,
            title="Your seat was taken away",
            words="Whoever runs Firewarden gives it anew with",
            command=f"firewarden seat add {person}",
        )

    def _void(self, request: RawRequest) -> RawResponse:
        return self.notice(
            request,
            HTTPStatus.GONE,
            title="This sign-in link is used up",
            words="A link opens a seat once, and not for ever. A new one is made with",
            command="firewarden seat link NAME",
        )


def html_page(html: str, status: int = HTTPStatus.OK) -> RawResponse:
    """Wrap a rendered page."""
    return RawResponse(status=status, content_type="text/html; charset=utf-8", body=html.encode())


def theme_of(head: RawRequest) -> str:
    """Return `dark` or `light` where this browser chose one, else ""."""
    chosen = head.cookies.get(THEME_COOKIE, "")
    return chosen if chosen in {"dark", "light"} else ""


def _seats_of(cookies: Mapping[str, str]) -> list[str]:
    names = cookies.get(SEATS_COOKIE, "").split(".")
    return [name for name in names if NAME.fullmatch(name)][:_MOST_SEATS]


def _asked_for(head: RawRequest) -> str:
    """Return the page that was asked for, as an address."""
    return quote(head.path, safe="/") if head.path.startswith("/s/") else ""


def _in_words(limit: timedelta) -> str:
    minutes = int(limit.total_seconds()) // 60
    if minutes % 60:
        return f"{minutes} minutes"
    return f"{minutes // 60} hour{'s' * (minutes != 60)}"  # noqa: PLR2004 - of one hour
