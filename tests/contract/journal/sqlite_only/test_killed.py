"""A process that is killed loses nothing that it said was written."""

import signal

from bot.records.chain import first_broken
from tests.contract.journal.sqlite_only.conftest import Open, Spawn
from tests.contract.journal.values import KEY, STREAM


async def test_everything_that_a_killed_process_acknowledged_is_there(
    open_journal: Open, spawn: Spawn
) -> None:
    child = await spawn("append", 1_000_000)
    assert child.stdout is not None
    acknowledged = [int(await child.stdout.readline()) for _ in range(50)]
    child.send_signal(signal.SIGKILL)
    rest, _ = await child.communicate()
    acknowledged += [int(line) for line in rest.split(b"\n")[:-1]]
    history = await open_journal().load(STREAM)
    assert first_broken(KEY, history.records) is None
    assert [record.seq for record in history.records][: len(acknowledged)] == acknowledged
    assert len(history.records) - len(acknowledged) in (0, 1)
    assert history.head.seq == len(history.records)
