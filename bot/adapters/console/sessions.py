"""Browser sessions: a random cookie per seat, of which only the hash is kept."""

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Final

from sqlite_utils import Database

from bot.adapters.console.store import ConsoleStore
from bot.ports import Clock, Ids

LASTS: Final = timedelta(days=14)
"""How long a window may read and type without a new sign-in."""

RECENT: Final = timedelta(hours=12)
"""How old a sign-in may be for answering a card (DESIGN section 11)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    """Who sits in a window, and since when.

    `email` is what an issuer vouched for, "" where a seat's link opened the window; `token` is how
    it did, for signing out there.
    """

    seat: str
    signed_in_at: datetime
    email: str = ""
    token: str = field(default="", repr=False)


class Sessions:
    """Opens, finds and ends sessions."""

    def __init__(self, store: ConsoleStore, *, clock: Clock, ids: Ids) -> None:
        self._store = store
        self._clock = clock
        self._ids = ids

    async def open(self, session: Session, lasts: timedelta = LASTS) -> str:
        """Start a session and return the cookie's secret; expired ones are swept out."""
        secret = self._ids.secret()
        now = self._clock.now()
        row = {
            "hash": _hash(secret),
            "seat": session.seat,
            "signed_in_at": session.signed_in_at.isoformat(),
            "expires_at": (now + lasts).isoformat(),
            "email": session.email,
            "token": session.token,
        }

        def work(database: Database) -> None:
            database.execute("DELETE FROM sessions WHERE expires_at <= ?", [now.isoformat()])
            database.execute(
                "INSERT INTO sessions (hash, seat, signed_in_at, expires_at, email, token)"
                " VALUES (:hash, :seat, :signed_in_at, :expires_at, :email, :token)",
                row,
            )

        await self._store.run(work)
        return secret

    async def find(self, secret: str, seat: str) -> Session | None:
        """Return the session of this seat that the secret opens, None where there is none now."""
        now = self._clock.now().isoformat()

        def work(database: Database) -> Session | None:
            row = database.execute(
                "SELECT signed_in_at, email, token FROM sessions"
                " WHERE hash = ? AND seat = ? AND expires_at > ?",
                [_hash(secret), seat, now],
            ).fetchone()
            if row is None:
                return None
            at = datetime.fromisoformat(row[0])
            return Session(seat=seat, signed_in_at=at, email=str(row[1]), token=str(row[2]))

        return await self._store.run(work) if secret else None

    async def end(self, secret: str) -> None:
        """Sign out."""
        await self._store.run(
            lambda database: database.execute(
                "DELETE FROM sessions WHERE hash = ?", [_hash(secret)]
            ).close()
        )


def _hash(secret: str) -> str:
    return hashlib.sha256(secret.encode(errors="replace")).hexdigest()
