"""Who has a data folder open: many at once, or one alone.

The lock is the kernel's and ends with its process, however that ends.
"""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from bot.errors import Refused

_LOCK = "in-use.lock"


@contextmanager
def in_use(folder: Path) -> Iterator[None]:
    """Keep whoever needs the folder alone away; Refused while one of those is at work."""
    with _locked(folder, fcntl.LOCK_SH, "a backup is being restored here: wait for its end"):
        yield


@contextmanager
def alone(folder: Path) -> Iterator[None]:
    """Have the folder alone; Refused while anybody has it open."""
    with _locked(folder, fcntl.LOCK_EX, "a bot or another command uses this folder: stop it first"):
        yield


@contextmanager
def _locked(folder: Path, how: int, otherwise: str) -> Iterator[None]:
    handle = os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        try:
            fcntl.flock(handle, how | fcntl.LOCK_NB)
        except BlockingIOError:
            raise Refused(f"{folder}: {otherwise}") from None
        yield
    finally:
        os.close(handle)
