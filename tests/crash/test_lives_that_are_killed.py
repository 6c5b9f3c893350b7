"""A short form of `make crash`: some lives of each kind end, and no promise is broken."""

import tempfile
from pathlib import Path

import pytest

from tests.crash.campaign import Size, campaign
from tests.crash.points import points
from tests.crash.world import How

SEED = "in every test run"


@pytest.mark.timeout(300)
async def test_lives_end_anywhere_and_no_promise_is_broken() -> None:
    anywhere = [point for point in points() if not point.where]
    size = Size(points=tuple(anywhere[::30]), chance=6, zombies=2, ssh=0, chat=0, lease=False)

    # Sockets have short names: pytest's own folders are too deep for them.
    with tempfile.TemporaryDirectory(prefix="fw-") as folder:
        tally = await campaign(size, SEED, Path(folder))

    assert [str(breach) for _, breach in tally.breaches] == []
    assert tally.count(How.CHANCE) >= size.chance
    assert tally.count(How.ZOMBIE) >= size.zombies
    ended_at = {blow.label for blow in tally.blows if blow.how is How.POINT}
    assert ended_at >= {point.label for point in size.points}
    assert tally.doubted == 0
