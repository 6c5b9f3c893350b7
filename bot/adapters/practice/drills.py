"""What the practice host's monitor watches for in each drill: its alert, and when that is over."""

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from bot.adapters.practice import machine
from bot.adapters.practice.scenarios import Scenario


@dataclass(frozen=True, slots=True, kw_only=True)
class Symptom:
    """A read-only command, and whether its output says that the alert still holds."""

    argv: tuple[str, ...]
    holds: Callable[[str], bool]


@dataclass(frozen=True, slots=True, kw_only=True)
class DrillAlert:
    """An alert as a monitor sends it; `host_labels` are labels that hold the host's name."""

    name: str
    summary: str
    symptom: Symptom
    service: str = machine.SERVICE
    host_labels: tuple[str, ...] = ("instance",)
    labels: Mapping[str, str] = field(default_factory=dict)

    def all_labels(self, host: str) -> Mapping[str, str]:
        """Return the labels that say what is wrong, and where."""
        where = dict.fromkeys(self.host_labels, host)
        return {"alertname": self.name, "service": self.service, **where, **self.labels}


_LIMIT = 85
_TENTHS = 90


def _disk_full(text: str) -> bool:
    return int(text.splitlines()[-1].split()[4].removesuffix("%")) > _LIMIT


def _busy(text: str) -> bool:
    return 100 - float(re.findall(r"([\d.]+) id", text)[-1]) > _LIMIT


def _complains(text: str) -> bool:
    """Whether the service has logged errors since it last started."""
    since = text.rpartition(f"Started {machine.SERVICE}.service")[2]
    return re.search(r"ERROR|FATAL", since) is not None


def _database_full(text: str) -> bool:
    taken, allowed = text.strip().split("|")
    return int(taken) * 100 >= int(allowed) * _TENTHS


def _replicas_missing(text: str) -> bool:
    told = json.loads(text)
    return bool(told["status"].get("readyReplicas", 0) < told["spec"]["replicas"])


def _another_model(text: str) -> bool:
    return text.strip() != machine.MODEL


def _no_memory(text: str) -> bool:
    total, *_, available = text.splitlines()[1].split()[1:]
    return int(available) * 20 < int(total)


def _unanswered(text: str) -> bool:
    return text.strip() != ""


_DISK = DrillAlert(
    name="HostDiskFull",
    summary="Disk /scratch is almost full",
    symptom=Symptom(argv=("df", "-P", "/scratch"), holds=_disk_full),
    labels={"mountpoint": "/scratch"},
)
_CPU = DrillAlert(
    name="HostHighCpu",
    summary="The processors are busy",
    symptom=Symptom(argv=("top", "-b", "-n", "2", "-d", "1", "-w", "200"), holds=_busy),
)
_LOG = ("journalctl", "-u", machine.SERVICE, "--since", "-15min", "--no-pager", "-n", "1000")
_CONNECTIONS = (
    "select count(*), current_setting('max_connections') from pg_stat_activity"
    " where backend_type = 'client backend'"
)

DRILLS: Mapping[Scenario, DrillAlert] = {
    Scenario.DISK_FULL: _DISK,
    Scenario.DISK_STUCK: _DISK,
    Scenario.CPU_ERRORS: _CPU,
    Scenario.CPU_LOAD: _CPU,
    Scenario.CPU_STRANGER: _CPU,
    Scenario.SERVICE_FAILS: _CPU,
    Scenario.POOL_LEAK: DrillAlert(
        name="DatabasePoolExhausted",
        summary="The service waits for database connections",
        symptom=Symptom(argv=_LOG, holds=_complains),
        host_labels=("instance", "database_host"),
    ),
    Scenario.POOL_FULL: DrillAlert(
        name="DatabasePoolExhausted",
        summary="The database has no connections left",
        symptom=Symptom(
            argv=("psql", "-XAt", "-d", "postgres", "-c", _CONNECTIONS), holds=_database_full
        ),
        host_labels=("instance", "database_host"),
    ),
    Scenario.POD_FAILING: DrillAlert(
        name="KubePodCrashLooping",
        summary=f"The pod {machine.POD} restarts again and again",
        symptom=Symptom(
            argv=(
                *("kubectl", "get", "deployment", machine.SERVICE),
                *(f"--namespace={machine.NAMESPACE}", "--output=json"),
            ),
            holds=_replicas_missing,
        ),
        host_labels=("instance", "bastion"),
        labels={
            "namespace": machine.NAMESPACE,
            "deployment": machine.SERVICE,
            "pod": machine.POD,
        },
    ),
    Scenario.DEPLOY_BAD: DrillAlert(
        name="ErrorsAfterDeploy",
        summary="The release that is in use logs errors",
        symptom=Symptom(argv=_LOG, holds=_complains),
    ),
    Scenario.AGENT_MODEL: DrillAlert(
        name="AgentMisbehaves",
        summary="The agent does something else than it says",
        symptom=Symptom(argv=("cat", f"/var/lib/{machine.AGENT}/model"), holds=_another_model),
        service=machine.AGENT,
        labels={"model": machine.MODEL},
    ),
    Scenario.MEMORY_LOW: DrillAlert(
        name="ServiceUnavailable",
        summary="The service does not answer",
        symptom=Symptom(argv=("free", "-b"), holds=_no_memory),
        host_labels=("instance", "database_host"),
        labels={"mountpoint": "/scratch"},
    ),
    Scenario.NETWORK_CUT: DrillAlert(
        name="ServiceUnavailable",
        summary="The service does not answer",
        symptom=Symptom(argv=("ss", "-Htan", "state", "syn-sent"), holds=_unanswered),
        host_labels=("instance", "database_host"),
        labels={"mountpoint": "/scratch"},
    ),
}
"""Every scenario but a healthy host."""
