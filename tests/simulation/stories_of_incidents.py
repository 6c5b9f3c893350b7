# ruff: noqa: D401 - a story's docstring tells it in a sentence
"""Stories of incidents: opened, described, told of, paged for, and closed."""

from bot.domain.events import CardKind as Kind
from tests.simulation.schedule import Alarm, Ask, Deed, Press, Rest, Say, Talk
from tests.simulation.setting import Setting


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


def described(at: Setting) -> list[Deed]:
    """People write down what they know, and hand over."""
    deeds: list[Deed] = [
        at.say("ann", f"/incident title {at.tag} is slow"),
        at.say("ann", "/incident severity sev2 it is worse"),
        at.say("dan", "/incident impact nobody can pay users=all"),
        at.say("ann", "/incident started 30m ago"),
        at.say("ann", "/incident link dashboard https://grafana.example.com/d/1"),
        at.say("ann", "/incident action restart the workers @dan"),
        at.say("cleo", "/incident note the deploy is the suspect"),
        Talk(who="dan", where=at.tag, text="I look at the database"),
        at.say("ann", "/incident role scribe @cleo"),
        at.say("dan", "/incident claim tech-lead"),
        at.say("ann", "/incident handoff @dan"),
        at.say("ann", "/incident update we are on it next=30m"),
        at.say("dan", "/incident status identified"),
    ]
    at.chance.shuffle(deeds)
    done = at.say("dan", "/incident done 1")
    return [at.declare(), *deeds, Rest(seconds=1), done, Rest(seconds=1)]


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
