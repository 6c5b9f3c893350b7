"""HTTP checks of addresses that the inventory names, and of no others."""

from collections.abc import Callable
from datetime import timedelta

import aiohttp

from bot.errors import Refused, Unavailable
from bot.ports import ProbeResult

_CAP = 64 * 1024
"""Bytes of a body that are read."""


class HttpProbe:
    """`Probe` over aiohttp. `known` says which URLs the inventory names now."""

    def __init__(self, known: Callable[[], frozenset[str]]) -> None:
        self._known = known

    async def get(self, url: str, timeout: timedelta) -> ProbeResult:  # noqa: ASYNC109 - a remote deadline
        """See `Probe.get`."""
        if url not in self._known():
            raise Refused("this address is not in the inventory")
        limit = aiohttp.ClientTimeout(total=timeout.total_seconds())
        try:
            async with (
                aiohttp.ClientSession(timeout=limit, trust_env=False) as session,
                session.get(url, allow_redirects=False) as response,
            ):
                body = await _capped(response.content)
                return ProbeResult(status=response.status, body=body.decode("utf-8", "replace"))
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            raise Unavailable(f"no answer: {type(error).__name__}") from error


async def _capped(stream: aiohttp.StreamReader) -> bytes:
    """Read up to the cap; one read may bring less than is still to come."""
    body = b""
    while len(body) < _CAP and (more := await stream.read(_CAP - len(body))):
        body += more
    return body
