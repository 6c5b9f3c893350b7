"""Generic JSON: what a script or a small tool may post."""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.domain.alerts import Alert, AlertStatus
from bot.errors import UserMistake
from bot.requests import AlertsReceived, MalformedAlert
from bot.values import Json, Untrusted
from handlers.alerts import SOURCES
from handlers.alerts.generic import START_NOT_SAID

PAYLOADS = Path(__file__).parents[2] / "payloads"
SOURCE = SOURCES["generic"]


def test_the_documented_body_becomes_one_alert_with_its_fields_as_labels() -> None:
    raw = (PAYLOADS / "generic.json").read_bytes()
    assert SOURCE.parse(raw) == AlertsReceived(
        source="generic",
        alerts=(
            Alert(
                source="generic",
                fingerprint="deploy-api-prod-42",
                status=AlertStatus.FIRING,
                starts_at=START_NOT_SAID,
                labels={
                    "alertname": "API deploy failed",
                    "severity": "critical",
                    "source": "ci",
                    "service": "api",
                    "environment": "prod",
                },
                summary=Untrusted("API deploy failed"),
                description=Untrusted("Deployment failed on api-prod-1"),
                link="https://ci.example/42",
            ),
        ),
    )


def test_a_key_and_a_title_are_enough() -> None:
    (alert,) = SOURCE.parse(b'{"dedup_key": "k", "title": "Disk full"}').alerts
    assert alert.status is AlertStatus.FIRING
    assert alert.labels == {"alertname": "Disk full"}
    assert alert.link == ""


def test_a_label_of_the_senders_own_wins_over_a_field() -> None:
    raw = json.dumps(
        {"dedup_key": "k", "title": "T", "severity": "low", "labels": {"alertname": "DiskFull"}}
    ).encode()
    (alert,) = SOURCE.parse(raw).alerts
    assert alert.labels == {"alertname": "DiskFull", "severity": "low"}


def test_a_start_that_is_given_is_kept() -> None:
    raw = b'{"dedup_key": "k", "title": "T", "started_at": "2026-11-21T10:42:00Z"}'
    (alert,) = SOURCE.parse(raw).alerts
    assert alert.starts_at == datetime(2026, 11, 21, 10, 42, tzinfo=UTC)


def test_of_a_list_the_good_ones_are_taken_and_the_broken_set_aside() -> None:
    raw = json.dumps(
        [{"dedup_key": "a", "title": "A", "status": "resolved"}, {"title": "no key"}, 5]
    ).encode()
    received = SOURCE.parse(raw)
    assert [(a.fingerprint, a.status) for a in received.alerts] == [("a", AlertStatus.RESOLVED)]
    assert received.malformed[0] == MalformedAlert(
        raw=b'{"title": "no key"}', fault="dedup_key: Field required"
    )
    assert received.malformed[1].raw == b"5"


def test_a_list_of_good_ones_is_taken_whole() -> None:
    raw = json.dumps([{"dedup_key": str(n), "title": "A"} for n in range(3)]).encode()
    assert [a.fingerprint for a in SOURCE.parse(raw).alerts] == ["0", "1", "2"]


@pytest.mark.parametrize(
    ("body", "told"),
    [
        ({"title": "T"}, "this is not a body of generic JSON: dedup_key: Field required"),
        (
            {"dedup_key": "k", "title": "T", "status": "on"},
            "this is not a body of generic JSON: status: Input should be 'firing' or 'resolved'",
        ),
    ],
)
def test_the_sender_of_a_single_broken_alert_is_told_what_is_wrong(body: Json, told: str) -> None:
    with pytest.raises(UserMistake) as mistake:
        SOURCE.parse(json.dumps(body).encode())
    assert mistake.value.message == told


@pytest.mark.parametrize("raw", [b"", b"firing", b"3", b"null", b'"x"', b"\xff"])
def test_a_body_that_is_no_alert_is_the_senders_mistake(raw: bytes) -> None:
    with pytest.raises(UserMistake, match="this is not a body of generic JSON"):
        SOURCE.parse(raw)
