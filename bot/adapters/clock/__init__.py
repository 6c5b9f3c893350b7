"""The machine's clock and randomness."""

import asyncio
import base64
import secrets
import time
from datetime import UTC, datetime

_BITS = 16
"""Bytes of a random id: 128 bits, 26 characters of base-32."""

_LONGEST_SLEEP = 3600.0
"""Sleep in pieces, so that a clock that is set forward is noticed."""


class SystemClock:
    """`Clock` of this machine."""

    def now(self) -> datetime:
        """See `Clock.now`."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """See `Clock.monotonic`."""
        return time.monotonic()

    async def sleep_until(self, moment: datetime) -> None:
        """See `Clock.sleep_until`."""
        latest = self.monotonic() + (moment - self.now()).total_seconds()
        # In pieces, not on an event: nothing but time itself ends this wait.
        while (left := self._left(moment, latest)) > 0:  # noqa: ASYNC110 - as above
            await asyncio.sleep(min(left, _LONGEST_SLEEP))

    def _left(self, moment: datetime, latest: float) -> float:
        return min((moment - self.now()).total_seconds(), latest - self.monotonic())


class SystemIds:
    """`Ids` from the operating system's randomness."""

    def new(self) -> str:
        """See `Ids.new`."""
        return base64.b32encode(secrets.token_bytes(_BITS)).decode().rstrip("=").lower()

    def secret(self) -> str:
        """See `Ids.secret`."""
        return secrets.token_urlsafe(32)
