"""Where drills happen: fills the practice disk, then alerts as a monitor would, over HTTP."""

import hashlib
import json
from collections.abc import Callable

from bot.adapters.practice.host import PracticeHost
from bot.adapters.practice.scenarios import Scenario
from bot.adapters.webhook import post
from bot.errors import Refused, Unavailable
from bot.ports import Clock

_ACCEPTED = 202


class PracticeGround:
    """Makes a scenario's symptom real and posts its alert to our own alert endpoint.

    `endpoint` is asked when the drill begins, because the port may have moved.
    """

    def __init__(
        self, *, host: PracticeHost, endpoint: Callable[[], str], token: str, clock: Clock
    ) -> None:
        self._host = host
        self._endpoint = endpoint
        self._token = token
        self._clock = clock

    async def begin(self, scenario: str, drill: str) -> None:
        """See `DrillGround.begin`."""
        try:
            wanted = Scenario(scenario)
        except ValueError as error:
            raise Refused(f"the practice host knows no scenario {scenario}") from error
        await self._host.fill(wanted)
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self._token}"}
        status = await post(self._endpoint(), self._alert(drill), headers)
        if status != _ACCEPTED:
            raise Unavailable(f"our own alert endpoint answered {status}")

    def _alert(self, drill: str) -> bytes:
        labels = {
            "alertname": "HostDiskFull",
            "instance": str(self._host.host.name),
            "service": self._host.host.service,
            "mountpoint": "/scratch",
            "severity": "SEV2",
            "firewarden_drill": "true",
            "drill": drill[:8],
        }
        return json.dumps(
            {
                "version": "4",
                "groupKey": f"drill/{drill}",
                "truncatedAlerts": 0,
                "status": "firing",
                "receiver": "firewarden",
                "groupLabels": {},
                "commonLabels": labels,
                "commonAnnotations": {},
                "externalURL": "",
                "alerts": [
                    {
                        "status": "firing",
                        "labels": labels,
                        "annotations": {
                            "summary": f"Disk /scratch is almost full on {self._host.host.name}"
                        },
                        "startsAt": self._clock.now().isoformat(),
                        "endsAt": "0001-01-01T00:00:00Z",
                        "generatorURL": "",
                        "fingerprint": hashlib.sha256(drill.encode()).hexdigest()[:16],
                    }
                ],
            }
        ).encode()
