"""How many next steps a second the planner gives on `high-cpu`, with every rule evaluated."""

import time
from dataclasses import replace
from pathlib import Path

from runbooks.inventory import HostEntry, Inventory, ServiceEntry
from runbooks.loader import Runbook, load
from runbooks.parameters import Bindings, bind
from runbooks.planner import next_step
from runbooks.steps import CommandOutcome, Escalate, Observe, Progress
from tests.bench.figures import Measured, Ratio

WANTED = 5000
"""Next steps a second (issue: runbooks in full, figures)."""

_CATALOG = Path(__file__).parents[2] / "runbooks" / "catalog"
_INVENTORY = Inventory(
    hosts={"web-1": HostEntry(name="web-1", service="checkout")},
    services={"checkout": ServiceEntry(name="checkout", processes=("checkout",))},
)
_TOP = """\
top - 02:44:02 up 9 days,  3:12,  0 users,  load average: 3.91, 2.80, 1.22
%Cpu(s): 88.0 us,  6.5 sy,  0.0 ni,  5.{n:04d} id,  0.0 wa,  0.0 hi,  0.2 si,  0.0 st

    PID USER      PR  NI    VIRT    RES    SHR S  %CPU  %MEM     TIME+ COMMAND
   1402 shop      20   0  912340 210012  18456 R  97.0   2.6  12:45.53 checkout
      1 root      20   0  168140  13012   8456 S   0.0   0.2   0:04.53 systemd
"""
_LOG = "Nov 21 02:41:{n:05d} web-1 checkout[1402]: ERROR one\n"


def measure(quick: bool) -> Measured:  # noqa: FBT001 - one switch for every benchmark
    """Take outputs that no step has seen before: patterns are matched each time."""
    runbook = load((_CATALOG / "high-cpu.yaml").read_text(), "high-cpu.yaml")
    bindings = bind(runbook, {"host": "web-1", "service": "checkout"}, {}, _INVENTORY)
    rounds = 1 if quick else 5
    rates = [_rate(runbook, bindings, start * 2000) for start in range(rounds)]
    return Measured(
        ratios=[Ratio(name="next steps a second, fresh outputs", values=rates, wanted=WANTED)]
    )


def _rate(runbook: Runbook, bindings: Bindings, start: int) -> float:
    empty = Progress()
    first = next_step(runbook, bindings, empty, _INVENTORY)
    if not isinstance(first, Observe):
        raise TypeError("triage comes first")
    texts = {"triage.processes": _TOP, "triage.log": _LOG, "triage.spare": "inactive\n"}
    drawn = [
        replace(
            empty,
            outcomes={
                command.key: CommandOutcome(
                    exit_status=0, stdout=texts[command.path].format(n=number)
                )
                for command in first.commands
            },
        )
        for number in range(start, start + 2000)
    ]
    began = time.perf_counter()
    steps = [next_step(runbook, bindings, progress, _INVENTORY) for progress in drawn]
    passed = time.perf_counter() - began
    if not all(isinstance(step, Escalate) and step.rule == "otherwise" for step in steps):
        raise TypeError("not every rule was evaluated")
    return len(steps) / passed
