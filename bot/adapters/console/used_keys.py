"""Idempotency keys of API calls, in the console's store: hashes alone, kept for eight days."""

import hashlib
from datetime import timedelta
from typing import Final

from sqlite_utils import Database

from bot.adapters.console.store import ConsoleStore
from bot.ports import Clock

KEPT: Final = timedelta(days=8)
"""As long as the journal keeps the answer that a repeat gets."""


class UsedKeys:
    """`http.keys.Keys` over the store: of two requests under one key the first has it."""

    def __init__(self, store: ConsoleStore, *, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    async def fits(self, key: str, request: str) -> bool:
        """See `Keys.fits`; `Unavailable` where the store cannot be written."""
        now = self._clock.now()
        hashed = hashlib.sha256(key.encode()).hexdigest()
        oldest = (now - KEPT).isoformat()

        def work(database: Database) -> bool:
            database.execute("DELETE FROM used_keys WHERE at <= ?", [oldest])
            database.execute(
                "INSERT INTO used_keys (hash, request, at) VALUES (?, ?, ?)"
                " ON CONFLICT (hash) DO NOTHING",
                [hashed, request, now.isoformat()],
            )
            [known] = database.execute(
                "SELECT request FROM used_keys WHERE hash = ?", [hashed]
            ).fetchone()
            return bool(known == request)

        return await self._store.run(work)
