"""News of an alert group: opens, joins, makes worse, brings back; never resolves."""

from bot.domain.actor import FIREWARDEN
from bot.domain.decided import Refusal
from bot.domain.events import (
    AlertsAttached,
    CardKind,
    IncidentReopened,
    NoteAdded,
    PageStarted,
    RunStarted,
    SeverityChanged,
    Status,
)
from bot.domain.intents import AttachAlerts, Close, Resolve, StartRun
from bot.domain.packet import RunPacket
from bot.domain.run import inventory
from bot.values import Severity, Untrusted, canonical_json
from runbooks.loader import load
from runbooks.parameters import bind
from tests.unit.domain.disk import DISK_FULL
from tests.unit.domain.people import ana, ben
from tests.unit.domain.policy import BEN, MINUTE, POLICY
from tests.unit.domain.story import Story, alerts

EVERYTHING = dict.fromkeys(
    ("cause", "fix", "systems", "metrics", "alerts", "customers", "owner"), "yes"
)


def with_runbook(*, triage: bool = False) -> AttachAlerts:
    known = inventory(POLICY, practice_only=False)
    bound = bind(load(DISK_FULL, "disk-full"), {"host": "web-1"}, {}, known)
    return alerts(
        document=DISK_FULL, bindings=canonical_json(bound.to_json()).decode(), triage=triage
    )


def resolved(firing: int = 0) -> Story:
    story = Story().alerted()
    if not firing:
        story.does(alerts(firing=0, resolved=1))
    story.does(Resolve(by=ana, summary=Untrusted("over")))
    story.presses(story.card(CardKind.CHECKLIST), ana, "resolve", "so be it", EVERYTHING)
    assert story.incident.status is Status.RESOLVED
    return story


def test_the_first_news_opens_an_incident_and_asks_for_a_commander() -> None:
    story = Story().alerted(Severity.SEV2)
    assert story.kinds() == ["IncidentDeclared", "AlertsAttached", "PageStarted", "PersonPaged"]
    assert story.incident.commander is None
    assert story.incident.groups == ("rest/checkout",)
    assert story.timers["no-commander"] == story.now + 5 * MINUTE


def test_more_alerts_of_no_worse_severity_join_quietly() -> None:
    story = Story().alerted(Severity.SEV2)
    seq = story.incident.seq
    story.does(alerts(severity=Severity.SEV3, firing=40))
    assert story.kinds(seq) == ["AlertsAttached"]
    assert (story.incident.firing, story.incident.alerts) == (41, 41)
    assert story.posted() == ["AlertsAttached -> console/room"]


def test_a_worse_alert_raises_the_severity_and_pages() -> None:
    story = Story().alerted(Severity.SEV4)
    assert story.woken() == []
    story.does(alerts(severity=Severity.SEV1))
    assert story.events(SeverityChanged)[0].severity is Severity.SEV1
    assert story.events(PageStarted)[0].reason == Untrusted("A worse alert joined: it is SEV1 now.")


def test_resolved_alerts_are_said_and_never_resolve_the_incident() -> None:
    story = Story().alerted()
    seq = story.incident.seq
    story.does(alerts(firing=0, resolved=1))
    assert story.kinds(seq) == ["AlertsAttached"]
    assert (story.incident.status, story.incident.firing) == (Status.INVESTIGATING, 0)


def test_an_echo_within_the_flap_window_does_not_reopen() -> None:
    story = resolved()
    story.passes(4 * MINUTE)
    story.does(alerts(reopening=True))
    assert story.incident.status is Status.RESOLVED
    assert story.events(IncidentReopened) == []


def test_an_echo_that_still_fires_at_the_end_of_the_window_reopens_and_pages() -> None:
    story = resolved()
    story.passes(4 * MINUTE)
    story.does(alerts(reopening=True))
    story.passes(MINUTE)
    assert story.incident.status is Status.INVESTIGATING
    assert story.events(PageStarted)[-1].reason == Untrusted(
        "It was resolved, and its alerts still fire."
    )


def test_a_repeat_after_the_flap_window_reopens_and_pages() -> None:
    story = resolved()
    story.passes(6 * MINUTE)
    story.does(alerts(reopening=True))
    assert story.incident.status is Status.INVESTIGATING
    assert story.events(PageStarted)[-1].reason == Untrusted(
        "It was resolved, and its alert fires again."
    )


def test_a_new_alert_reopens_even_within_the_flap_window() -> None:
    story = resolved()
    story.does(alerts())
    assert story.incident.status is Status.INVESTIGATING


def test_a_repeat_of_an_alert_that_never_ended_is_not_counted_twice() -> None:
    story = resolved(firing=1)
    story.passes(3 * MINUTE)
    story.does(alerts(reopening=True))
    assert story.incident.firing == 1
    story.does(alerts(firing=0, resolved=1))
    assert story.incident.firing == 0
    story.passes(60 * MINUTE)
    assert story.incident.status is Status.RESOLVED


def test_a_worse_repeat_reopens_raises_and_pages_once() -> None:
    story = resolved()
    before = len(story.events(PageStarted))
    story.passes(6 * MINUTE)
    story.does(alerts(severity=Severity.SEV1, reopening=True))
    assert story.incident.severity is Severity.SEV1
    assert len(story.events(PageStarted)) == before + 1


def test_alerts_in_a_maintenance_window_are_recorded_and_wake_nobody() -> None:
    story = Story()
    story.does(alerts(severity=Severity.SEV1, muted=True))
    assert story.woken() == []
    assert story.events(AlertsAttached)[0].muted
    story = resolved()
    story.passes(6 * MINUTE)
    story.does(alerts(reopening=True, muted=True))
    assert story.incident.status is Status.RESOLVED


def test_a_closed_incident_takes_no_alerts() -> None:
    story = resolved()
    story.does(Close(by=ana))
    assert story.refused(alerts()) == "the incident is closed; a new one must be opened"


def test_only_firewarden_attaches_alerts() -> None:
    story = Story()
    forged = alerts()
    by_person = type(forged)(
        by=ana,
        group="g",
        route="rest",
        severity=Severity.SEV1,
        service="",
        title=Untrusted("x"),
        firing=1,
        resolved=0,
        reopening=False,
        first=(),
    )
    assert story.refused(by_person) == "only Firewarden itself does this"
    assert FIREWARDEN.platform == ""


def test_a_matching_runbook_is_proposed_and_runs_when_somebody_presses_run() -> None:
    story = Story()
    story.does(with_runbook())
    card = story.card(CardKind.RUN)
    assert story.events(RunStarted) == []
    story.presses(card, ben, "run")
    started = story.events(RunStarted)[0]
    assert (started.runbook, started.requested_by, started.automatic) == ("disk-full", BEN, False)


def test_a_proposal_is_refused_while_the_same_run_is_under_way() -> None:
    story = Story()
    story.does(with_runbook())
    card = story.card(CardKind.RUN)
    assert isinstance(card.card.packet, RunPacket)
    same = StartRun(
        by=ana, runbook="disk-full", document=DISK_FULL, bindings=card.card.packet.bindings
    )
    story.does(same)
    assert story.presses(card, ben, "run") == Refusal(
        reason="disk-full is already running here with these parameters."
    )
    assert len(story.events(RunStarted)) == 1


def test_a_route_may_start_triage_by_itself_and_then_nobody_is_excluded() -> None:
    story = Story()
    story.does(with_runbook(triage=True))
    started = story.events(RunStarted)[0]
    assert (started.requested_by, started.automatic) == (None, True)
    assert [read.path for read in story.reads()] == [
        "triage.disk",
        "triage.directories",
        "triage.journal",
    ]


def test_a_runbook_that_could_not_be_bound_is_said_and_not_proposed() -> None:
    story = Story()
    story.does(alerts(refused="10.0.0.7 is no host of the inventory"))
    words = "The runbook disk-full was not proposed: 10.0.0.7 is no host of the inventory"
    assert story.events(NoteAdded) == [NoteAdded(text=Untrusted(words), where="")]
    assert story.open_kinds() == []
