"""Prometheus Alertmanager's webhook, version 4: several alerts a body, each with a fingerprint.

https://prometheus.io/docs/alerting/latest/configuration/#webhook_config
"""

from datetime import UTC
from typing import Annotated, Final, Literal, NotRequired, TypeAlias

from pydantic import Field, JsonValue, TypeAdapter, ValidationError
from typing_extensions import TypedDict  # pydantic needs this one before Python 3.12

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
    return _received(body, [_alert(item) for item in body["alerts"]], ())


# Plain dictionaries: making an object of each, only to be read once, takes a fifth more time.


class _Item(TypedDict):
    """One alert; `endsAt` is not read: it is year 1 while firing and the status says the rest."""

    __pydantic_config__ = LENIENT  # type: ignore[misc]  # pydantic's own way to say it

    status: Literal["firing", "resolved"]
    labels: dict[str, str]
    annotations: NotRequired[dict[str, str]]
    startsAt: Moment
    generatorURL: NotRequired[str]
    fingerprint: _Name


class _Envelope(TypedDict):
    __pydantic_config__ = LENIENT  # type: ignore[misc]  # as above

    version: Literal["4"]
    truncatedAlerts: NotRequired[Annotated[int, Field(ge=0)]]


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
    for item in body["alerts"]:
        try:
            # Strict validation of Python values would refuse a time in text; JSON may hold one.
            alerts.append(_alert(_ITEM.validate_json(_as_json(item))))
        except ValidationError as fault:
            malformed.append(quarantined(item, fault))
    return _received(body, alerts, tuple(malformed))


def _as_json(item: JsonValue) -> bytes:
    return TypeAdapter(JsonValue).dump_json(item)


def _alert(item: _Item) -> Alert:
    labels, annotations = item["labels"], item.get("annotations", {})
    return Alert(
        source=name,
        fingerprint=item["fingerprint"],
        status=STATUSES[item["status"]],
        starts_at=item["startsAt"].astimezone(UTC),
        labels=labels,
        summary=Untrusted(
            annotations.get("summary")
            or annotations.get("title")
            or labels.get("alertname")
            or "alert without a name"
        ),
        description=Untrusted(annotations.get("description") or annotations.get("message") or ""),
        link=link_or_nothing(item.get("generatorURL", "")),
        annotations=annotations,
    )


def _received(
    body: _Envelope, alerts: list[Alert], malformed: tuple[MalformedAlert, ...]
) -> AlertsReceived:
    return AlertsReceived(
        source=name,
        alerts=tuple(alerts),
        malformed=malformed,
        truncated=body.get("truncatedAlerts", 0),
    )
