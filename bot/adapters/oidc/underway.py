"""Sign-ins under way: nothing is kept here of who began one, it is all in that browser's cookie.

So nobody can push others out by beginning many. The cookie is sealed; state, nonce and verifier
are derived from it with a key that never leaves this process, and are unknown to its holder.
"""

import base64
import hashlib
import hmac
import re
from collections import OrderedDict
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from bot.adapters.oidc.claims import SIGN_IN_LASTS
from bot.ports import Clock, Ids

_REMEMBERED: Final = 10_000
"""Sign-ins that are known to be over; a code of an older one is refused by the issuer, too."""

_COOKIE: Final = re.compile(r"([A-Za-z0-9_-]{20,64})\.(\d{1,12})\.([01])\.([A-Za-z0-9_-]*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class UnderWay:
    """One sign-in: `again` demands a fresh one, `to` is the page that it comes back to."""

    secret: str
    began_at: datetime
    again: bool
    to: str


class SignIns:
    """Begins sign-ins, recognises them when they come back, and lets each come back once."""

    def __init__(self, *, clock: Clock, ids: Ids) -> None:
        self._clock = clock
        self._ids = ids
        self._key = ids.secret().encode()
        self._over: OrderedDict[str, datetime] = OrderedDict()

    def begin(self, *, to: str, again: bool) -> UnderWay:
        """Begin one."""
        began_at = self._clock.now().replace(microsecond=0)
        return UnderWay(secret=self._ids.secret(), began_at=began_at, again=again, to=to)

    def cookie(self, sign_in: UnderWay) -> str:
        """Return what the browser keeps of it."""
        words = ".".join(
            (
                sign_in.secret,
                str(int(sign_in.began_at.timestamp())),
                "1" if sign_in.again else "0",
                base64.urlsafe_b64encode(sign_in.to.encode()).decode().rstrip("="),
            )
        )
        return f"{words}.{self._derived('cookie', words)}"

    def of_cookie(self, cookie: str) -> UnderWay | None:
        """Return the sign-in that a cookie is of; None where it is not ours, or too old."""
        words, _, seal = cookie.rpartition(".")
        fits = _COOKIE.fullmatch(words)
        if fits is None or not hmac.compare_digest(
            seal.encode(errors="replace"), self._derived("cookie", words).encode()
        ):
            return None
        secret, began, again, to = fits.groups()
        began_at = datetime.fromtimestamp(int(began), UTC)
        if not began_at <= self._clock.now() <= began_at + SIGN_IN_LASTS:
            return None
        padded = to + "=" * (-len(to) % 4)
        page = base64.urlsafe_b64decode(padded).decode()
        return UnderWay(secret=secret, began_at=began_at, again=again == "1", to=page)

    def use(self, sign_in: UnderWay) -> bool:
        """Use a sign-in up; False where it has come back before."""
        now = self._clock.now()
        while self._over and (
            len(self._over) >= _REMEMBERED or now - next(iter(self._over.values())) > SIGN_IN_LASTS
        ):
            self._over.popitem(last=False)
        first = sign_in.secret not in self._over
        self._over[sign_in.secret] = sign_in.began_at
        return first

    def state(self, sign_in: UnderWay) -> str:
        """Return what comes back beside the code."""
        return self._derived("state", sign_in.secret)

    def nonce(self, sign_in: UnderWay) -> str:
        """Return what comes back inside the token."""
        return self._derived("nonce", sign_in.secret)

    def verifier(self, sign_in: UnderWay) -> str:
        """Return what proves at the issuer that the code is ours (RFC 7636)."""
        return self._derived("verifier", sign_in.secret)

    def challenge(self, sign_in: UnderWay) -> str:
        """Return what the issuer keeps of the verifier, by S256."""
        return _encoded(hashlib.sha256(self.verifier(sign_in).encode()).digest())

    def _derived(self, purpose: str, words: str) -> str:
        return _encoded(hmac.digest(self._key, f"{purpose}:{words}".encode(), "sha256"))


def _encoded(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).decode().rstrip("=")
