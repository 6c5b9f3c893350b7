"""Which route and group an alert belongs to, and how urgent its sender says it is."""

from dataclasses import dataclass

from bot.domain.alerts import Alert
from bot.domain.policy import Policy, Route, RouteAction
from bot.values import Severity

FALLBACK = "unrouted"
"""The route of alerts that no route of the policy matches: they open an incident all the same."""

_FALLBACK_GROUPS = ("alertname", "service")
_REMEMBERED = 8192
"""Kinds of alerts that are kept, a kilobyte each; a storm of some more starts over."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where an alert goes. `opens`: it may open an incident; `rank` is 1 for SEV1 to 5 for SEV5."""

    route: str
    group: str
    opens: bool
    rank: int


class Routing:
    """The routes of one policy.

    Alerts that are alike in every label that a route looks at go to one place, so that a storm
    walks the routes once for each kind of alert.
    """

    def __init__(self, policy: Policy) -> None:
        self.policy = policy
        self._labels = sorted(_looked_at(policy))
        self._known: dict[tuple[str | None, ...], Place] = {}

    def place_of(self, alert: Alert) -> Place:
        """Return where the alert goes."""
        kind = (alert.source, *map(alert.labels.get, self._labels))
        place = self._known.get(kind)
        if place is None:
            if len(self._known) == _REMEMBERED:
                self._known.clear()
            place = self._known[kind] = self._placed(alert)
        return place

    def _placed(self, alert: Alert) -> Place:
        route = route_of(self.policy, alert)
        name = route.name if route else FALLBACK
        by = route.group_by if route else _FALLBACK_GROUPS
        values = ",".join(f"{label}={alert.labels.get(label, '')}" for label in by)
        return Place(
            route=name,
            group=f"{name}/{values}",
            opens=route is None or route.action is RouteAction.OPEN,
            rank=severity_of(self.policy, route, alert).rank,
        )


def route_of(policy: Policy, alert: Alert) -> Route | None:
    """Return the first route that matches, None where none does."""
    for route in policy.routes:
        if route.source and route.source != alert.source:
            continue
        if route.matches.items() <= alert.labels.items():
            return route
    return None


def severity_of(policy: Policy, route: Route | None, alert: Alert) -> Severity:
    """Return the severity that the alert's label names by the route's map, else the route's own."""
    if route is None:
        return policy.default_severity
    word = alert.labels.get(route.severity_from, "")
    return route.severity_map.get(word.casefold()) or Severity.parse(word) or route.severity


def ignored(route: Route | None) -> bool:
    """Whether alerts of this route are recorded and lead to nothing."""
    return route is not None and route.action is RouteAction.IGNORE


def _looked_at(policy: Policy) -> set[str]:
    """Return every label that `route_of` or `severity_of` reads, or that names a group."""
    labels = set(_FALLBACK_GROUPS)
    for route in policy.routes:
        labels |= {*route.matches, *route.group_by, route.severity_from}
    return labels
