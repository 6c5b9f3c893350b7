"""Reads on connections of their own, so that they never wait for a write."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from sqlite3 import Error
from typing import TypeVar

from sqlite_utils import Database

from bot.adapters.sqlite.connection import translated
from bot.errors import Unavailable
from bot.usecases.urgency import URGENCY, Urgency

T = TypeVar("T")


class Readers:
    """A few read-only connections, each used by one thread at a time.

    Those `for_people` serve whatever somebody waits for, and nothing of delivery: in a storm a
    request reads several times one after the other, and would stand behind a hundred each time.
    """

    def __init__(self, databases: Sequence[Database], *, for_people: Sequence[Database]) -> None:
        self._delivering = _Lane(databases, "journal-reader")
        self._answering = _Lane(for_people, "journal-answers")
        self._closed = False

    async def read(self, query: Callable[[Database], T]) -> T:
        """Run `query` on one snapshot: everything that was committed before, nothing after."""
        if self._closed:
            raise Unavailable("the journal is closed")
        lane = self._answering if URGENCY.get() is Urgency.ANSWER else self._delivering
        return await asyncio.get_running_loop().run_in_executor(lane.threads, lane.run, query)

    def close(self) -> None:
        """Wait for running reads, then close every connection; blocks meanwhile."""
        self._closed = True
        for lane in (self._answering, self._delivering):
            lane.close()


class _Lane:
    """Connections with as many threads; who comes first is served first."""

    def __init__(self, databases: Sequence[Database], name: str) -> None:
        self.threads = ThreadPoolExecutor(len(databases), thread_name_prefix=name)
        self._all = databases
        self._free: SimpleQueue[Database] = SimpleQueue()
        for database in databases:
            self._free.put(database)

    def run(self, query: Callable[[Database], T]) -> T:
        """Run a query; on a thread of `threads`."""
        database = self._free.get()
        try:
            database.execute("BEGIN")
            return query(database)
        except Error as error:
            raise translated(error) from error
        finally:
            if database.conn.in_transaction:
                database.execute("COMMIT")
            self._free.put(database)

    def close(self) -> None:
        """Wait for running queries, then close every connection; blocks meanwhile."""
        self.threads.shutdown(wait=True)
        for database in self._all:
            database.close()
