"""The hosts: a process of its own that runs commands, keeps receipts and writes the ledger.

`python -m tests.crash.hosts SOCKET LEDGER` serves every host of one world. Nothing but this
process writes the ledger: one JSON line per command that really began, synced before it begins.
A host whose name starts with `bare` keeps no receipts.
"""

import asyncio
import json
import os
import sys
import time
import zlib
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypedDict

BOOT = "4a0e3a5e-6c1f-4f0e-9c39-0d6b7c2d1a11"
"""The boot id of every host: they are never restarted."""

LONGEST_LINE = 1 << 20


class Asked(TypedDict):
    """One question to a host."""

    do: str
    host: str
    key: str
    digest: str
    argv: list[str]
    changes: bool


class Said(TypedDict, total=False):
    """A host's answer; `state` is a word of `ReceiptState`."""

    state: str
    exit_status: int | None
    stdout: str


@dataclass(slots=True, kw_only=True)
class Kept:
    """One receipt: the command's digest, and how it ended (None = it has not)."""

    digest: str
    ended: asyncio.Event = field(default_factory=asyncio.Event)
    exit_status: int | None = None
    stdout: str = "done\n"
    killed: bool = False


class Hosts:
    """Every host of one world."""

    def __init__(self, ledger: Path) -> None:
        self._ledger = os.open(ledger, os.O_WRONLY | os.O_APPEND | os.O_CREAT, 0o600)
        self._receipts: dict[tuple[str, str], Kept] = {}
        self._applied: dict[tuple[str, str], int] = {}
        self._running: set[asyncio.Task[None]] = set()

    async def answer(self, asked: Asked) -> Said:
        """Do what is asked, or say what became of it."""
        match asked["do"]:
            case "run" if asked["changes"]:
                return await self._change(asked)
            case "run":
                return self._read(asked)
            case "inquire":
                return self._inquired(asked)
            case "stop":
                return self._stopped(asked)
            case _:
                raise ValueError(asked["do"])

    async def _change(self, asked: Asked) -> Said:
        place = (asked["host"], asked["key"])
        kept = self._receipts.get(place)
        if kept is None or asked["host"].startswith("bare"):
            self._write(asked)
            kept = self._receipts[place] = Kept(digest=asked["digest"])
            # It belongs to the host from here on: whoever asked may be gone before it ends.
            running = asyncio.create_task(self._carried_out(asked, kept))
            self._running.add(running)
            running.add_done_callback(self._running.discard)
        elif kept.digest != asked["digest"]:
            return {"state": "another command"}
        elif not kept.ended.is_set():
            return {"state": "running"}
        await kept.ended.wait()
        return _ended(kept)

    async def _carried_out(self, asked: Asked, kept: Kept) -> None:
        """`apply TICKET STEP`: takes its time, which the ticket and the step decide."""
        _, ticket, step = asked["argv"]
        await asyncio.sleep(seconds_of(ticket, step))
        if kept.killed:
            return
        at = (asked["host"], ticket)
        self._applied[at] = self._applied.get(at, 0) + 1
        if step == "two":
            kept.stdout *= 400  # long enough to be kept apart from its event
        kept.exit_status = 0
        kept.ended.set()

    def _read(self, asked: Asked) -> Said:
        """`cat TICKET`: how many steps were applied here."""
        applied = self._applied.get((asked["host"], asked["argv"][1]), 0)
        return {"state": "finished", "exit_status": 0, "stdout": f"applied={applied}\n"}

    def _inquired(self, asked: Asked) -> Said:
        if asked["host"].startswith("bare"):
            return {"state": "the host keeps no receipts"}
        kept = self._receipts.get((asked["host"], asked["key"]))
        if kept is None:
            return {"state": "absent, same boot"}
        if kept.digest != asked["digest"]:
            return {"state": "another command"}
        return _ended(kept) if kept.ended.is_set() else {"state": "running"}

    def _stopped(self, asked: Asked) -> Said:
        kept = self._receipts.get((asked["host"], asked["key"]))
        if kept is not None and not kept.ended.is_set():
            kept.killed = True
            kept.ended.set()
        return {"state": "finished"}

    def _write(self, asked: Asked) -> None:
        line = {
            "at": time.time(),
            "host": asked["host"],
            "argv": asked["argv"],
        }
        os.write(self._ledger, json.dumps(line).encode() + b"\n")
        os.fsync(self._ledger)


def seconds_of(ticket: str, step: str) -> float:
    """Return how long a change takes: 0 to 60 ms, or 20 s for a ticket that hangs (`h...`)."""
    if ticket.startswith("h"):
        return 20.0
    return (zlib.crc32(f"{ticket} {step}".encode()) % 60) / 1000


def _ended(kept: Kept) -> Said:
    return {"state": "finished", "exit_status": kept.exit_status, "stdout": kept.stdout}


async def _serve(socket: str, ledger: Path) -> None:
    hosts = Hosts(ledger)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            said = await hosts.answer(json.loads(await reader.readline()))
            writer.write(json.dumps(said).encode() + b"\n")
            await writer.drain()
        except (ConnectionError, json.JSONDecodeError):
            return  # the life that asked is gone; what began here goes on
        finally:
            writer.close()

    await asyncio.start_unix_server(talk, socket, limit=LONGEST_LINE)
    await asyncio.to_thread(sys.stdin.read)  # until the world ends


if __name__ == "__main__":
    asyncio.run(_serve(sys.argv[1], Path(sys.argv[2])))
