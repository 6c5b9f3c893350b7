"""How many hostile presses, form answers and typed lines are judged a second, none wrongly."""

import time

from tests.bench.figures import Measured, Ratio
from tests.support.hostile import Door, Senders

WANTED = 30_000
"""Payloads a second (issue: cards and approvals in full)."""

MILLION = 1_000_000
_BATCH = 20_000


def measure(quick: bool) -> Measured:  # noqa: FBT001 - one switch for every benchmark
    """Draw a million payloads and judge each; only the judging is timed."""
    door = Door()
    senders = Senders(door, seed=3)
    rates, judged, wrong = [], 0, 0
    for _ in range((MILLION // 20 if quick else MILLION) // _BATCH):
        drawn = senders.draw(_BATCH)
        began = time.perf_counter()
        verdicts = [door.accepts(sent.payload) for sent in drawn]
        rates.append(_BATCH / (time.perf_counter() - began))
        judged += len(drawn)
        wrong += sum(v != sent.good for v, sent in zip(verdicts, drawn, strict=True))
    return Measured(
        ratios=[
            Ratio(name="hostile payloads judged a second", values=rates, wanted=WANTED),
            Ratio(name="judged wrongly", values=[wrong], wanted=0, at_least=False),
        ],
        lines=[f"{judged} payloads; whatever is no plain refusal would have ended this run"],
    )
