"""News of an alert group -> one intent for the group's incident, opened where there is none."""

from dataclasses import dataclass

from bot.domain.actor import FIREWARDEN
from bot.domain.alerts import Alert
from bot.domain.decided import Refusal
from bot.domain.events import AlertBrief, Status
from bot.domain.intents import AttachAlerts, TellAlerts
from bot.domain.packet import RunPacket
from bot.domain.policy import Policy, Route, RouteAction, RunbookStart
from bot.domain.run import inventory
from bot.domain.running import parameters_of
from bot.errors import OperatorMistake, Unavailable, UserMistake
from bot.ports import AlertNews, AlertsTaken, Commit, Ids, Journal, Settlement, StoredAlert
from bot.records.rows import AlertGroupRow, RunRow
from bot.usecases.current import Current
from bot.usecases.deciding import Extra
from bot.usecases.delivering.carrier import IncidentDesk, SystemDesk
from bot.usecases.nouns import SYSTEM_STREAM
from bot.usecases.routing import ignored, severity_of
from bot.usecases.storms import is_storm
from bot.values import PersonId, Severity, Untrusted, canonical_json
from runbooks.inventory import Inventory
from runbooks.loader import load
from runbooks.parameters import bind

_CHOICES = 100
"""Runbooks that a card can offer (spec: approvals A1)."""

_LABELS = 16
"""Labels of an alert that the timeline keeps; the alert's own row keeps all."""


class Attaching:
    """Turns the unread alerts of a group into one event of one incident."""

    def __init__(
        self,
        *,
        journal: Journal,
        desk: IncidentDesk,
        system: SystemDesk,
        current: Current,
        ids: Ids,
    ) -> None:
        self._journal = journal
        self._desk = desk
        self._system = system
        self._current = current
        self._ids = ids

    async def attach(self, group: str, settlement: Settlement) -> None:
        """Attach what is unread, and settle the effect in the same commit."""
        news = await self._journal.alert_news(group)
        route = self._route(news)
        known = await self._incident_of(group, news)
        if (
            not news.first
            or ignored(route)
            or (not known and not news.firing and not _posts(route))
        ):
            taken = AlertsTaken(group=group, mark=news.mark, incident=known)
            await self._journal.commit([Commit(settlement=settlement, taken=(taken,))])
            return
        if not known and route is not None and _posts(route):
            taken = AlertsTaken(group=group, mark=news.mark, incident="")
            told = Extra(settlement=settlement, taken=(taken,))
            await self._system.submit(SYSTEM_STREAM, self._telling(group, news, route), told)
            return
        ident = known or self._ids.new()
        intent = await self._intent(group, news, route, opening=not known)
        extra = Extra(
            settlement=settlement,
            taken=(AlertsTaken(group=group, mark=news.mark, incident=ident),),
            free=(AlertGroupRow(group_key=group, incident=ident),) if not known else (),
            refusal_settles=False,
        )
        result = await self._desk.submit(ident, intent, extra)
        if isinstance(result, Refusal):
            # It was closed since we looked: the alerts stay unread, and open one of their own.
            raise Unavailable(result.reason)

    def _telling(self, group: str, news: AlertNews, route: Route) -> TellAlerts:
        lead = next((s for s in news.first if s.alert.status.value == "firing"), news.first[0])
        usual = severity_of(self._current.policy, route, lead.alert)
        return TellAlerts(
            by=FIREWARDEN,
            group=group,
            route=route.name,
            severity=_severity(news.worst) if news.worst else usual,
            title=lead.alert.summary,
            firing=news.firing,
            resolved=news.resolved,
            muted=all(_muted(route, stored) for stored in news.first),
        )

    async def _incident_of(self, group: str, news: AlertNews) -> str:
        """Return the group's incident, else the one that its alerts belong to; "" = none lives.

        Alerts of a storm belong to its incident without a row for each of their groups.
        """
        rows = await self._journal.rows(AlertGroupRow, group_key=group)
        theirs = (stored.incident for stored in news.first if stored.incident)
        known = rows[0].incident if rows else next(theirs, "")
        if known and (await self._desk.state(known)).status is Status.CLOSED:
            return ""
        return known

    def _route(self, news: AlertNews) -> Route | None:
        name = news.first[0].route if news.first else ""
        return next((r for r in self._current.policy.routes if r.name == name), None)

    async def _intent(
        self, group: str, news: AlertNews, route: Route | None, *, opening: bool
    ) -> AttachAlerts:
        policy = self._current.policy
        firing = [s for s in news.first if s.alert.status.value == "firing"] or list(news.first)
        lead = firing[0].alert
        worst = _severity(news.worst) if news.worst else severity_of(policy, route, lead)
        found = self._runbooks(policy, route, lead) if opening and not is_storm(group) else []
        usable = [one for one in found if not one.refused]
        first = next(iter(usable or found), _NO_RUNBOOK)
        return AttachAlerts(
            by=FIREWARDEN,
            group=group,
            route=firing[0].route,
            severity=worst,
            service="" if is_storm(group) else _service(route, lead),
            title=_storm_title(firing[0].route) if is_storm(group) else lead.summary,
            firing=news.firing,
            resolved=news.resolved,
            reopening=news.reopening,
            first=tuple(_brief(s) for s in news.first),
            muted=route is not None and all(_muted(route, s) for s in firing),
            runbook=first.name,
            document=first.document,
            bindings=first.bindings,
            refused=first.refused,
            choices=tuple(map(_choice, usable)) if len(usable) > 1 else (),
            triage=await self._may_triage(route),
            requested_by=await self._drilled_by(route, lead),
        )

    def _runbooks(self, policy: Policy, route: Route | None, alert: Alert) -> list["_Found"]:
        """Return the runbooks for this alert: the route's own, else every one that matches."""
        names = [route.runbook] if route and route.runbook else self._matching(alert)
        known = inventory(policy, practice_only=bool(route and route.drill))
        return [self._bound(name, alert, known) for name in names[:_CHOICES]]

    def _bound(self, name: str, alert: Alert, known: Inventory) -> "_Found":
        document = self._current.document(name)
        if not document:
            return _Found(name=name, refused="the catalogue has no runbook of that name")
        try:
            bound = bind(load(document, name), {}, alert.labels, known)
        except (UserMistake, OperatorMistake) as mistake:
            return _Found(name=name, refused=str(mistake))
        bindings = canonical_json(bound.to_json()).decode()
        return _Found(name=name, document=document, bindings=bindings)

    def _matching(self, alert: Alert) -> list[str]:
        return [
            name
            for name, document in sorted(self._current.documents.items())
            if (wanted := load(document, name).matches)
            and all(alert.labels.get(k) == v for k, v in wanted.items())
        ]

    async def _drilled_by(self, route: Route | None, alert: Alert) -> PersonId | None:
        """Return who started the drill that the alert belongs to: four eyes hold in drills too."""
        if route is None or not route.drill:
            return None
        system = await self._system.state(SYSTEM_STREAM)
        return system.drills.get(alert.labels.get("drill", ""))

    async def _may_triage(self, route: Route | None) -> bool:
        if route is None or route.start is not RunbookStart.TRIAGE:
            return False
        running = await self._journal.rows(RunRow, state="running")
        return len(running) < self._current.policy.triage_at_once


@dataclass(frozen=True, slots=True, kw_only=True)
class _Found:
    """A runbook for an alert; `refused` says why it cannot be bound ("" = it can)."""

    name: str
    document: str = ""
    bindings: str = ""
    refused: str = ""


_NO_RUNBOOK = _Found(name="")


def _choice(found: _Found) -> RunPacket:
    runbook = load(found.document, found.name)
    return RunPacket(
        runbook=found.name,
        title=runbook.title,
        description=runbook.description,
        document=found.document,
        bindings=found.bindings,
        content_hash=runbook.content_hash,
        parameters=parameters_of(found.bindings),
    )


def _service(route: Route | None, alert: Alert) -> str:
    return alert.labels.get(route.service_from if route else "service", "")


def _storm_title(route: str) -> Untrusted:
    return Untrusted(f"Alert storm on the route {route}: too many groups for one incident each")


def _posts(route: Route | None) -> bool:
    return route is not None and route.action is RouteAction.POST


def _muted(route: Route, stored: StoredAlert) -> bool:
    at = stored.alert.starts_at
    return any(begin <= at < end for begin, end in route.muted)


def _brief(stored: StoredAlert) -> AlertBrief:
    alert = stored.alert
    return AlertBrief(
        source=alert.source,
        fingerprint=alert.fingerprint,
        status=alert.status.value,
        starts_at=alert.starts_at,
        summary=Untrusted(alert.summary.text),
        labels=dict(list(alert.labels.items())[:_LABELS]),
    )


def _severity(rank: int) -> Severity:
    return next(severity for severity in Severity if severity.rank == rank)
