"""What came in lately, so that the same thing twice is answered once."""

from collections import OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

_REMEMBERED: Final = 5000
"""Ids: far more than Slack can send again within the six minutes of its last retry."""


class Seen:
    """Ids of what was taken. The journal is the truth; this spares a second answer."""

    def __init__(self) -> None:
        self._ids: OrderedDict[str, None] = OrderedDict()

    @contextmanager
    def first(self, ident: str) -> Iterator[bool]:
        """Say whether this is the first time; one that fails has not been taken."""
        new = ident not in self._ids
        self._ids[ident] = None
        if len(self._ids) > _REMEMBERED:
            self._ids.popitem(last=False)
        try:
            yield new
        except BaseException:
            if new:
                self._ids.pop(ident, None)
            raise
