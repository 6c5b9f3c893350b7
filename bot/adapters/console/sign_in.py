"""Ways into the console besides a seat's link: a proxy that names people, or an issuer's word."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final, Protocol
from urllib.parse import quote

from bot.adapters.http.raw import RawRequest, RawResponse
from bot.adapters.http.routes import Route
from bot.usecases.members import Members

START: Final = "/oidc/start"
"""Where a sign-in at the issuer begins: `?to=` a page of the console, `&again=1` a fresh one."""

LASTS: Final = timedelta(hours=12)
"""How long the issuer's word counts for reading; people who left are also out by the policy."""

_PAGE: Final = re.compile(
    r"/s/[a-z][a-z0-9-]{0,31}/[A-Za-z0-9_.~%?=&+/-]{0,400}(#card-[\w:.-]{1,80})?", re.ASCII
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Proven:
    """What an issuer has vouched for: whose address it is, and when they showed who they are.

    `to` is the page of the console that they wanted, "" = none. `token` is what the issuer signed:
    by it the issuer knows whom to sign out.
    """

    email: str
    signed_in_at: datetime
    to: str = ""
    token: str = field(default="", repr=False)


class Admits(Protocol):
    """Lets people in whom an issuer vouches for, and says in a page why somebody is not."""

    async def admit(self, request: RawRequest, proven: Proven) -> RawResponse:
        """Open the person's window; a page of refusal where the policy knows nobody like that."""
        ...

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
        ...

    def sent_on(self, head: RawRequest, to: str) -> RawResponse:
        """Show a page that says that somebody is signed out here, and goes on to the issuer's."""
        ...


class Door(Protocol):
    """An issuer: the routes of a sign-in there, and the way out."""

    def routes(self) -> tuple[Route, ...]:
        """Build its routes."""
        ...

    async def leave(self, head: RawRequest, token: str) -> RawResponse:
        """Answer a sign-out, once the session here is over; `token` "" = of an unknown sign-in."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SignIn:
    """How people get in. `members` None = with a seat's link alone.

    `issuer` makes the door to an issuer; without one a named proxy names people.
    A sign-in is `fresh` enough for deciding that long. `public` is the origin that people reach
    the console at, over https where `secure`.
    """

    members: Members | None = None
    issuer: Callable[[Admits], Door] | None = None
    fresh: timedelta = timedelta(minutes=15)
    public: str = ""
    secure: bool = False


SEATS_ALONE: Final = SignIn()


def start_url(to: str, *, again: bool = False) -> str:
    """Return where a sign-in begins that comes back to a page."""
    return f"{START}?to={quote(to, safe='')}{'&again=1' if again else ''}"


def page_of_ours(address: str) -> str:
    """Return a return address that is a page of a window, "" for everything else."""
    fits = _PAGE.fullmatch(address) and ".." not in address and "//" not in address
    return address if fits else ""
