"""The outside anchor as a file: heads of streams as JSON lines, appended and never changed."""

import asyncio
import json
import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

from bot.errors import Fault, OperatorMistake
from bot.ports import AnchoredHead
from bot.records.chain import Head
from bot.values import StreamRef

_LONGEST_LINE = 4096
"""Bytes; a line of ours has about 170, and the reason of an epoch is cut to fit."""

_LONGEST_REASON = 500
"""Characters; each is at most six bytes in JSON."""


_LINE = re.compile(
    r'\{"at": "[^"\\]*", "stream": "([^"\\]+)", "seq": ([0-9]+), "mac": "((?:[0-9a-f]{2})*)"\}'
)
"""A line as `_line` writes it: read so, a hundred thousand of them cost a start 0.3 s, not 1.7."""


@dataclass(slots=True)
class _Read:
    """What the lines say so far: an epoch's line makes everything before it past.

    `heads` are the newest by stream, each as a sequence number and a MAC in hex.
    """

    epoch: int = 1
    heads: dict[str, tuple[str, str]] = field(default_factory=dict)


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
        read = await asyncio.to_thread(self._read)
        return tuple(
            AnchoredHead(
                stream=StreamRef.parse(stream), head=Head(seq=int(seq), mac=bytes.fromhex(mac))
            )
            for stream, (seq, mac) in read.heads.items()
        )

    async def begin_epoch(
        self, epoch: int, reason: str, heads: Sequence[AnchoredHead], at: datetime
    ) -> None:
        """See `Anchor.begin_epoch`; on the disk when it returns."""
        said = {"at": at.isoformat(), "epoch": epoch, "reason": reason[:_LONGEST_REASON]}
        lines = [f"{json.dumps(said)}\n", *(_line(head, at) for head in heads)]
        await asyncio.to_thread(self._append, "".join(lines))

    async def epoch(self) -> int:
        """See `Anchor.epoch`; raises as `latest` does."""
        return (await asyncio.to_thread(self._read)).epoch

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

    def _read(self) -> _Read:
        read = _Read()
        if not self._path.exists():
            return read
        whole = self._path.read_text("utf-8").rpartition("\n")[0]
        for number, line in enumerate(whole.splitlines(), 1):
            self._take(read, number, line)
        return read

    def _take(self, read: _Read, number: int, line: str) -> None:
        usual = _LINE.fullmatch(line)
        if usual is not None:
            stream, seq, mac = usual.groups()
            read.heads[stream] = (seq, mac)
            return
        try:
            said: Mapping[str, object] = json.loads(line)
            if "epoch" in said:
                read.epoch = int(str(said["epoch"]))
                read.heads.clear()
                return
            stream, seq, mac = str(said["stream"]), int(str(said["seq"])), str(said["mac"])
            read.heads[stream] = (str(seq), bytes.fromhex(mac).hex())
        except (ValueError, KeyError, TypeError) as error:
            fault = Fault(
                file=str(self._path),
                line=number,
                message="is no line of the anchor",
                hint="put back the copy of this file that is kept elsewhere",
            )
            raise OperatorMistake([fault]) from error


def _line(item: AnchoredHead, at: datetime) -> str:
    said = {
        "at": at.isoformat(),
        "stream": str(item.stream),
        "seq": item.head.seq,
        "mac": item.head.mac.hex(),
    }
    return f"{json.dumps(said)}\n"
