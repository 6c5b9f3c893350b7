"""A backup becomes the journal again: a new epoch, and everything begun or approved in doubt.

Works on a copy of the backup that nobody else has open, before that copy takes its place.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.domain.actor import FIREWARDEN, Actor
from bot.domain.decided import Refusal
from bot.domain.events import ApprovalVoided, Event, RunEnded, RunPaused, StepInDoubt
from bot.domain.intents import PutInDoubt, RaiseEpoch
from bot.errors import Refused
from bot.ports import Journal
from bot.usecases.archive import Archive
from bot.usecases.deciding import Done, Result
from bot.usecases.delivering.carrier import IncidentDesk, SystemDesk
from bot.usecases.nouns import SYSTEM_STREAM
from bot.values import Untrusted


@dataclass(frozen=True, slots=True, kw_only=True)
class Restored:
    """What became of the work that the backup shows as under way."""

    epoch: int
    until: datetime | None
    """When the last event of the backup happened; None where it has none."""
    in_doubt: int
    voided: int
    paused: int
    stopped: int

    def __str__(self) -> str:
        """Format as one line of counts."""
        counts = {
            "steps in doubt": self.in_doubt,
            "approvals voided": self.voided,
            "runs paused": self.paused,
            "runs stopped": self.stopped,
        }
        return f"epoch {self.epoch}: " + ", ".join(f"{n} {words}" for words, n in counts.items())


@dataclass(frozen=True, slots=True, kw_only=True)
class Restoring:
    """Makes a copied backup safe to go on from."""

    journal: Journal
    archive: Archive
    incidents: IncidentDesk
    system: SystemDesk

    async def begin_epoch(self, by: Actor, reason: str, *, above: int) -> Restored:
        """Raise the epoch above its own and `above`, then put in doubt what was under way.

        Raises Refused where that is not possible; the copy is of no use then.
        """
        present = await self.system.state(SYSTEM_STREAM)
        epoch, until = max(present.epoch, above) + 1, await self._last_event()
        raising = RaiseEpoch(by=by, epoch=epoch, reason=Untrusted(reason), until=until)
        _done(await self.system.submit(SYSTEM_STREAM, raising))
        why = Untrusted(f"a backup was restored ({reason}); what happened since is not known")
        happened: list[Event] = []
        for stream in await self.journal.streams("incident"):
            if not (await self.incidents.state(stream.id)).live_runs:
                continue
            doubt = PutInDoubt(by=FIREWARDEN, why=why)
            done = _done(await self.incidents.submit(stream.id, doubt))
            happened += [envelope.event for envelope in done.events]
        counts = _counted(happened)
        return Restored(
            epoch=epoch,
            until=until,
            in_doubt=counts.get(StepInDoubt, 0),
            voided=counts.get(ApprovalVoided, 0),
            paused=counts.get(RunPaused, 0),
            stopped=counts.get(RunEnded, 0),
        )

    async def _last_event(self) -> datetime | None:
        moments = [
            (await self.archive.event(item.stream, item.head.seq)).at
            for item in await self.journal.heads()
        ]
        return max(moments, default=None)


def _done(result: Result) -> Done:
    if isinstance(result, Refusal):
        raise Refused(result.reason)
    if not isinstance(result, Done):
        raise Refused(f"nothing was written: {type(result).__name__}")
    return result


def _counted(events: list[Event]) -> Mapping[type[Event], int]:
    counts: dict[type[Event], int] = {}
    for event in events:
        counts[type(event)] = counts.get(type(event), 0) + 1
    return counts
