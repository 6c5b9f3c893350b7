"""A start reads no stream: a long history and many open effects do not make it longer.

100,000 events and 10,000 open effects are measured by `python -m tests.bench scale`.
"""

from pathlib import Path

from tests.scale.growing import grown, just_declared, long, waiting_run
from tests.scale.lives import life

SECONDS = 2.0


async def test_it_is_ready_again_in_two_seconds_of_work_and_then_does_what_is_open(
    tmp_path: Path,
) -> None:
    histories = [(await waiting_run(), 400), (await just_declared(), 200), (await long(50), 300)]
    events = await grown(tmp_path / "data", histories)
    assert events > 20_000
    assert sum(len(history.effects) * times for history, times in histories) > 2_000

    async with life(tmp_path) as ready:
        assert ready.worked < SECONDS
        async with ready.process.session.get(f"http://{ready.process.address}/metrics") as got:
            assert 'firewarden_outbox_open{kind="timer"}' in await got.text()
