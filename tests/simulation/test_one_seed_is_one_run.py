"""One seed is one run: in this process, in another one, and however Python hashes its words."""

import os
import subprocess
import sys

from tests.simulation.drawing import drawn
from tests.simulation.trying import history

SEEDS = (1, 2)


def test_a_seed_gives_the_same_history_in_every_process() -> None:
    here = [history(drawn(seed)) for seed in SEEDS]
    assert here == [history(drawn(seed)) for seed in SEEDS]
    assert len(set(here)) == len(SEEDS)
    assert [_elsewhere(1, "1"), _elsewhere(2, "77")] == here


def _elsewhere(seed: int, hash_seed: str) -> str:
    """Return the digest that another process prints for a seed."""
    finished = subprocess.run(
        [sys.executable, "-m", "tests.simulation", "--seed", str(seed)],
        env={**os.environ, "PYTHONHASHSEED": hash_seed},
        capture_output=True,
        text=True,
        check=True,
    )
    found = [line for line in finished.stdout.splitlines() if line.startswith("history ")]
    return found[0].removeprefix("history ")
