"""The console's cookies: one per seat, out of reach of scripts and of other sites."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Final

from bot.adapters.console.places import seat_url

COOKIE: Final = "firewarden"
SEATS_COOKIE: Final = "firewarden-seats"
"""Names of the seats of this browser, for the landing page; proves nothing."""

THEME_COOKIE: Final = "firewarden-theme"

_HOST: Final = "__Host-"
"""Browsers take such a cookie from this very host alone, over TLS, for all of its paths."""


class Cookies:
    """Writes and reads them; `secure` = the browser speaks TLS with whatever it reaches us by.

    Without TLS a seat's cookie has the path of its seat's own part; a `__Host-` cookie has no
    path, so the seat stands in its name. Either way two seats share one browser.
    """

    def __init__(self, *, secure: bool) -> None:
        self._secure = secure

    def secret(self, cookies: Mapping[str, str], seat: str) -> str:
        """Return the secret of a seat's session, "" where there is none."""
        return cookies.get(self._name(seat), "")

    def keep(self, seat: str, secret: str, lasts: timedelta) -> tuple[str, str]:
        """Return the header that keeps a session's secret."""
        path = "/" if self._secure else seat_url(seat)
        return self._set(self._name(seat), secret, path, lasts)

    def forget(self, seat: str) -> tuple[str, str]:
        """Return the header that takes a session's secret away."""
        return self.keep(seat, "", timedelta(0))

    def seats(self, names: str, lasts: timedelta) -> tuple[str, str]:
        """Return the header that keeps the names of this browser's seats."""
        return self._set(SEATS_COOKIE, names, "/", lasts)

    def _name(self, seat: str) -> str:
        return f"{_HOST}{COOKIE}-{seat}" if self._secure else COOKIE

    def _set(self, name: str, value: str, path: str, lasts: timedelta) -> tuple[str, str]:
        guarded = f"HttpOnly; SameSite=Strict{'; Secure' if self._secure else ''}"
        seconds = int(lasts.total_seconds())
        return ("Set-Cookie", f"{name}={value}; Path={path}; Max-Age={seconds}; {guarded}")
