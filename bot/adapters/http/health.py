"""The bot's own health over HTTP: /healthz, /readyz and /metrics (Prometheus text format 0.0.4)."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from http import HTTPStatus
from typing import Protocol

from bot.adapters.http.raw import RawRequest, RawResponse, text
from bot.adapters.http.routes import Caller, Route


class SampleKind(StrEnum):
    """Prometheus metric types that we use."""

    COUNTER = "counter"
    GAUGE = "gauge"


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One value of one metric. Labels never hold titles or names of private incidents."""

    name: str
    help: str
    kind: SampleKind
    value: float
    labels: Mapping[str, str] = field(default_factory=dict)


class Health(Protocol):
    """What the application knows of itself."""

    async def ready(self) -> Sequence[str]:
        """Return what keeps the bot from doing its work, one plain sentence each; empty = ready."""
        ...

    async def metrics(self) -> Sequence[Sample]:
        """Return the samples of this moment."""
        ...


def health_routes(health: Health) -> tuple[Route, ...]:
    """Build the three routes."""

    async def alive(_: RawRequest) -> RawResponse:
        return text(HTTPStatus.OK, "alive")

    async def ready(_: RawRequest) -> RawResponse:
        faults = await health.ready()
        if faults:
            return text(HTTPStatus.SERVICE_UNAVAILABLE, "\n".join(faults), ("Retry-After", "5"))
        return text(HTTPStatus.OK, "ready")

    async def metrics(_: RawRequest) -> RawResponse:
        return RawResponse(
            content_type="text/plain; version=0.0.4; charset=utf-8",
            body=exposition(await health.metrics()).encode(),
        )

    return (
        Route(method="GET", pattern="/healthz", endpoint=alive, caller=Caller.MACHINE),
        Route(method="GET", pattern="/readyz", endpoint=ready, caller=Caller.MACHINE),
        Route(method="GET", pattern="/metrics", endpoint=metrics, caller=Caller.MACHINE),
    )


def exposition(samples: Iterable[Sample]) -> str:
    """Write samples in Prometheus' text format, one HELP and TYPE per metric."""
    families: dict[str, list[Sample]] = {}
    for sample in samples:
        families.setdefault(sample.name, []).append(sample)
    lines: list[str] = []
    for name, members in families.items():
        lines.append(f"# HELP {name} {_escaped(members[0].help)}")
        lines.append(f"# TYPE {name} {members[0].kind}")
        lines += [f"{name}{_labels(member.labels)} {float(member.value)!r}" for member in members]
    return "\n".join([*lines, ""])


def _labels(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    pairs = (f'{name}="{_quoted(value)}"' for name, value in sorted(labels.items()))
    return "{" + ",".join(pairs) + "}"


def _escaped(words: str) -> str:
    return words.replace("\\", r"\\").replace("\n", r"\n")


def _quoted(words: str) -> str:
    return _escaped(words).replace('"', r"\"")
