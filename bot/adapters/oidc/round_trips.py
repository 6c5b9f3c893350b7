"""A trip to the issuer and back: an address that asks, and a cookie that comes along."""

from dataclasses import dataclass
from datetime import timedelta
from urllib.parse import urlencode, urlsplit, urlunsplit


@dataclass(frozen=True, slots=True, kw_only=True)
class TripCookie:
    """A cookie that lives for one trip; `secure` = people reach us over https."""

    word: str
    secure: bool

    @property
    def name(self) -> str:
        """What the browser calls it."""
        return f"__Host-{self.word}" if self.secure else self.word

    def keep(self, value: str, lasts: timedelta) -> tuple[str, str]:
        """Return the header that keeps it."""
        # Lax, not Strict: the browser comes back from the issuer's pages, and must bring it.
        path = "/" if self.secure else "/oidc"
        guarded = f"HttpOnly; SameSite=Lax{'; Secure' if self.secure else ''}"
        seconds = int(lasts.total_seconds())
        return ("Set-Cookie", f"{self.name}={value}; Path={path}; Max-Age={seconds}; {guarded}")

    def forget(self) -> tuple[str, str]:
        """Return the header that takes it away."""
        return self.keep("", timedelta(0))


def with_query(url: str, asked: dict[str, str]) -> str:
    """Return an address with parameters beside those that it has."""
    parts = urlsplit(url)
    query = "&".join(filter(None, (parts.query, urlencode(asked))))
    return urlunsplit(parts._replace(query=query))
