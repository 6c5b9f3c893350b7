"""What `/metrics` says, made from rows and counts; no label names an incident or a person."""

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime

from bot.adapters.http.health import Sample, SampleKind
from bot.ports import Backlog
from bot.records.rows import CardRow, RunRow
from bot.usecases.tally import Ended, Taken, Tally


def ingest_samples(taken: Taken) -> list[Sample]:
    """Tell of alerts and their bodies."""
    return [
        _counter("firewarden_alerts_total", "Alerts taken durably.", taken.alerts),
        _counter("firewarden_alert_bodies_total", "Alert bodies taken durably.", taken.bodies),
        _counter(
            "firewarden_alert_bodies_refused_total",
            "Alert bodies answered 503: not stored.",
            taken.refused_bodies,
        ),
    ]


def outbox_samples(backlog: Sequence[Backlog], now: datetime) -> list[Sample]:
    """Tell of what is still to be carried out, by kind."""
    samples: list[Sample] = []
    for waiting in backlog:
        age = (now - waiting.oldest_due).total_seconds() if waiting.oldest_due else 0.0
        kind = {"kind": waiting.kind.value}
        samples += [
            gauge("firewarden_outbox_open", "Effects not yet carried out.", waiting.open, kind),
            gauge("firewarden_outbox_parked", "Effects refused for good.", waiting.parked, kind),
            gauge("firewarden_outbox_age_seconds", "How long overdue.", max(age, 0.0), kind),
        ]
    return samples


def delivery_samples(tally: Tally) -> list[Sample]:
    """Tell how attempts at effects ended; throttled ones also on their own, for alerts on them."""
    throttled = sum(count for (_, ended), count in tally.counts.items() if ended is Ended.THROTTLED)
    return [
        _counter(
            "firewarden_throttles_total", "Deliveries that a platform's limits put off.", throttled
        ),
        *(
            _counter(
                "firewarden_deliveries_total",
                "Attempts at effects by how they ended.",
                count,
                {"effect": effect, "ended": ended.value},
            )
            for (effect, ended), count in sorted(tally.counts.items())
        ),
        gauge(
            "firewarden_clock_behind_seconds",
            "By how much the machine's clock was set back and not forward again.",
            tally.clock_behind.total_seconds(),
        ),
    ]


def card_samples(cards: Sequence[CardRow], now: datetime) -> list[Sample]:
    """Tell of the questions that are open, and how long the oldest of each kind has waited."""
    oldest: dict[str, float] = {}
    for card in cards:
        age = (now - card.asked_at).total_seconds() if card.asked_at else 0.0
        oldest[card.kind] = max(oldest.get(card.kind, 0.0), age)
    return [
        gauge("firewarden_cards_open", "Questions that wait for an answer.", len(cards)),
        *(
            gauge(
                "firewarden_card_age_seconds",
                "How long the oldest open question of a kind has waited.",
                age,
                {"kind": kind},
            )
            for kind, age in sorted(oldest.items())
        ),
    ]


def run_samples(runs: Sequence[RunRow]) -> list[Sample]:
    """Tell of runs by where they stand or how they ended."""
    states = Counter(run.state for run in runs)
    return [
        gauge("firewarden_runs", "Runbook runs by where they stand.", count, {"state": state})
        for state, count in sorted(states.items())
    ]


def link_samples(links: Mapping[str, int]) -> list[Sample]:
    """Tell of SSH links: `open` ones, and commands `running` over them."""
    return [
        gauge(
            "firewarden_ssh", "SSH links that are open, commands that run.", count, {"what": what}
        )
        for what, count in sorted(links.items())
    ]


def gauge(name: str, words: str, value: float, labels: Mapping[str, str] | None = None) -> Sample:
    """Make one sample of something that goes up and down."""
    return Sample(name=name, help=words, kind=SampleKind.GAUGE, value=value, labels=labels or {})


def _counter(
    name: str, words: str, value: float, labels: Mapping[str, str] | None = None
) -> Sample:
    return Sample(name=name, help=words, kind=SampleKind.COUNTER, value=value, labels=labels or {})
