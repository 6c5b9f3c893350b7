"""The outside anchor as a file: heads of streams as JSON lines, appended and never changed."""

import asyncio
import json
import os
from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

from bot.errors import Fault, OperatorMistake
from bot.ports import AnchoredHead
from bot.records.chain import Head
from bot.values import StreamRef

_LONGEST_LINE = 4096
"""Bytes; a line of ours has about 170."""


class FileAnchor:
    """`Anchor` as an append-only file, to be put on another disk or shipped away line by line."""

    def __init__(self, path: Path) -> None:
        self._path = path

    async def publish(self, heads: Sequence[AnchoredHead], at: datetime) -> None:
        """See `Anchor.publish`; on the disk when it returns."""
        if heads:
            await asyncio.to_thread(self._append, "".join(_line(head, at) for head in heads))

    async def latest(self) -> Sequence[AnchoredHead]:
        """See `Anchor.latest`; raises OperatorMistake for a line that is none of ours."""
        return await asyncio.to_thread(self._read)

    def _append(self, lines: str) -> None:
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "r+b") as file:
            # A crash may have torn the last line: what was never whole was never published.
            start = max(0, file.seek(0, os.SEEK_END) - _LONGEST_LINE)
            file.seek(start)
            whole, newline, _ = file.read().rpartition(b"\n")
            file.truncate(start + len(whole) + len(newline))
            file.seek(0, os.SEEK_END)
            file.write(lines.encode())
            file.flush()
            os.fsync(file.fileno())

    def _read(self) -> Sequence[AnchoredHead]:
        if not self._path.exists():
            return ()
        whole = self._path.read_text("utf-8").rpartition("\n")[0]
        heads: dict[str, AnchoredHead] = {}
        for number, line in enumerate(whole.splitlines(), 1):
            head = self._head(number, line)
            heads[str(head.stream)] = head
        return tuple(heads.values())

    def _head(self, number: int, line: str) -> AnchoredHead:
        try:
            said: Mapping[str, object] = json.loads(line)
            return AnchoredHead(
                stream=StreamRef.parse(str(said["stream"])),
                head=Head(seq=int(str(said["seq"])), mac=bytes.fromhex(str(said["mac"]))),
            )
        except (ValueError, KeyError, TypeError) as error:
            fault = Fault(file=str(self._path), line=number, message="is no line of the anchor")
            raise OperatorMistake([fault]) from error


def _line(item: AnchoredHead, at: datetime) -> str:
    said = {
        "at": at.isoformat(),
        "stream": str(item.stream),
        "seq": item.head.seq,
        "mac": item.head.mac.hex(),
    }
    return f"{json.dumps(said)}\n"
