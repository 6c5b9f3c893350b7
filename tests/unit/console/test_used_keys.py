"""An idempotency key stands for one request, also after a restart, for eight days."""

from datetime import timedelta
from pathlib import Path

from bot.adapters.console.store import ConsoleStore
from bot.adapters.console.used_keys import UsedKeys
from tests.unit.http.doubles import NOON, StillClock


async def test_a_key_stays_with_the_request_that_had_it_first(tmp_path: Path) -> None:
    clock = StillClock(NOON)
    for asked, fits in (("one", True), ("two", False), ("one", True)):
        store = await ConsoleStore.open(tmp_path / "console.sqlite3")
        assert await UsedKeys(store, clock=clock).fits("api:ann:key:k", asked) is fits
        await store.close()


async def test_a_key_is_free_again_once_the_answer_is_forgotten(tmp_path: Path) -> None:
    store = await ConsoleStore.open(tmp_path / "console.sqlite3")
    assert await UsedKeys(store, clock=StillClock(NOON)).fits("k", "one")
    later = StillClock(NOON + timedelta(days=8) - timedelta(seconds=1))
    assert not await UsedKeys(store, clock=later).fits("k", "two")
    last = StillClock(NOON + timedelta(days=8))
    assert await UsedKeys(store, clock=last).fits("k", "two")
    await store.close()


async def test_the_key_itself_is_not_kept(tmp_path: Path) -> None:
    store = await ConsoleStore.open(tmp_path / "console.sqlite3")
    await UsedKeys(store, clock=StillClock(NOON)).fits("api:ann:key:secret-in-a-key", "one")
    await store.close()
    kept = (tmp_path / "console.sqlite3").read_bytes()
    assert b"used_keys" in kept
    assert b"secret-in-a-key" not in kept
