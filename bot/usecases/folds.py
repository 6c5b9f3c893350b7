"""Streams folded to states, kept by their heads."""

from collections import OrderedDict
from typing import Generic, TypeVar

from bot.domain.intents import Intent
from bot.ports import Journal
from bot.records.chain import EMPTY
from bot.records.erasure import tells_erasure
from bot.usecases.archive import Archive
from bot.usecases.deciding import Folded, Noun
from bot.values import StreamRef

S = TypeVar("S")
I = TypeVar("I", bound=Intent)  # noqa: E741 - I for intent, beside S for state

_CACHED = 2048
"""Folded streams kept by head: ten to thirty kilobytes each, so 60 MB at the very most.

More than there are open incidents in any storm: a page of a thousand open cards that finds each
folded takes a twentieth of the time.
"""


class Folds(Generic[S, I]):
    """The streams of one kind, as they stand or stood when they were last seen."""

    def __init__(self, *, noun: Noun[S, I], journal: Journal, archive: Archive) -> None:
        self._noun = noun
        self._journal = journal
        self._archive = archive
        self._cache: OrderedDict[str, Folded[S]] = OrderedDict()

    def remembered(self, ident: str) -> Folded[S] | None:
        """Return how a stream stood when it was last seen, None where that is not known."""
        return self._cache.get(ident)

    def forget(self, ident: str) -> None:
        """Read a stream anew when it is asked for next."""
        self._cache.pop(ident, None)

    async def at_head(self, ident: str) -> Folded[S]:
        """Return a stream as the journal has it; the blank state where it has no events."""
        cached = self._cache.get(ident)
        stream = StreamRef(kind=self._noun.kind, id=ident)
        head = cached.head if cached else EMPTY
        history = await self._journal.load(stream, after=head.seq)
        if cached is not None and history.head == head:
            # Somebody may have dropped it while the journal was read; it holds all the same.
            self.keep(ident, cached)
            return cached
        if cached is not None and (not history.records or history.records[0].seq != head.seq + 1):
            self._cache.pop(ident, None)
            return await self.at_head(ident)
        if cached is not None and any(tells_erasure(record) for record in history.records):
            # What is folded holds the erased text still, and would be shown and written again.
            self._cache.pop(ident, None)
            return await self.at_head(ident)
        state = cached.state if cached else self._noun.blank(ident)
        for envelope in await self._archive.events(history.records):
            state = self._noun.evolve(state, envelope)
        folded = Folded(state=state, head=history.head)
        self.keep(ident, folded)
        return folded

    def keep(self, ident: str, folded: Folded[S]) -> None:
        """Remember how a stream stands."""
        self._cache[ident] = folded
        self._cache.move_to_end(ident)
        while len(self._cache) > _CACHED:
            self._cache.popitem(last=False)
