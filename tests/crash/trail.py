"""The points that a life comes by, in memory that outlives it: nobody is woken by any of them."""

import mmap
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

_MOST: Final = 16 << 20
"""Bytes of the names of all the points of a life; what nobody writes to takes no room."""


class Trail:
    """What a life writes: one line per point, there for others once `add` returns."""

    def __init__(self, file: Path) -> None:
        self._lines = _shared(file)
        self._end = 0

    def add(self, label: str) -> None:
        """Write a point down; IndexError where there is no room left."""
        line = label.encode() + b"\n"
        end = self._end + len(line)
        if end >= _MOST:
            raise IndexError(end)
        self._lines[self._end : end] = line
        self._end = end


class Track:
    """What the world reads of it, while the life goes on and after its end."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lines = _shared(file)
        self._seen = 0

    def news(self) -> Iterator[str]:
        """Yield the points that were written since the last time."""
        end = self._lines.find(b"\0", self._seen)
        # Of a line that is being written the end is not there yet: it is for the next time.
        whole = self._lines.rfind(b"\n", self._seen, end) + 1
        if whole > self._seen:
            written = self._lines[self._seen : whole]
            self._seen = whole
            yield from written.decode().splitlines()

    def close(self) -> None:
        """Remove it."""
        self._lines.close()
        self._file.unlink()


def _shared(file: Path) -> mmap.mmap:
    with file.open("a+b") as opened:
        os.ftruncate(opened.fileno(), _MOST)
        return mmap.mmap(opened.fileno(), _MOST)
