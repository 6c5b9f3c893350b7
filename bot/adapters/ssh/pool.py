"""The links that are kept open: one per host and login, with a bounded number of sessions each."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import partial
from typing import TypeVar

import paramiko

from bot.adapters.ssh.channel import ExecChannel
from bot.adapters.ssh.limits import Limits
from bot.adapters.ssh.link import Link, open_link
from bot.adapters.ssh.mux import Mux
from bot.adapters.ssh.session import Session
from bot.errors import Unavailable
from bot.values import Host, Login

T = TypeVar("T")

_AGAIN = 0.05
"""Seconds between two tries for a session while others of ours run."""

_PATIENCE = 60.0
"""Seconds until waiting for a session is given up."""


@dataclass(slots=True)
class Line:
    """The link of one (host, login): opened when needed, shared by `sessions` commands at once."""

    host: Host
    login: Login
    limits: Limits
    threads: ThreadPoolExecutor
    closers: ThreadPoolExecutor
    slots: asyncio.Semaphore
    sessions: int = 0
    """Commands that run over the link now."""
    _opening: asyncio.Lock = field(default_factory=asyncio.Lock)
    _link: Link | Mux | None = None
    """A link that the event loop drives, or one whose channels are held by threads."""
    _used: float = field(default_factory=time.monotonic)
    _users: int = 0

    @asynccontextmanager
    async def session(self) -> AsyncIterator[Session | ExecChannel]:
        """Open a session for one command, as soon as one of the line's slots is free.

        Raises `Unavailable` or `Refused`; no byte of a command was sent by then.
        """
        self._users += 1
        try:
            async with self.slots:
                opened = await self._open()
                self.sessions += 1
                try:
                    yield opened
                finally:
                    self.sessions -= 1
                    if not opened.taken:
                        self._end(opened)
        finally:
            self._users -= 1
            self._used = time.monotonic()

    def close(self) -> None:
        """Close the link, in a thread where that blocks."""
        if self._link is not None:
            self._end(self._link)
            self._link = None

    @property
    def is_open(self) -> bool:
        """Whether the link stands, as far as is known."""
        return self._link is not None and self._link.is_active()

    @property
    def stale(self) -> bool:
        """Whether nobody is here and nobody was for `limits.idle`."""
        return self._users == 0 and time.monotonic() - self._used > self.limits.idle

    @property
    def _old(self) -> bool:
        return self.sessions == 0 and time.monotonic() - self._used > self.limits.idle

    async def _open(self) -> Session | ExecChannel:
        until = time.monotonic() + _PATIENCE
        while True:
            kept, link = await self._current()
            asked = time.monotonic()
            try:
                return await self._opened(link)
            except (paramiko.SSHException, EOFError, OSError) as error:
                answered = time.monotonic() - asked < self.limits.channel
                if link.is_active() and answered:
                    # The host allows fewer sessions than we thought: wait for one of ours to end.
                    if self._users == 1 or time.monotonic() > until:
                        raise Unavailable(f"{self.host.name} opens no more sessions") from error
                    await asyncio.sleep(_AGAIN)
                    continue
                self._forget(link)
                if not kept:
                    raise Unavailable(f"{self.host.name} opened no session") from error

    async def _opened(self, link: Link | Mux) -> Session | ExecChannel:
        if isinstance(link, Mux):
            return await link.open_session(self.limits.channel)
        opening = partial(link.open_session, timeout=self.limits.channel)
        return Session(link=link, channel=await self._in_thread(opening))

    async def _current(self) -> tuple[bool, Link | Mux]:
        """Return the link, and whether it was there before."""
        async with self._opening:
            if self._link is not None and self._link.is_active() and not self._old:
                return True, self._link
            if self._link is not None:
                self._end(self._link)
            self._link = _driven(await self._fresh_link())
            self._used = time.monotonic()
            return False, self._link

    async def _fresh_link(self) -> Link:
        loop = asyncio.get_running_loop()
        way = partial(open_link, self.host, self.login, self.limits)
        opening = loop.run_in_executor(self.threads, way)
        try:
            return await asyncio.shield(opening)
        except asyncio.CancelledError:
            # The thread goes on: what it opens would stay open for ever.
            opening.add_done_callback(self._close_unwanted)
            raise

    def _close_unwanted(self, opening: asyncio.Future[Link]) -> None:
        if not opening.cancelled() and opening.exception() is None:
            self.closers.submit(opening.result().close)

    def _forget(self, link: Link | Mux) -> None:
        """Drop a link that died; a kept one may have died unnoticed, so a fresh one is tried."""
        self._end(link)
        if self._link is link:
            self._link = None

    async def _in_thread(self, work: Callable[[], T]) -> T:
        return await asyncio.get_running_loop().run_in_executor(self.threads, work)

    def _end(self, ended: Link | Mux | Session | ExecChannel) -> None:
        if isinstance(ended, Mux | ExecChannel):
            ended.close()
        else:
            self.closers.submit(ended.close)


def _driven(link: Link) -> Link | Mux:
    wire = link.hand_over()
    return link if wire is None else Mux(link, wire)
