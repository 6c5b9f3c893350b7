"""What is left when a simulation is over, gathered for the check."""

from bot.adapters.memory.journal import MemoryJournal
from bot.records.chain import Record
from bot.records.rows import ReservationRow
from bot.usecases.archive import Archive
from tests.simulation.life import Ground, Remembering
from tests.simulation.lived import Lived, Stored


async def lived(ground: Ground) -> Lived:
    """Return everything that a promise can be held against."""
    journal, book = ground.journal, ground.book
    archive = Remembering(journal=journal, opened=ground.opened)
    events: list[Stored] = []
    for number, (at, commit) in enumerate(book.commits):
        envelopes = await archive.events(commit.records)
        events.extend(Stored(envelope=e, commit=number, at=at) for e in envelopes)
    return Lived(
        policy=ground.current.policy,
        events=events,
        broken_chains=await _broken_chains(journal, archive),
        ledger=ground.hosts.ledger,
        receipts={
            (name, key): kept
            for name, machine in ground.hosts.machines.items()
            for key, kept in machine.receipts.items()
        },
        rooms=[ident.removeprefix("room:") for ident in ground.chat.rooms],
        cards={
            ident.removeprefix("room:"): card
            for ident in ground.chat.rooms
            for card in ground.chat.cards.get(ident, {}).values()
            if card.kind == "incident"
        },
        told={place: list(cards) for place, cards in ground.chat.cards.items()},
        paged=ground.pagers.arrived,
        effects=list(journal._effects._by_key.values()),
        reservations=await journal.rows(ReservationRow),
        alerts=[(kept.stored, kept.unread) for kept in journal._alerts._by_identity.values()],
        edits=book.edits,
        answered=book.answered,
        acknowledged=book.acknowledged,
        recorded=frozenset(journal._requests),
        faults=book.faults,
    )


async def _broken_chains(journal: MemoryJournal, archive: Archive) -> list[str]:
    """Name the streams whose chain breaks, or that hold other records than were committed."""
    broken: list[str] = []
    for kind in ("incident", "system"):
        for stream in await journal.streams(kind):
            records: tuple[Record, ...] = (await journal.load(stream)).records
            if archive.first_broken(records) is not None:
                broken.append(str(stream))
    return broken
