# ruff: noqa: T201 - its output is how it tells its parent what it has done
"""A second process on the same journal: it appends events or settles effects."""

import asyncio
import sys
from datetime import timedelta
from pathlib import Path

from bot.adapters.sqlite import SqliteJournal
from bot.ports import Commit, Committed, Settle, Settlement
from tests.contract.journal.values import EVERY_KIND, LEASE, NOON, STREAM, CountingIds, events


async def append(journal: SqliteJournal, count: int) -> None:
    """Append `count` events to one stream that others append to as well; print each one's place."""
    written = 0
    while written < count:
        head = (await journal.load(STREAM)).head
        one, new_head = events(b"child", head=head)
        if await journal.commit([one]) == [Committed()]:
            written += 1
            print(new_head.seq, flush=True)


async def settle(journal: SqliteJournal) -> None:
    """Claim and settle until nothing is due; print the key of each effect that was ours."""
    while claims := await journal.claim("child", NOON, LEASE, EVERY_KIND, 3):
        for claim in claims:
            done = Commit(settlement=Settlement(claim=claim, how=Settle.DONE))
            if await journal.commit([done]) == [Committed()]:
                print(claim.item.key, flush=True)


async def main(path: str, task: str, count: str) -> None:
    journal = SqliteJournal.open(Path(path), ids=CountingIds(), busy=timedelta(seconds=20))
    print("ready", flush=True)
    if task == "append":
        await append(journal, int(count))
    else:
        await settle(journal)
    await journal.close()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
