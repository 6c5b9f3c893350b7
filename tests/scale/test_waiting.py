"""Runs that wait cost nothing: no task, no thread, and no look at any of them."""

import asyncio
import shutil
import threading
import time
from pathlib import Path

import pytest

from bot.app.serving import serving
from bot.config import load_settings
from tests.scale.growing import POLICY, grown, waiting_run

RUNS = 1_000
WATCHED = 4.0
SHARE = 0.01


async def at_rest(folder: Path) -> tuple[list[str], int, float]:
    """Serve `folder`/data; returns its tasks, threads, and the share of a processor."""
    (folder / "policy.yaml").write_text(POLICY)
    env = folder / "env"
    env.write_text(
        f"FIREWARDEN_LISTEN=127.0.0.1:0\nFIREWARDEN_DATA={folder / 'data'}\n"
        f"FIREWARDEN_POLICY={folder / 'policy.yaml'}\n"
    )
    async with serving(load_settings(env)):
        await asyncio.sleep(1)  # the start's own work ends
        before = time.process_time()
        await asyncio.sleep(WATCHED)  # time passes: that is what is measured
        worked = (time.process_time() - before) / WATCHED
        tasks = sorted(str(task.get_coro()).partition(" at ")[0] for task in asyncio.all_tasks())
        return tasks, threading.active_count(), worked


@pytest.fixture
async def with_runs(tmp_path: Path) -> Path:
    folder = tmp_path / "with"
    folder.mkdir()
    await grown(folder / "data", [(await waiting_run(), RUNS)])
    return folder


async def test_a_thousand_waiting_runs_have_no_task_and_take_no_processor(
    tmp_path: Path, with_runs: Path
) -> None:
    empty = tmp_path / "empty"
    empty.mkdir()
    tasks, threads, _ = await at_rest(empty)

    with_them = await at_rest(with_runs)

    # Delivery's own two naps come and go; a thousand runs would be a thousand more.
    assert len(with_them[0]) <= len(tasks) + 2, with_them[0]
    assert with_them[1] <= threads + 2  # readers of the journal may have begun
    assert with_them[2] < SHARE
    shutil.rmtree(with_runs)
