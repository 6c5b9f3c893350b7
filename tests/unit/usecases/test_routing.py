"""Where an alert goes: the first route that matches, its group, and how urgent it is."""

from dataclasses import replace

from bot.domain.alerts import Alert, AlertStatus
from bot.domain.policy import Route, RouteAction
from bot.usecases.routing import Place, Routing
from bot.values import Severity, Untrusted
from tests.support.clock import START
from tests.support.team import TEAM

PAYMENTS = Route(
    name="payments",
    source="alertmanager",
    matches={"team": "payments"},
    severity_map={"critical": Severity.SEV1},
    group_by=("alertname", "region"),
)
QUIET = Route(name="quiet", matches={"team": "lab"}, action=RouteAction.POST)
ROUTED = replace(TEAM, routes=(PAYMENTS, QUIET), default_severity=Severity.SEV4)


def alert(source: str = "alertmanager", **labels: str) -> Alert:
    return Alert(
        source=source,
        fingerprint="f1",
        status=AlertStatus.FIRING,
        starts_at=START,
        labels={"alertname": "Slow", "service": "checkout", **labels},
        summary=Untrusted("checkout is slow"),
    )


def test_the_first_route_that_matches_names_group_and_urgency() -> None:
    place = Routing(ROUTED).place_of(alert(team="payments", region="eu", severity="critical"))
    assert place == Place(
        route="payments", group="payments/alertname=Slow,region=eu", opens=True, rank=1
    )


def test_another_source_does_not_match_a_route_of_one_source() -> None:
    place = Routing(ROUTED).place_of(alert(source="generic", team="payments"))
    assert place == Place(
        route="unrouted", group="unrouted/alertname=Slow,service=checkout", opens=True, rank=4
    )


def test_a_route_that_only_posts_opens_nothing() -> None:
    assert not Routing(ROUTED).place_of(alert(team="lab")).opens


def test_alerts_that_differ_in_a_label_that_routes_look_at_are_told_apart() -> None:
    routing = Routing(ROUTED)
    places = [
        routing.place_of(alert(team="payments", region=region, severity=severity))
        for region, severity in (("eu", "critical"), ("us", "critical"), ("eu", "info"))
    ]
    assert [(place.group[-9:], place.rank) for place in places] == [
        ("region=eu", 1),
        ("region=us", 1),
        ("region=eu", 3),
    ]


def test_a_label_that_is_absent_is_not_one_that_is_empty() -> None:
    nobody = replace(TEAM, routes=(replace(PAYMENTS, matches={"team": ""}),))
    routing = Routing(nobody)
    assert routing.place_of(alert(team="")).route == "payments"
    assert routing.place_of(alert()).route == "unrouted"
