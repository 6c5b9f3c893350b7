# ruff: noqa: D401 - a story's docstring tells it in a sentence
"""What can happen in one incident, as short stories; a simulation mixes a few of them.

Each story opens incidents whose titles hold its tag, so that stories beside each other stay apart.
"""

import random
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, TypeAlias

from bot.domain.events import CardKind as Kind
from tests.simulation.schedule import Alarm, Ask, Deed, Edit, Press, Rest, Say, Talk, Turn
from tests.simulation.trouble import Aimed, Fault

Story: TypeAlias = Callable[["Setting"], list[Deed]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Setting:
    """Where a story plays: its tag, its host, another one, and the chance that varies it."""

    tag: str
    host: str
    other: str
    chance: random.Random

    @property
    def times(self) -> int:
        """How often somebody presses: once, or again out of impatience."""
        return self.chance.choice((1, 2, 2, 3))

    def declare(self, who: str = "ann", severity: str = "sev3") -> Say:
        """Open the story's incident."""
        return Say(who=who, line=f"/incident declare {severity} {self.tag} is down")

    def say(self, who: str, line: str, kind: Kind | None = None) -> Say:
        """Type a line in its room."""
        return Say(who=who, line=line, where=self.tag, kind=kind)

    def press(self, who: str, kind: Kind, option: str, reason: str = "") -> Press:
        """Press an option, often more than once; the platform may send one press repeatedly."""
        return Press(
            who=who,
            where=self.tag,
            kind=kind,
            option=option,
            reason=reason,
            times=self.times,
            again=self.chance.random() < 0.3,
        )

    def run(self, runbook: str, host: str = "", verb: str = "run") -> Say:
        """Start a runbook on the story's host, or another."""
        return self.say("ann", f"/runbook {verb} {runbook} host={host or self.host}")


def repair(at: Setting) -> list[Deed]:
    """A person asks for a repair, another one says yes: sometimes both approvers at once."""
    return [
        at.declare(),
        at.run("restart"),
        at.press("bob", Kind.CHANGE, "approve"),
        at.press("cleo", Kind.CHANGE, at.chance.choice(("approve", "reject"))),
        Rest(seconds=10),
    ]


def refused(at: Setting) -> list[Deed]:
    """Who asked may not say yes, and whoever only reads may do nothing; then it is rejected."""
    return [
        at.declare("bob"),
        at.say("bob", f"/runbook run restart host={at.host}"),
        at.press("bob", Kind.CHANGE, "approve"),
        at.press("eve", Kind.CHANGE, "approve"),
        at.press("cleo", Kind.CHANGE, "reject"),
        Rest(seconds=5),
    ]


def alarm(at: Setting) -> list[Deed]:
    """A monitor opens an incident; its runbook is proposed, run, and the alert resolves."""
    summary = f"{at.tag} is down"
    fires = Alarm(name="ServiceDown", host=at.host, summary=summary, times=2)
    return [
        fires,
        at.press("ann", Kind.RUN, "run"),
        at.say("ann", "/incident ack"),
        at.press("cleo", Kind.CHANGE, "approve"),
        fires,
        Rest(seconds=10),
        Alarm(name="ServiceDown", host=at.host, summary=summary, resolved=True),
        Rest(seconds=5),
    ]


def triaged(at: Setting) -> list[Deed]:
    """A route looks by itself, and nobody claims the incident for a while."""
    return [
        Alarm(name="ServiceSick", host=at.host, summary=f"{at.tag} is sick"),
        Rest(seconds=at.chance.choice((5, 400))),
        at.press("bob", Kind.CHANGE, "approve"),
        at.say("dan", "/incident claim"),
        Rest(seconds=5),
    ]


def queued(at: Setting) -> list[Deed]:
    """Two runs want one host, which stays broken: one waits, and gets it when it is released."""
    return [
        Turn(host=at.host, to="stuck"),
        at.declare(),
        at.run("restart"),
        at.press("bob", Kind.CHANGE, "approve"),
        Rest(seconds=8),
        at.run("mend"),
        at.press("cleo", Kind.CHANGE, "approve"),
        Rest(seconds=5),
        Turn(host=at.host, to=at.chance.choice(("sound", "stuck"))),
        at.say("bob", "/runbook release restart it is sound"),
        Rest(seconds=40),
    ]


def fleet(at: Setting) -> list[Deed]:
    """Three hosts at once; one stays broken, and the change is undone, or not."""
    return [
        Turn(host=at.other, to="stuck"),
        at.declare(),
        at.run("fleet"),
        at.press("bob", Kind.CHANGE, "approve"),
        Rest(seconds=15),
        at.press("cleo", Kind.UNDO, at.chance.choice(("approve", "approve", "reject"))),
        Rest(seconds=10),
        Turn(host=at.other, to="sound"),
    ]


def reopened(at: Setting) -> list[Deed]:
    """An undo that nobody decided expires, and is asked again."""
    return [
        Turn(host=at.host, to="stuck"),
        at.declare(),
        at.run("undoable"),
        at.press("bob", Kind.CHANGE, "approve"),
        Rest(seconds=5 * 3600),
        at.say("ann", "/incident ask-again 2"),
        at.press("cleo", Kind.UNDO, "approve"),
        Rest(seconds=10),
        Turn(host=at.host, to="sound"),
    ]


def aborted(at: Setting) -> list[Deed]:
    """A run is stopped while its command runs: left to end, or killed."""
    words = at.chance.choice(("", " kill confirm", " kill confirm wrong host"))
    return [
        Turn(host=at.host, to="slow"),
        at.declare(),
        at.run("restart"),
        at.press("bob", Kind.CHANGE, "approve"),
        Rest(seconds=2),
        at.say("ann", f"/runbook abort restart{words}"),
        Rest(seconds=5),
        Turn(host=at.host, to="sound"),
        at.press("cleo", Kind.IN_DOUBT, at.chance.choice(("worked", "failed"))),
        Rest(seconds=5),
    ]


def doubted(at: Setting) -> list[Deed]:
    """A command outlives its deadline, and an approver says what became of it."""
    return [
        Turn(host=at.host, to="slow"),
        at.declare(),
        at.run("restart"),
        at.press("bob", Kind.CHANGE, "approve"),
        Rest(seconds=100),
        Turn(host=at.host, to="sound"),
        at.press("cleo", Kind.IN_DOUBT, "worked"),
        Rest(seconds=10),
    ]


def patient(at: Setting) -> list[Deed]:
    """A run waits between its steps; sometimes its runbook is edited meanwhile."""
    edits: list[Deed] = [Edit(what="patient", to="edited", upon="WaitStarted")]
    return [
        at.declare(),
        *(edits if at.chance.random() < 0.5 else []),
        at.run("patient"),
        at.press("bob", Kind.CHANGE, "approve"),
        Rest(seconds=45),
        Edit(what="patient", to="restored"),
    ]


def paused(at: Setting) -> list[Deed]:
    """The runbook is edited between two steps: the run pauses, and a person aborts it."""
    return [
        at.declare(),
        Edit(what="patient", to="edited", upon="WaitStarted"),
        at.run("patient"),
        at.press("bob", Kind.CHANGE, "approve"),
        Rest(seconds=45),
        at.say("ann", "/runbook abort patient looked at it"),
        Edit(what="patient", to="restored"),
        Rest(seconds=2),
    ]


def edited(at: Setting) -> list[Deed]:
    """The runbook is edited under an open question, which is asked anew; or it is gone."""
    return [
        at.declare(),
        Edit(what="restart", to=at.chance.choice(("edited", "edited", "gone")), upon="CardAsked"),
        at.run("restart"),
        Rest(seconds=1),
        at.press("bob", Kind.CHANGE, "approve"),
        at.press("cleo", Kind.CHANGE, "approve"),
        Rest(seconds=10),
        Edit(what="restart", to="restored"),
    ]


def voided(at: Setting) -> list[Deed]:
    """The runbook is edited right after the yes: it loses its force, and a new one is asked for."""
    return [
        at.declare(),
        at.run("restart"),
        Edit(what="restart", to="edited", upon="CardDecided"),
        at.press("bob", Kind.CHANGE, "approve"),
        Rest(seconds=3),
        at.press("cleo", Kind.CHANGE, "approve"),
        Rest(seconds=10),
        Edit(what="restart", to="restored"),
    ]


def autonomous(at: Setting) -> list[Deed]:
    """The policy lets a small repair run by itself; sometimes it is withdrawn in between."""
    withdrawn: list[Deed] = [Edit(what="policy", to="usual", upon="AutonomyUsed")]
    return [
        Edit(what="policy", to="autonomous"),
        at.declare(),
        *(withdrawn if at.chance.random() < 0.3 else []),
        at.run("mend"),
        Rest(seconds=10),
        Edit(what="policy", to="usual"),
    ]


def cause(at: Setting) -> list[Deed]:
    """A playbook asks a person, then proposes the fix."""
    return [
        at.declare(),
        at.run("cause"),
        at.press("ann", Kind.QUESTION, "2"),
        at.press("dan", Kind.RUN, at.chance.choice(("run", "run", "dismiss"))),
        at.press("cleo", Kind.CHANGE, "approve"),
        Rest(seconds=10),
    ]


def cause_escalates(at: Setting) -> list[Deed]:
    """A playbook asks a person, and somebody is woken."""
    return [at.declare(), at.run("cause"), at.press("ann", Kind.QUESTION, "1"), Rest(seconds=3)]


def guided(at: Setting) -> list[Deed]:
    """A run that stops before every step."""
    return [
        at.declare(),
        at.run("restart", verb="guide"),
        at.press("bob", Kind.CHANGE, "approve"),
        at.press("ann", Kind.STEP, "on"),
        Rest(seconds=4),
        at.press("dan", Kind.STEP, at.chance.choice(("on", "skip", "abort"))),
        Rest(seconds=5),
    ]


def rehearsed(at: Setting) -> list[Deed]:
    """A dry run: it looks, and says what it would have asked."""
    return [at.declare(), at.run("restart", verb="dry-run"), Rest(seconds=3)]


def described(at: Setting) -> list[Deed]:
    """People write down what they know, and hand over."""
    deeds: list[Deed] = [
        at.say("ann", f"/incident title {at.tag} is slow"),
        at.say("ann", "/incident severity sev2 it is worse"),
        at.say("dan", "/incident impact nobody can pay users=all"),
        at.say("ann", "/incident started 30m ago"),
        at.say("ann", "/incident link dashboard https://grafana.example.com/d/1"),
        at.say("ann", "/incident action restart the workers @dan"),
        at.say("dan", "/incident done 1"),
        at.say("cleo", "/incident note the deploy is the suspect"),
        Talk(who="dan", where=at.tag, text="I look at the database"),
        at.say("ann", "/incident role scribe @cleo"),
        at.say("dan", "/incident claim tech-lead"),
        at.say("ann", "/incident handoff @dan"),
        at.say("ann", "/incident update we are on it next=30m"),
        at.say("dan", "/incident status identified"),
    ]
    at.chance.shuffle(deeds)
    return [at.declare(), *deeds, Rest(seconds=1)]


def noticed(at: Setting) -> list[Deed]:
    """A notice inside and one outside, which somebody else must clear."""
    return [
        at.declare(),
        at.say("dan", "/incident notify stakeholders payments fail"),
        at.press("dan", Kind.NOTICE, "send"),
        Rest(seconds=2),
        at.say("dan", "/incident notify customers payments fail"),
        at.press("dan", Kind.NOTICE, "send"),
        at.press("cleo", Kind.NOTICE, at.chance.choice(("send", "send", "discard"))),
        Rest(seconds=2),
    ]


def called(at: Setting) -> list[Deed]:
    """People are woken: one answers, then nobody does."""
    return [
        at.declare(),
        at.say("ann", "/incident page @dan the database needs you"),
        at.say("dan", "/incident ack"),
        Rest(seconds=2),
        at.say("ann", "/incident page on-call somebody please"),
        Rest(seconds=1200),
        at.say("cleo", "/incident ack"),
        Rest(seconds=2),
    ]


def frozen(at: Setting) -> list[Deed]:
    """Changes are frozen while one is asked for, or on its way."""
    freeze = at.say("dan", f"/incident freeze {at.chance.choice(('all', 'checkout'))} a storm")
    deeds: list[Deed] = [freeze, at.press("bob", Kind.CHANGE, "approve")]
    at.chance.shuffle(deeds)
    return [
        at.declare(),
        at.run("restart"),
        *deeds,
        Rest(seconds=5),
        at.say("dan", "/incident unfreeze all"),
        at.say("dan", "/incident unfreeze checkout"),
        at.run("restart"),
        at.press("cleo", Kind.CHANGE, "approve"),
        Rest(seconds=8),
    ]


def asked(at: Setting) -> list[Deed]:
    """A program asks people: one question is answered, one taken back, one forgotten."""
    return [
        at.declare(),
        Ask(who="ann", where=at.tag, title="May I deploy"),
        at.press("bob", Kind.ASKED, "approve"),
        Rest(seconds=2),
        Ask(who="ann", where=at.tag, title="May I restart"),
        at.say("ann", "/incident withdraw {card} found a better way", Kind.ASKED),
        Rest(seconds=2),
        Ask(who="ann", where=at.tag, title="May I delete"),
        Rest(seconds=5 * 3600),
        at.say("ann", "/incident ask-again 3"),
        at.press("cleo", Kind.ASKED, "approve"),
        Rest(seconds=2),
    ]


def forgotten(at: Setting) -> list[Deed]:
    """Nobody decides in time; it is asked again, and then it runs."""
    return [
        at.declare(),
        at.run("restart"),
        Rest(seconds=5 * 3600),
        at.say("ann", "/incident ask-again 1"),
        at.press("bob", Kind.CHANGE, "approve"),
        Rest(seconds=10),
    ]


def glass(at: Setting) -> list[Deed]:
    """Somebody decides alone, which is told to everybody and looked at the next day."""
    return [
        at.declare(),
        at.run("restart"),
        at.press("bob", Kind.CHANGE, "break-glass", "nobody else is awake"),
        Rest(seconds=10),
        Rest(seconds=25 * 3600),
    ]


def drilled(at: Setting) -> list[Deed]:
    """A drill begins, and a group that only tells the channel is told of."""
    return [
        Say(who="dan", line="/incident drill disk-full"),
        Alarm(name="Curious", host=at.host, summary=f"{at.tag} is curious"),
        at.declare(),
        Talk(who="ann", where=at.tag, text="this is a drill"),
        Rest(seconds=5),
    ]


def closed(at: Setting) -> list[Deed]:
    """An incident is resolved, comes back, is resolved again, and closed."""
    return [
        at.declare(),
        at.say("ann", "/incident resolve it was cleaned up"),
        at.press("ann", Kind.CHECKLIST, "resolve", "monitored"),
        Rest(seconds=2),
        at.say("ann", "/incident reopen errors are back"),
        at.say("ann", "/incident resolve it is over"),
        at.press("dan", Kind.CHECKLIST, "resolve", "monitored"),
        Rest(seconds=2),
        at.say("ann", "/incident close override=nothing-to-learn"),
        Rest(seconds=25 * 3600),
    ]


def flapping(at: Setting) -> list[Deed]:
    """An alert still fires after its incident was resolved: it comes back by itself."""
    summary = f"{at.tag} flaps"
    return [
        Alarm(name="ServiceDown", host=at.host, summary=summary),
        at.say("ann", "/incident ack"),
        at.say("ann", "/incident claim"),
        at.press("ann", Kind.RUN, "dismiss"),
        at.say("ann", "/incident resolve it seems over"),
        at.press("ann", Kind.CHECKLIST, "resolve", "it seems over"),
        Rest(seconds=2),
        Alarm(name="ServiceDown", host=at.host, summary=summary),
        Rest(seconds=1800),
    ]


def sketched(at: Setting) -> list[Deed]:
    """Somebody declares in a hurry, and fills in the details on the card."""
    return [
        Say(who="ann", line="/incident declare sev2"),
        Press(
            who="ann",
            where="declared by",
            kind=Kind.DETAILS,
            option="save",
            values=(
                ("title", f"{at.tag} is down"),
                ("impact", "nobody can pay"),
                ("services", "checkout"),
                ("severity", "sev3"),
            ),
        ),
        Rest(seconds=1),
        at.say("dan", "/incident note we are on it"),
        Rest(seconds=1),
    ]


def neglected(at: Setting) -> list[Deed]:
    """Nobody posts an update for hours."""
    return [at.declare(severity="sev2"), Rest(seconds=3 * 3600)]


STORIES: Final[Mapping[str, Story]] = {
    story.__name__: story
    for story in (
        repair,
        refused,
        alarm,
        triaged,
        queued,
        fleet,
        reopened,
        aborted,
        doubted,
        patient,
        paused,
        edited,
        voided,
        autonomous,
        cause,
        cause_escalates,
        guided,
        rehearsed,
        described,
        noticed,
        called,
        frozen,
        asked,
        forgotten,
        glass,
        drilled,
        closed,
        flapping,
        sketched,
        neglected,
    )
}

UNREACHABLE = (
    Aimed(fault=Fault.LOST_BEFORE_START, transition="PreflightStarted"),
    Aimed(fault=Fault.LOST_BEFORE_START, transition="PreflightStarted", nth=2),
)
"""A host that cannot be reached at the pre-flight: it fails, and the run stops."""

CAUSES: Final[Mapping[str, tuple[Aimed, ...]]] = {
    "StepInterrupted": (Aimed(fault=Fault.CRASH_AFTER_COMMIT, transition="StepStarted"),),
    "DeliveryFailed": (Aimed(fault=Fault.CHAT_REFUSED, transition="NoteAdded"),),
    "PageUndeliverable": (Aimed(fault=Fault.PAGER_REFUSED, transition="PersonPaged"),),
}
"""Faults that a transition comes from: without them nobody would see it."""
