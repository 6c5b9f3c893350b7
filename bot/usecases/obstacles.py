"""What a commit met that forbids it, in words for whoever decides again."""

from bot.domain.intents import Obstacle
from bot.ports import Absent, Journal, NobodyBefore, Requirement, Unfrozen
from bot.records.rows import FreezeRow, IncidentRow, ReservationRow, WaitingRow


async def obstacle(journal: Journal, requirement: Requirement) -> Obstacle:
    """Say in words what the commit met; of a holder that is gone by now nothing is said.

    Whoever waited for it then would miss its release, which has happened already.
    """
    match requirement:
        case Unfrozen(services=services):
            rows = await journal.rows(FreezeRow)
            held = [r for r in rows if r.scope == "*" or r.scope in services]
            words = "; ".join(_frozen(row) for row in held)
            return Obstacle(frozen=words or "a freeze that has just been lifted")
        case Absent(row=ReservationRow(target=target)):
            holder = next(iter(await journal.rows(ReservationRow, target=target)), None)
            return Obstacle(holder=await _named(journal, holder) if holder else "")
        case Absent():
            return Obstacle(holder="another incident")
        case NobodyBefore(target=target, run=run):
            waiting = await journal.rows(WaitingRow, target=target)
            others = [row for row in waiting if row.run != run]
            first = min(others, key=lambda row: (row.since, row.run), default=None)
            if first is None:
                return Obstacle()
            return Obstacle(holder=f"{await _named(journal, first)}, which waits for it longer,")


def _frozen(row: FreezeRow) -> str:
    return f"{'everything' if row.scope == '*' else row.scope} by {row.by}: {row.reason}"


async def _named(journal: Journal, holder: ReservationRow | WaitingRow) -> str:
    rows = await journal.rows(IncidentRow, id=holder.incident)
    number = rows[0].number if rows else holder.incident
    return f"{number} (run {holder.run})"
