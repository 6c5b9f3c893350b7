"""Prometheus Alertmanager's webhook, version 4: several alerts a body, each with a fingerprint.

https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
"""

from datetime import UTC
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import BaseModel, Field, JsonValue, TypeAdapter, ValidationError

from bot.domain.alerts import Alert
from bot.requests import AlertsReceived, MalformedAlert
from bot.values import Untrusted
from handlers.alerts.bearer import bearer_matches as verify
from handlers.alerts.shape import LENIENT, STATUSES, Moment, link_or_nothing, mistake, quarantined

__all__ = ["name", "parse", "verify"]

name: Final = "alertmanager"

_Name: TypeAlias = Annotated[str, Field(min_length=1)]


def parse(raw: bytes) -> AlertsReceived:
    """Read one webhook body; one broken alert among others is set aside, not fatal."""
    try:
        body = _BODY.validate_json(raw)
    except ValidationError:
        return _parse_one_by_one(raw)
    return _received([_alert(item) for item in body.alerts], (), body.truncated)


class _Item(BaseModel):
    """One alert; `endsAt` is not read: it is year 1 while firing and the status says the rest."""

    model_config = LENIENT

    status: Literal["firing", "resolved"]
    labels: dict[str, str]
    annotations: dict[str, str] = Field(default_factory=dict)
    starts_at: Moment = Field(alias="startsAt")
    generator_url: str = Field(default="", alias="generatorURL")
    fingerprint: _Name


class _Envelope(BaseModel):
    model_config = LENIENT

    version: Literal["4"]
    truncated: Annotated[int, Field(ge=0, alias="truncatedAlerts")] = 0


class _Body(_Envelope):
    alerts: list[_Item]


class _LooseBody(_Envelope):
    alerts: list[JsonValue]


# Compiled once: building a validator costs a thousand times what using it does.
_BODY: Final = TypeAdapter(_Body)
_LOOSE_BODY: Final = TypeAdapter(_LooseBody)
_ITEM: Final = TypeAdapter(_Item)


def _parse_one_by_one(raw: bytes) -> AlertsReceived:
    """Take what is well formed of a body that is not; the rare, slow path."""
    try:
        body = _LOOSE_BODY.validate_json(raw)
    except ValidationError as fault:
        raise mistake("Alertmanager (webhook version 4)", fault) from None
    alerts: list[Alert] = []
    malformed: list[MalformedAlert] = []
    for item in body.alerts:
        try:
            # Strict validation of Python values would refuse a time in text; JSON may hold one.
            alerts.append(_alert(_ITEM.validate_json(_as_json(item))))
        except ValidationError as fault:
            malformed.append(quarantined(item, fault))
    return _received(alerts, tuple(malformed), body.truncated)


def _as_json(item: JsonValue) -> bytes:
    return TypeAdapter(JsonValue).dump_json(item)


def _alert(item: _Item) -> Alert:
    labels, annotations = item.labels, item.annotations
    return Alert(
        source=name,
        fingerprint=item.fingerprint,
        status=STATUSES[item.status],
        starts_at=item.starts_at.astimezone(UTC),
        labels=labels,
        summary=Untrusted(
            annotations.get("summary")
            or annotations.get("title")
            or labels.get("alertname")
            or "alert without a name"
        ),
        description=Untrusted(annotations.get("description") or annotations.get("message") or ""),
        link=link_or_nothing(item.generator_url),
        annotations=annotations,
    )


def _received(
    alerts: list[Alert], malformed: tuple[MalformedAlert, ...], truncated: int
) -> AlertsReceived:
    return AlertsReceived(
        source=name, alerts=tuple(alerts), malformed=malformed, truncated=truncated
    )
