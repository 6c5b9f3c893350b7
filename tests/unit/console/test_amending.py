"""What the console amends is in none of its bytes any more."""

from pathlib import Path

from bot.adapters.console.changes import Changes
from bot.adapters.console.platform import ConsolePlatform
from bot.adapters.console.store import ConsoleStore
from bot.ports import RoomSpec
from bot.values import PersonId
from cards.model import message
from tests.unit.http.doubles import StillClock

SECRET = b"correct-horse-battery"


async def nobody(_: PersonId) -> bool:
    return False


def holding(folder: Path) -> list[str]:
    return [path.name for path in folder.iterdir() if SECRET in path.read_bytes()]


async def test_an_amended_message_and_its_file_leave_no_byte_behind(tmp_path: Path) -> None:
    store = await ConsoleStore.open(tmp_path / "console.sqlite3")
    chat = ConsolePlatform(store, clock=StillClock(), changes=Changes(), seated=nobody)
    room = await chat.open_room(RoomSpec(key="room:1", name="inc-1", topic=""))
    said = await chat.post(room, "1", message(SECRET.decode()))
    file = await chat.attach(room, "2", "log.txt", SECRET * 1000)
    for again in ("an update", SECRET.decode(), "another"):
        await chat.update(said, message(again))
    assert holding(tmp_path) != []
    await chat.amend(said, message("[erased]"))
    await chat.amend(file, message("[erased]"))
    assert holding(tmp_path) == []
    await store.close()
