"""Generic JSON, for senders without a module of their own: one alert, or a list of them.

    {"dedup_key": "deploy-api-42", "title": "API deploy failed", "status": "firing",
     "message": "...", "severity": "critical", "source": "ci", "link": "https://...",
     "started_at": "2026-11-21T10:42:00Z", "labels": {"service": "api"}}

`dedup_key` and `title` are needed, everything else may be left out.
"""

from datetime import UTC, datetime
from typing import Annotated, Final, Literal, TypeAlias

from pydantic import BaseModel, Field, JsonValue, TypeAdapter, ValidationError

from bot.domain.alerts import Alert
from bot.requests import AlertsReceived, MalformedAlert
from bot.values import Untrusted
from handlers.alerts.bearer import bearer_matches as verify
from handlers.alerts.shape import LENIENT, STATUSES, Moment, link_or_nothing, mistake, quarantined

__all__ = ["START_NOT_SAID", "name", "parse", "verify"]

name: Final = "generic"

START_NOT_SAID: Final = datetime(1970, 1, 1, tzinfo=UTC)
"""The start of an alert whose sender gave none: then `dedup_key` alone is its identity."""

_Name: TypeAlias = Annotated[str, Field(min_length=1)]


def parse(raw: bytes) -> AlertsReceived:
    """Read one alert or a list; of a list, broken items are set aside."""
    try:
        body = _BODY.validate_json(raw)
    except ValidationError:
        return _parse_one_by_one(raw)
    items = body if isinstance(body, list) else [body]
    return AlertsReceived(source=name, alerts=tuple(_alert(item) for item in items))


class _Item(BaseModel):
    model_config = LENIENT

    dedup_key: _Name
    title: _Name
    status: Literal["firing", "resolved"] = "firing"
    message: str = ""
    severity: str = ""
    source: str = ""
    link: str = ""
    started_at: Moment = START_NOT_SAID
    labels: dict[str, str] = Field(default_factory=dict)


_BODY: Final[TypeAdapter[_Item | list[_Item]]] = TypeAdapter(_Item | list[_Item])
_ANY: Final[TypeAdapter[JsonValue]] = TypeAdapter(JsonValue)
_ITEM: Final = TypeAdapter(_Item)


def _parse_one_by_one(raw: bytes) -> AlertsReceived:
    """Take what is well formed of a list that is not; the rare, slow path."""
    try:
        body = _ANY.validate_json(raw)
    except ValidationError as fault:
        raise mistake("generic JSON", fault) from None
    if not isinstance(body, list):
        return AlertsReceived(source=name, alerts=(_only_alert(body),))
    alerts: list[Alert] = []
    malformed: list[MalformedAlert] = []
    for item in body:
        try:
            alerts.append(_alert(_ITEM.validate_json(_ANY.dump_json(item))))
        except ValidationError as fault:
            malformed.append(quarantined(item, fault))
    return AlertsReceived(source=name, alerts=tuple(alerts), malformed=tuple(malformed))


def _only_alert(body: JsonValue) -> Alert:
    """Read a body that is one alert; nobody else is spoilt by telling its sender at once."""
    try:
        return _alert(_ITEM.validate_json(_ANY.dump_json(body)))
    except ValidationError as fault:
        raise mistake("generic JSON", fault) from None


def _alert(item: _Item) -> Alert:
    # Routes and runbooks match on labels: what has a field of its own is a label there too.
    told = {"alertname": item.title, "severity": item.severity, "source": item.source}
    return Alert(
        source=name,
        fingerprint=item.dedup_key,
        status=STATUSES[item.status],
        starts_at=item.started_at.astimezone(UTC),
        labels={key: value for key, value in told.items() if value} | item.labels,
        summary=Untrusted(item.title),
        description=Untrusted(item.message),
        link=link_or_nothing(item.link),
    )
