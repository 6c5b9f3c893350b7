"""Where parameters come from, and which values are refused before anything can see them."""

import json

import pytest

from bot.errors import UserMistake
from bot.values import canonical_json
from runbooks.loader import Runbook
from runbooks.parameters import Bindings, Source, bind, usage
from tests.unit.runbooks.small import INVENTORY, small

PARAMETERS = """\
parameters:
  host: {type: host, from: alert.labels.instance}
  service: {type: service, default: shop}
  limit: {type: integer, min: 2, max: 100, default: 5}
  share: {type: percent, default: 85%}
  pause: {type: duration, min: 10s, max: 10m, default: 90s}
  mode: {type: enum, values: [fast, slow], default: slow}
  path: {type: text, pattern: '/[a-z/]+', default: /srv}
"""


@pytest.fixture
def runbook() -> Runbook:
    old = """\
parameters:
  host: {type: host, from: alert.labels.instance}
  limit: {type: integer, max: 100, default: 5}
"""
    return small((old, PARAMETERS))


def _mistake(runbook: Runbook, arguments: dict[str, str], labels: dict[str, str]) -> str:
    with pytest.raises(UserMistake) as caught:
        bind(runbook, arguments, labels, INVENTORY)
    return caught.value.message


def test_what_is_typed_wins_over_the_alert_and_the_alert_over_the_default(runbook: Runbook) -> None:
    bindings = bind(
        runbook, {"limit": "7", "pause": "2m"}, {"instance": "web-1", "limit": "9"}, INVENTORY
    )
    assert bindings.values == {
        "host": "web-1",
        "service": "shop",
        "limit": 7,
        "share": 85,
        "pause": 120,
        "mode": "slow",
        "path": "/srv",
    }
    assert bindings.sources["host"] is Source.ALERT
    assert bindings.sources["limit"] is Source.ARGUMENT
    assert bindings.sources["share"] is Source.DEFAULT


def test_the_port_of_an_exporter_is_not_part_of_the_host(runbook: Runbook) -> None:
    assert bind(runbook, {}, {"instance": "web-1:9100"}, INVENTORY).values["host"] == "web-1"


def test_bindings_survive_canonical_json(runbook: Runbook) -> None:
    bindings = bind(runbook, {"host": "web-1"}, {}, INVENTORY)
    assert Bindings.from_json(json.loads(canonical_json(bindings.to_json()))) == bindings


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("web-9", "host: 'web-9' is no host of the inventory (did you mean 'web-3'?)"),
        ("10.0.0.7", "host: '10.0.0.7' is no host of the inventory"),
        ("web-1;reboot", "host: 'web-1;reboot' is no host of the inventory"),
        ("-oProxyCommand=x", "host: '-oProxyCommand=x' starts with a hyphen"),
        ("web-1\nweb-2", r"host: 'web-1\nweb-2' holds a line break or a control character"),
        ("web-\uff11", r"host: 'web-\uff11' holds characters that are not ASCII"),
        (" web-1", "host: ' web-1' starts or ends with a space"),
        ("", "host: is empty"),
        ("w" * 257, "host: has 257 characters, at most 256 are taken"),
    ],
)
def test_a_hostile_host_is_refused(runbook: Runbook, value: str, reason: str) -> None:
    assert _mistake(runbook, {"host": value}, {}).startswith(reason)


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        ("service", "shopp", "'shopp' is no service of the inventory (did you mean 'shop'?)"),
        ("limit", "1", "1 is not between 2 and 100"),
        ("limit", "1e1", "'1e1' is not a number"),
        ("limit", "5.5", "'5.5' is not a whole number"),
        ("limit", "\u0665", "'\\u0665' holds characters that are not ASCII"),
        ("share", "101", "101 is not between 0 and 100"),
        ("pause", "1h", "1h is not between 10s and 10m"),
        ("pause", "soon", "'soon' is not a duration: write 30s, 5m, 1h30m"),
        ("mode", "FAST", "'FAST' is not one of fast, slow"),
        ("path", "/srv; rm", "'/srv; rm' does not match /[a-z/]+"),
        ("path", "/srv/../X", "'/srv/../X' does not match /[a-z/]+"),
    ],
)
def test_a_value_outside_its_type_is_refused(
    runbook: Runbook, name: str, value: str, reason: str
) -> None:
    assert _mistake(runbook, {"host": "web-1", name: value}, {}) == f"{name}: {reason}"


def test_every_bad_parameter_is_named_at_once(runbook: Runbook) -> None:
    message = _mistake(runbook, {"limits": "3", "mode": "x"}, {"instance": "$(reboot)"})
    assert message == (
        "limits: no such parameter (did you mean 'limit'?); "
        "host: the alert's label instance: '$(reboot)' is no host of the inventory; "
        "mode: 'x' is not one of fast, slow"
    )


def test_a_missing_parameter_says_where_it_might_have_come_from(runbook: Runbook) -> None:
    message = _mistake(runbook, {}, {})
    assert message == "host: is missing and the alert has no label instance"


def test_the_usage_line_shows_what_may_be_left_out(runbook: Runbook) -> None:
    assert usage(runbook) == (
        "run small host=<host> [service=shop] [limit=5] [share=85] [pause=1m30s]"
        " [mode=slow] [path=/srv]"
    )


@pytest.mark.parametrize(
    "value", [[], {"values": {}}, {"values": {"a": True}, "sources": {}}, {"values": 1}]
)
def test_anything_else_is_not_read_as_bindings(value: object) -> None:
    with pytest.raises(ValueError):  # noqa: PT011 - any reason will do
        Bindings.from_json(value)  # type: ignore[arg-type]  # what a broken event might hold
