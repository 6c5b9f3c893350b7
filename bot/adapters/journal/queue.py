"""Who comes first of those that wait for a target: the one rule of both journals."""

from collections.abc import Sequence

from bot.records.rows import WaitingRow


def before(waiting: Sequence[WaitingRow], run: str) -> WaitingRow | None:
    """Return who comes before `run` of all that wait for one target; None = nobody does.

    Earlier comes first, of two at the same moment the smaller id; a run that is not waiting yet
    comes after everybody who is.
    """
    line = sorted(waiting, key=lambda row: (row.since, row.run))
    first = line[0] if line else None
    return None if first is None or first.run == run else first
