"""202 without a body, which every good body of alerts is answered with."""

import time
from email.utils import formatdate
from functools import lru_cache

from aiohttp import HttpVersion11, web


class Accepted(web.StreamResponse):
    """The same bytes for everybody, but for the date.

    Senders of alerts are machines and read nothing but the status. Putting the same headers
    together anew for each took a seventh of what a body of alerts costs in all.
    """

    @staticmethod
    def fits(request: web.BaseRequest) -> bool:
        """Whether these bytes are right: the sender stays, and has read what it was told before."""
        transport = request.transport
        return (
            request.keep_alive
            and request.version == HttpVersion11
            and transport is not None
            and transport.get_write_buffer_size() == 0
        )

    @property
    def keep_alive(self) -> bool:
        """Whether the connection stays open: this is only said to who wants it."""
        return True

    async def prepare(self, request: web.BaseRequest) -> None:
        """Send the whole response; ConnectionResetError where the sender went away."""
        transport = request.transport
        if transport is None or transport.is_closing():
            raise ConnectionResetError
        transport.write(_response_at(int(time.time())))

    async def write_eof(self, data: bytes = b"") -> None:
        """Do nothing: there is no body."""


ACCEPTED = Accepted(status=202)


@lru_cache(maxsize=1)
def _response_at(second: int) -> bytes:
    date = formatdate(second, usegmt=True)
    return f"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\nDate: {date}\r\n\r\n".encode()
