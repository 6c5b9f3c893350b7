"""Alertmanager's webhook bodies, as captured from the real program."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.domain.alerts import Alert, AlertStatus
from bot.errors import UserMistake
from bot.requests import AlertsReceived, MalformedAlert
from bot.values import Json, Untrusted
from handlers.alerts import SOURCES

PAYLOADS = Path(__file__).parents[2] / "payloads"
SOURCE = SOURCES["alertmanager"]

LABELS = {
    "alertname": "InstanceDown",
    "cluster": "lab",
    "instance": "127.0.0.1:5999",
    "job": "down",
    "service": "db",
    "severity": "page",
}
FIRING = Alert(
    source="alertmanager",
    fingerprint="1d75d62c558a16bc",
    status=AlertStatus.FIRING,
    starts_at=datetime(2026, 11, 21, 0, 46, 46, 632000, tzinfo=UTC),
    labels=LABELS,
    summary=Untrusted("Instance 127.0.0.1:5999 down"),
    link="http://vm:5090/graph?g0.expr=up+%3D%3D+0&g0.tab=1",
    annotations={
        "runbook_url": "https://runbooks.example/InstanceDown",
        "summary": "Instance 127.0.0.1:5999 down",
    },
)


def item(**changed: Json) -> dict[str, Json]:
    return {
        "status": "firing",
        "labels": {"alertname": "A"},
        "startsAt": "2026-11-21T10:00:00Z",
        "fingerprint": "f1",
        **changed,
    }


def body(*alerts: Json, **changed: Json) -> bytes:
    return json.dumps({"version": "4", "alerts": alerts, **changed}).encode()


def test_a_captured_firing_body_becomes_one_alert() -> None:
    raw = (PAYLOADS / "alertmanager_firing.json").read_bytes()
    assert SOURCE.parse(raw) == AlertsReceived(source="alertmanager", alerts=(FIRING,))


def test_a_captured_resolved_body_keeps_fingerprint_and_start() -> None:
    raw = (PAYLOADS / "alertmanager_resolved.json").read_bytes()
    (alert,) = SOURCE.parse(raw).alerts
    assert alert.status is AlertStatus.RESOLVED
    assert (alert.fingerprint, alert.starts_at) == (FIRING.fingerprint, FIRING.starts_at)


def test_alerts_that_the_sender_left_out_are_counted() -> None:
    received = SOURCE.parse(body(item(), item(fingerprint="f2"), truncatedAlerts=17))
    assert [alert.fingerprint for alert in received.alerts] == ["f1", "f2"]
    assert received.truncated == 17


def test_a_malformed_alert_is_set_aside_and_its_neighbours_are_taken() -> None:
    broken: Json = {"status": "burning", "labels": {"alertname": "B"}}
    received = SOURCE.parse(body(item(), broken, item(fingerprint="f2"), truncatedAlerts=1))
    assert [alert.fingerprint for alert in received.alerts] == ["f1", "f2"]
    assert received.malformed == (
        MalformedAlert(
            raw=b'{"status": "burning", "labels": {"alertname": "B"}}',
            fault="status: Input should be 'firing' or 'resolved'; startsAt: Field required; "
            "fingerprint: Field required",
        ),
    )
    assert received.truncated == 1


@pytest.mark.parametrize(
    "broken",
    [
        item(fingerprint=""),
        item(startsAt="yesterday"),
        item(startsAt="2026-11-21T10:00:00"),
        item(startsAt="0001-01-01T00:00:00+05:00"),
        item(startsAt="9999-12-31T23:59:59-05:00"),
        item(startsAt=1795000000),
        item(labels={"alertname": 7}),
        item(labels=["alertname"]),
        "not an object",
        None,
    ],
)
def test_an_alert_of_the_wrong_shape_is_malformed(broken: Json) -> None:
    received = SOURCE.parse(body(broken))
    assert received.alerts == ()
    assert len(received.malformed) == 1


@pytest.mark.parametrize(
    "raw",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'"alerts"',
        b"\xff\xfe",
        b"[" * 100_000,
        body(item(), version="5"),
        body(item(), truncatedAlerts=-1),
        json.dumps({"alerts": [item()]}).encode(),
        json.dumps({"version": "4", "alerts": item()}).encode(),
    ],
)
def test_a_body_of_another_shape_is_the_senders_mistake(raw: bytes) -> None:
    with pytest.raises(UserMistake, match="this is not a body of Alertmanager"):
        SOURCE.parse(raw)


def test_a_body_without_alerts_is_no_mistake() -> None:
    assert SOURCE.parse(body()) == AlertsReceived(source="alertmanager", alerts=())


@pytest.mark.parametrize(
    ("annotations", "summary", "description"),
    [
        ({"summary": "S", "description": "D"}, "S", "D"),
        ({"title": "T", "message": "M"}, "T", "M"),
        ({}, "A", ""),
    ],
)
def test_the_summary_comes_from_the_annotations_and_then_from_the_name(
    annotations: Json, summary: str, description: str
) -> None:
    (alert,) = SOURCE.parse(body(item(annotations=annotations))).alerts
    assert (alert.summary, alert.description) == (Untrusted(summary), Untrusted(description))


@pytest.mark.parametrize(
    "link",
    [
        "javascript:alert(1)",
        "https://x|click",
        "https://x> <!channel",
        "https://\uff58",
        "http://a\nb",
    ],
)
def test_a_link_that_is_not_a_plain_web_address_is_dropped(link: str) -> None:
    (alert,) = SOURCE.parse(body(item(generatorURL=link))).alerts
    assert alert.link == ""


def test_a_start_with_another_offset_is_kept_in_utc() -> None:
    (alert,) = SOURCE.parse(body(item(startsAt="2026-11-21T12:30:00.123456789+02:00"))).alerts
    assert alert.starts_at == datetime(2026, 11, 21, 10, 30, 0, 123456, tzinfo=UTC)
    assert alert.starts_at.tzinfo is UTC


def test_fields_of_a_later_sender_are_ignored() -> None:
    (alert,) = SOURCE.parse(body(item(silencedBy=[], colour="red"), receiver=["x"])).alerts
    assert alert.fingerprint == "f1"
