"""Reads on connections of their own, so that they never wait for a write."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from queue import SimpleQueue
from sqlite3 import Error
from typing import TypeVar

from sqlite_utils import Database

from bot.adapters.sqlite.connection import translated
from bot.errors import Unavailable

T = TypeVar("T")


class Readers:
    """A few read-only connections, each used by one thread at a time."""

    def __init__(self, databases: list[Database]) -> None:
        self._all = databases
        self._free: SimpleQueue[Database] = SimpleQueue()
        for database in databases:
            self._free.put(database)
        self._threads = ThreadPoolExecutor(len(databases), thread_name_prefix="journal-reader")
        self._closed = False

    async def read(self, query: Callable[[Database], T]) -> T:
        """Run `query` on one snapshot: everything that was committed before, nothing after."""
        if self._closed:
            raise Unavailable("the journal is closed")
        return await asyncio.get_running_loop().run_in_executor(self._threads, self._run, query)

    def close(self) -> None:
        """Wait for running reads, then close every connection; blocks meanwhile."""
        self._closed = True
        self._threads.shutdown(wait=True)
        for database in self._all:
            database.close()

    def _run(self, query: Callable[[Database], T]) -> T:
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
