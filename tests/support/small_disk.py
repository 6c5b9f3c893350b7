"""A bot whose data folder is a file system of its own, small enough to be filled."""

import os
import shutil
import sys
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import aiohttp

from tests.support.bot import Seated
from tests.support.ports import free_port
from tests.support.process import Process

_SCRIPT = """\
mount -t tmpfs -o size="$1",mode=0700 firewarden "$FIREWARDEN_DATA" &&
"$2" -m bot seat add "$3" --kind answer > "$4" 2> /dev/null &&
exec "$2" -m bot serve
"""
"""In a mount namespace of its own, which ends with the bot; a user who is not root is one there."""


@dataclass(slots=True, kw_only=True)
class SmallDisk:
    """A serving bot, one person at it, and its disk."""

    process: Process
    seat: Seated
    data: Path
    """The data folder as this process sees it: through the bot's own root."""

    def fill(self) -> None:
        """Leave not a byte of space."""
        with (self.data / "filler").open("ab", buffering=0) as filler:
            for size in (65536, 1):
                try:
                    while True:
                        filler.write(b"x" * size)
                except OSError:
                    continue

    def copied(self, database: str) -> Path:
        """Copy a database with its log to where SQLite can open it; it resolves our way there."""
        for name in (database, f"{database}-wal"):
            shutil.copy(self.data / name, self.process.folder)
        return self.process.folder / database

    def make_room(self) -> None:
        """Give the space back."""
        (self.data / "filler").unlink()


@asynccontextmanager
async def small_disk(
    folder: Path, who: str, size: str, settings: Mapping[str, str]
) -> AsyncIterator[SmallDisk]:
    """Serve on a disk of that size (as `8m`)."""
    unshare, token, port = shutil.which("unshare"), folder / "token", free_port()
    assert unshare is not None
    (folder / "data").mkdir()
    async with aiohttp.ClientSession() as session:
        process = Process(folder=folder, port=port, session=session, settings=settings)
        as_root = "-m" if os.geteuid() == 0 else "-rm"
        script = ("sh", "-ec", _SCRIPT, "sh", size, sys.executable, who, str(token))
        try:
            await process.start((unshare, as_root, *script))
            assert process.life is not None
            root = Path(f"/proc/{process.life.pid}/root")
            yield SmallDisk(
                process=process,
                seat=Seated(
                    address=process.address, token=token.read_text().strip(), session=session
                ),
                data=root / str(folder / "data").lstrip("/"),
            )
        finally:
            await process.kill()
