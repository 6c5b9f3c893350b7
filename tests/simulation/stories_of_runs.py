# ruff: noqa: D401 - a story's docstring tells it in a sentence
"""Stories of changes: asked for, decided, carried out, and everything that comes in between."""

from bot.domain.events import CardKind as Kind
from tests.simulation.schedule import Deed, Edit, Rest, Turn
from tests.simulation.setting import Setting


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
