"""Every state of every card that asks or tells something, made from events as the core does."""

from collections.abc import Mapping
from dataclasses import replace

from bot.domain.events import (
    AlertsAttached,
    ApprovalVoided,
    CardAsked,
    CardAskedAgain,
    CardDecided,
    CardExpired,
    CardKind,
    CardWithdrawn,
    DecisionReached,
    Ending,
    Event,
    Option,
    OutcomeKind,
    PageAcknowledged,
    PageStarted,
    PersonPaged,
    ReadFinished,
    RunEnded,
    RunPaused,
    StepFinished,
    StepInDoubt,
    VoteCast,
)
from bot.domain.packet import (
    AskedField,
    AskedPacket,
    AskedStyle,
    ChecklistPacket,
    ChoicePacket,
    DetailsPacket,
    DoubtPacket,
    NoticePacket,
    Packet,
    QuestionPacket,
    RunPacket,
)
from bot.values import SYSTEM, CardId, PersonId, Tier, Untrusted
from cards.context import Freeze
from cards.model import Card
from cards.showing import shown
from tests.support.incidents import (
    ANN,
    BOB,
    CARD,
    EVE,
    MINUTE,
    RUN,
    START,
    Story,
    asked,
    change_packet,
    context,
    declared,
    outcome,
    run_started,
    step_started,
)


def gallery() -> Mapping[str, Mapping[str, Card]]:
    """Return the cards by sheet and by state."""
    return {
        "approvals": approvals(),
        "exceptions": exceptions(),
        "questions": questions(),
        "runs": runs(),
        "incident": views(),
    }


def approvals() -> Mapping[str, Card]:
    """Return the decision packet in each of its states."""
    once, twice = asked(), asked(quorum=2)
    irreversible = asked(change_packet(Tier.IRREVERSIBLE), quorum=2)
    withdrawn = CardWithdrawn(
        card=CARD, why=Untrusted("the runbook changed"), replaced_by=CardId("card2")
    )
    voided = ApprovalVoided(run=RUN, card=CARD, why=Untrusted("used is 61 now, not over 85"))
    return {
        "open": question(once),
        "open, irreversible, two of two": question(irreversible),
        "one yes of two": question(twice, vote(BOB, "approve")),
        "approved": question(once, vote(BOB, "approve"), decided(OutcomeKind.ACT)),
        "rejected": question(
            once, vote(BOB, "reject", "not during the sale"), decided(OutcomeKind.DECLINE)
        ),
        "expired": question(once, CardExpired(card=CARD)),
        "replaced by a fresh card": question(once, withdrawn),
        "approved, then no longer true": question(
            once, vote(BOB, "approve"), decided(OutcomeKind.ACT), voided
        ),
        "undo": question(asked(kind=CardKind.UNDO, title="Undo the clean-up of web-1")),
    }


def exceptions() -> Mapping[str, Card]:
    """Return the ways around an ordinary yes, and the cards that are no plain question."""
    alone = Option(
        id="break-glass",
        label="Break glass",
        outcome=OutcomeKind.ACT,
        consequence="approves alone, is announced to everybody and reviewed the next day",
        reason_required=True,
        break_glass=True,
    )
    offered = replace(asked(quorum=2), options=(*asked().options, alone))
    broken = replace(vote(EVE, "break-glass", "nobody else is awake"), break_glass=True)
    decision = CardDecided(
        card=CARD,
        option="break-glass",
        outcome=OutcomeKind.ACT,
        by=(EVE,),
        reason=Untrusted("nobody else is awake"),
    )
    because = Untrusted("autonomy: reversible; it touches web-1 alone, `used > 85` holds")
    by_policy = replace(decision, option="approve", by=(SYSTEM,), reason=because)
    which = ChoicePacket(
        candidates=(_run_packet(), replace(_run_packet(), runbook="log-flood", title="Log flood"))
    )
    choice = asked(which, kind=CardKind.RUN, title="2 runbooks match this alert: which one?")
    form = asked(_asked(AskedStyle.FORM), kind=CardKind.ASKED, title="How bad is it?")
    answer = replace(
        decided(OutcomeKind.ACT), values={"users": "1200", "region": "eu", "loss": "yes"}
    )
    return {
        "break-glass is offered": question(offered),
        "the glass is broken": question(offered, broken, decision),
        "the policy said yes": question(asked(), by_policy),
        "several runbooks match": question(choice),
        "a form, answered": question(form, vote(BOB, "approve"), answer),
        "expired, asked again": question(
            asked(), CardExpired(card=CARD), CardAskedAgain(card=CARD)
        ),
    }


def questions() -> Mapping[str, Card]:
    """Return the other kinds of question, open and answered."""
    doubt = DoubtPacket(
        path="clean-up.steps.1",
        host="web-1",
        attempt=1,
        line=Untrusted("sudo journalctl --vacuum-size=200M"),
        started_at=START,
        why=Untrusted("the link was lost while it ran"),
        approved_by=(BOB,),
    )
    step = QuestionPacket(
        path="a.steps.1", description=Untrusted("sudo systemctl restart checkout")
    )
    words = QuestionPacket(path="a", description=Untrusted("Does the claim match the result?"))
    of_kind: Mapping[str, tuple[CardKind, str, Packet]] = {
        "a runbook is proposed": (CardKind.RUN, "Runbook for this alert: Disk full", _run_packet()),
        "in doubt": (CardKind.IN_DOUBT, "What became of step 1 on web-1?", doubt),
        "guided step": (CardKind.STEP, "Go on with step 1?", step),
        "a runbook's question": (CardKind.QUESTION, "Does it?", words),
        "notice inside": (CardKind.NOTICE, "Notice to staff", _notice(external=False)),
        "notice outside": (CardKind.NOTICE, "Notice to customers", _notice(external=True)),
        "checklist": (CardKind.CHECKLIST, "Before it is called resolved", _checklist()),
        "details": (CardKind.DETAILS, "What is happening?", DetailsPacket()),
        "asked: approval": (CardKind.ASKED, "Empty the cache?", _asked(AskedStyle.APPROVAL)),
        "asked: selection": (CardKind.ASKED, "Which caches?", _asked(AskedStyle.SELECTION)),
        "asked: form": (CardKind.ASKED, "How bad is it?", _asked(AskedStyle.FORM)),
        "asked: text": (CardKind.ASKED, "Edit the text", _asked(AskedStyle.TEXT)),
    }
    opened = {
        name: question(asked(packet, kind=kind, title=title))
        for name, (kind, title, packet) in of_kind.items()
    }
    notice = asked(_notice(external=True), kind=CardKind.NOTICE, title="Notice to customers")
    answered = question(notice, vote(EVE, "approve"), decided(OutcomeKind.ACT, EVE))
    return {**opened, "notice, confirmed": answered}


def runs() -> Mapping[str, Card]:
    """Return the progress card of a run in each of its states."""
    began = (run_started(), _read(), _decision())
    yes = (asked(), vote(BOB, "approve"), decided(OutcomeKind.ACT))
    first = (step_started(1, ("sudo", "journalctl", "--vacuum-size=200M")), _finished(0))
    second = step_started(2, ("sudo", "logrotate", "--force", "/etc/logrotate.conf"))
    ended = RunEnded(run=RUN, ending=Ending.DONE, because=Untrusted(""), commands_ran=2)
    stopped = RunEnded(
        run=RUN, ending=Ending.STOPPED, because=Untrusted("step 1 failed"), commands_ran=1
    )
    doubt = StepInDoubt(
        run=RUN, path="clean-up.steps.2", host="web-1", attempt=1, why=Untrusted("link lost")
    )
    paused = RunPaused(run=RUN, why=Untrusted("the runbook changed after its first command"))
    return {
        "looking": run(run_started()),
        "waiting for a yes": run(*began, asked()),
        "step 2 of 2 runs": run(*began, *yes, *first, second),
        "done": run(*began, *yes, *first, second, replace(_finished(0), path=second.path), ended),
        "a step failed": run(*began, *yes, first[0], _finished(1), stopped),
        "in doubt": run(*began, *yes, *first, second, doubt),
        "paused": run(*began, *yes, *first, paused),
    }


def views() -> Mapping[str, Card]:
    """Return the incident card and a page, in their states."""
    alert = AlertsAttached(group="g", firing=3, resolved=1, first=())
    page = PageStarted(
        page="p",
        reason=Untrusted("nobody commands for 5 min"),
        escalation="oncall",
        order=(ANN, BOB),
        every=5 * MINUTE,
    )
    paged = (page, PersonPaged(page="p", person=ANN, level=1, next_at=START + 20 * MINUTE))
    acknowledged = PageAcknowledged(page="p", person=ANN)
    frozen = Freeze(scope="*", by=EVE, reason=Untrusted("release"), at=START)
    drill = declared("Disk full on practice-1", drill=True).tell(run_started(), asked())
    return {
        "incident": _view(declared().tell(alert), "incident"),
        "incident, frozen": _view(declared().tell(alert), "incident", frozen),
        "incident, drill with an open approval": _view(drill, "incident"),
        "page": _view(declared().tell(alert, *paged), "page:p"),
        "page, acknowledged": _view(declared().tell(alert, *paged, acknowledged), "page:p"),
    }


def question(card: CardAsked, *events: Event) -> Card:
    """Return the card after what happened to it."""
    return _view(declared().tell(run_started(), card, *events), CARD)


def run(*events: Event) -> Card:
    """Return the run's progress card."""
    return _view(declared().tell(*events), f"run:{RUN}")


def vote(person: PersonId, option: str, reason: str = "") -> VoteCast:
    """Cast a vote at the console."""
    return VoteCast(
        card=CARD,
        person=person,
        option=option,
        reason=Untrusted(reason),
        where="console",
        account=person,
        groups=("approver",),
    )


def decided(outcome_kind: OutcomeKind, by: PersonId = BOB) -> CardDecided:
    """Decide by one person."""
    yes = outcome_kind is OutcomeKind.ACT
    return CardDecided(
        card=CARD,
        option="approve" if yes else "reject",
        outcome=outcome_kind,
        by=(by,),
        reason=Untrusted("" if yes else "not during the sale"),
    )


def _view(story: Story, name: str, *freezes: Freeze) -> Card:
    card = shown(story.incident, name, context(15, *freezes))
    assert card is not None, name
    return card


def _read() -> ReadFinished:
    return ReadFinished(
        run=RUN,
        turn=0,
        phase="triage",
        path="triage.disk",
        host="web-1",
        outcome=outcome(0, "Filesystem 1K-blocks Used Use%\n/dev/sda1 41152812 39918228 97%"),
    )


def _decision() -> DecisionReached:
    because = Untrusted("/ on web-1 is 97 % full and the journal takes most of it")
    return DecisionReached(run=RUN, phase="triage", because=because, action="clean-up")


def _finished(exit_status: int) -> StepFinished:
    fault = "" if exit_status == 0 else "journalctl: Permission denied"
    return StepFinished(
        run=RUN,
        path="clean-up.steps.1",
        host="web-1",
        attempt=1,
        outcome=outcome(exit_status, "freed 3.8G" if exit_status == 0 else "", stderr=fault),
    )


def _run_packet() -> RunPacket:
    return RunPacket(
        runbook="disk-full",
        title="Disk full",
        description="Frees a disk that logs have filled.",
        document="",
        bindings="{}",
        content_hash="c0ffee0123456789",
        parameters={"host": "web-1", "limit": "85"},
    )


def _notice(*, external: bool) -> NoticePacket:
    return NoticePacket(
        audience="customers" if external else "staff",
        channel="status" if external else "stakeholders",
        external=external,
        text=Untrusted("Checkout is slow since 10:00 UTC.\n\nWe work on it; next word at 10:30."),
        author=ANN,
        flagged=("web-1",) if external else (),
    )


def _checklist() -> ChecklistPacket:
    return ChecklistPacket(
        summary=Untrusted("The journal had filled the disk."),
        points=(
            ("cause", "The root cause is known"),
            ("fix", "The fix is verified"),
            ("alerts", "No alert is firing"),
        ),
        firing=0,
        owner=ANN,
    )


def _asked(style: AskedStyle) -> AskedPacket:
    choices = (("eu", Untrusted("Europe")), ("us", Untrusted("America")), ("ap", Untrusted("Asia")))
    fields = {
        AskedStyle.APPROVAL: (),
        AskedStyle.SELECTION: (
            AskedField(
                name="caches", label=Untrusted("Caches"), kind="multi-select", choices=choices
            ),
        ),
        AskedStyle.FORM: (
            AskedField(
                name="users", label=Untrusted("Users"), kind="number", minimum=0, required=True
            ),
            AskedField(name="region", label=Untrusted("Region"), kind="select", choices=choices),
            AskedField(name="since", label=Untrusted("Since"), kind="date-time"),
            AskedField(name="loss", label=Untrusted("Data is lost"), kind="checkbox"),
        ),
        AskedStyle.TEXT: (
            AskedField(
                name="text",
                label=Untrusted("Text"),
                kind="multiline",
                default=Untrusted("We know what is wrong."),
            ),
        ),
    }
    words = Untrusted("The cache of the price service holds old prices.")
    return AskedPacket(style=style, description=words, fields=fields[style])
