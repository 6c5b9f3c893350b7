"""Where drills happen: makes the symptom, and alerts as a monitor would until it is over."""

import asyncio
import hashlib
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from datetime import timedelta
from pathlib import Path

from bot.adapters.files import read_note, write_note
from bot.adapters.practice.drills import DRILLS, DrillAlert
from bot.adapters.practice.host import PracticeHost
from bot.adapters.practice.scenarios import Scenario
from bot.adapters.webhook import post
from bot.domain.system import drill_tag
from bot.errors import OutcomeUnknown, Refused, Unavailable
from bot.ports import Attempt, Clock, CommandExecutor
from bot.values import RemoteCommand

_ACCEPTED = 202

LOOK_EVERY = 2.0
"""Seconds between two looks at the practice host while a drill's alert fires."""

_WELL_FOR = 2
"""Looks in a row without the symptom until the alert is over: a restart in between is not it."""

_SECONDS = timedelta(seconds=20)
"""What one look may take."""

_log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Firing:
    """The drill whose alert fires; `since` is an ISO time."""

    drill: str
    scenario: str
    since: str


class PracticeGround:
    """Makes a scenario's symptom real and posts its alert to our own alert endpoint.

    `watch` runs beside it: it looks over SSH, on the observe login, whether the symptom is still
    there, and posts the alert's end. The drill that fires is kept in `kept`, so that a restarted
    bot goes on watching. `endpoint` is asked at every post, because the port may have moved.
    """

    def __init__(
        self,
        *,
        host: PracticeHost,
        executor: CommandExecutor,
        kept: Path,
        endpoint: Callable[[], str],
        token: str,
        clock: Clock,
    ) -> None:
        self._host = host
        self._executor = executor
        self._kept = kept
        self._endpoint = endpoint
        self._token = token
        self._clock = clock
        self._began = asyncio.Event()

    async def begin(self, scenario: str, drill: str) -> None:
        """See `DrillGround.begin`. A drill that still fires is over: its symptom is wiped away."""
        wanted = _scenario(scenario)
        before = self._firing()
        if before is not None and before.drill != drill:
            await self._end(before)
        await self._host.fill(wanted)
        firing = Firing(drill=drill, scenario=scenario, since=self._clock.now().isoformat())
        await self._post(firing, "firing")
        await asyncio.to_thread(write_note, self._kept, json.dumps(asdict(firing)))
        self._began.set()

    async def watch(self) -> None:
        """Look at the host while an alert fires; for ever."""
        while True:
            firing = self._firing()
            if firing is None:
                await self._began.wait()
                self._began.clear()
                continue
            try:
                await self._until_over(firing)
            except (Refused, Unavailable, OutcomeUnknown) as fault:
                # The host or our own door does not answer now: the next look may find them.
                _log.warning("the practice monitor could not look: %s", fault)
                await asyncio.sleep(LOOK_EVERY)

    async def _until_over(self, firing: Firing) -> None:
        """Return when this drill's alert has ended, or another drill has begun."""
        well = 0
        while well < _WELL_FOR:
            await asyncio.sleep(LOOK_EVERY)
            if self._firing() != firing:
                return
            well = 0 if await self._suffers(firing) else well + 1
        if self._firing() == firing:
            await self._end(firing)

    async def _suffers(self, firing: Firing) -> bool:
        """Whether the symptom holds. What cannot be told counts as unchanged: still firing."""
        symptom = DRILLS[_scenario(firing.scenario)].symptom
        command = RemoteCommand(argv=symptom.argv, timeout=_SECONDS)
        attempt = Attempt(key=f"practice monitor {firing.drill}", digest="")
        result = await self._executor.run(self._host.host, command, attempt)
        if result.exit_status != 0:
            return True
        try:
            return symptom.holds(result.stdout.text)
        except (ValueError, LookupError, TypeError):
            _log.warning("the practice monitor cannot read %s", symptom.argv[0])
            return True

    async def _end(self, firing: Firing) -> None:
        await self._post(firing, "resolved")
        await asyncio.to_thread(self._kept.unlink, missing_ok=True)

    def _firing(self) -> Firing | None:
        text = read_note(self._kept)
        if not text:
            return None
        try:
            told = json.loads(text)
            return Firing(drill=told["drill"], scenario=told["scenario"], since=told["since"])
        except (ValueError, KeyError, TypeError):
            _log.warning("%s cannot be read: no drill is watched", self._kept)
            return None

    async def _post(self, firing: Firing, status: str) -> None:
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self._token}"}
        answer = await post(self._endpoint(), self._body(firing, status), headers)
        if answer != _ACCEPTED:
            raise Unavailable(f"our own alert endpoint answered {answer}")

    def _body(self, firing: Firing, status: str) -> bytes:
        drilled = DRILLS[_scenario(firing.scenario)]
        labels = self._labels(drilled, firing.drill)
        over = status == "resolved"
        alert = {
            "status": status,
            "labels": labels,
            "annotations": {"summary": f"{drilled.summary} on {self._host.host.name}"},
            "startsAt": firing.since,
            "endsAt": self._clock.now().isoformat() if over else "0001-01-01T00:00:00Z",
            "generatorURL": "",
            "fingerprint": hashlib.sha256(firing.drill.encode()).hexdigest()[:16],
        }
        body = {
            "version": "4",
            "groupKey": f"drill/{firing.drill}",
            "truncatedAlerts": 0,
            "status": status,
            "receiver": "firewarden",
            "groupLabels": {},
            "commonLabels": labels,
            "commonAnnotations": {},
            "externalURL": "",
            "alerts": [alert],
        }
        return json.dumps(body).encode()

    def _labels(self, drilled: DrillAlert, drill: str) -> Mapping[str, str]:
        return {
            **drilled.all_labels(str(self._host.host.name)),
            "severity": "SEV2",
            "firewarden_drill": "true",
            "drill": drill_tag(drill),
        }


def _scenario(name: str) -> Scenario:
    try:
        wanted = Scenario(name)
    except ValueError as error:
        raise Refused(f"the practice host knows no scenario {name}") from error
    if wanted not in DRILLS:
        raise Refused(f"{name} is no drill: nothing would alert")
    return wanted
