"""Incidents for tests of what people see: events folded as the journal would, a minute apart."""

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

from bot.domain.events import (
    CardAsked,
    CardKind,
    Envelope,
    Event,
    IncidentDeclared,
    Option,
    Outcome,
    OutcomeKind,
    QuorumRule,
    ResolvedRule,
    RunStarted,
    StepStarted,
)
from bot.domain.packet import (
    ChangePacket,
    Packet,
    PacketCommand,
    PacketEvidence,
    PacketHost,
    PacketRehearsal,
)
from bot.domain.state import Incident, evolve
from bot.values import (
    SYSTEM,
    CardId,
    IncidentId,
    OnDeadline,
    PersonId,
    RunId,
    Severity,
    StreamRef,
    Tier,
    Untrusted,
)
from cards.context import Context, Freeze
from cards.texts import Texts

ANN, BOB, EVE = PersonId("ann"), PersonId("bob"), PersonId("eve")
START = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
RUN = RunId("run1")
CARD = CardId("card1")
DIGEST = "1a2b3c4d" * 8
TEMPLATES = Path(__file__).parents[2] / "templates"


def shipped_texts() -> Texts:
    """Return the texts that ship."""
    return Texts({path.name: path.read_text() for path in TEMPLATES.glob("*.j2")})


def context(minutes: int = 30, *freezes: Freeze) -> Context:
    """Return the world `minutes` after the start."""
    return Context(
        names={ANN: "Ann", BOB: "Bob", EVE: "Eve"},
        now=START + minutes * MINUTE,
        texts=shipped_texts(),
        freezes=freezes,
    )


@dataclass(slots=True)
class Story:
    """An incident and everything that happened to it, one event a minute."""

    incident: Incident = field(default_factory=lambda: Incident(id=IncidentId("i1")))
    envelopes: list[Envelope] = field(default_factory=list)

    def tell(self, *events: Event, by: PersonId = SYSTEM) -> "Story":
        """Add events, each a minute after the one before."""
        for event in events:
            seq = self.incident.seq + 1
            envelope = Envelope(
                stream=StreamRef(kind="incident", id=self.incident.id),
                seq=seq,
                at=START + (seq - 1) * MINUTE,
                actor=by,
                event=event,
            )
            self.incident = evolve(self.incident, envelope)
            self.envelopes.append(envelope)
        return self

    @property
    def last(self) -> Envelope:
        """Return the newest event in its place."""
        return self.envelopes[-1]


def declared(
    title: str = "Checkout is down",
    *,
    severity: Severity = Severity.SEV2,
    drill: bool = False,
    private: bool = False,
    provisional: bool = False,
) -> Story:
    """Begin with a declared incident of Ann's."""
    return Story().tell(
        IncidentDeclared(
            number="INC-2026-1121-001",
            title=Untrusted(title),
            provisional=provisional,
            severity=severity,
            service="checkout",
            private=private,
            drill=drill,
            platforms=("console",),
            cadence=timedelta(minutes=30),
            postmortem=True,
        ),
        by=ANN,
    )


def run_started(**changed: str) -> RunStarted:
    """Return the start of a disk-full run that Ann asked for."""
    return RunStarted(
        run=RUN,
        runbook="disk-full",
        document="",
        content_hash="c0ffee",
        bindings="{}",
        requested_by=ANN,
        mode=changed.get("mode", "run"),
    )


def command(n: int, line: str, *, changes: bool = True, host: str = "web-1") -> PacketCommand:
    """Return the n-th command of a packet."""
    return PacketCommand(
        path=f"clean-up.steps.{n}",
        host=host,
        login="fw-change" if changes else "fw-observe",
        kind="step",
        changes=changes,
        line=Untrusted(line),
        timeout_seconds=60,
    )


def change_packet(tier: Tier = Tier.REVERSIBLE, text: str = "df says 97 %") -> ChangePacket:
    """Return a packet with every part."""
    return ChangePacket(
        title=Untrusted("Clean up the disk of web-1"),
        because=Untrusted(text),
        tier=tier,
        runbook="disk-full",
        content_hash="c0ffee0123456789",
        policy_version="9f8e7d",
        requester=ANN,
        commands=(
            command(1, "sudo journalctl --vacuum-size=200M"),
            command(2, "df --output=pcent /", changes=False),
        ),
        hosts=(
            PacketHost(
                name="web-1",
                address="10.0.0.5",
                port=22,
                observe_user="fw-observe",
                change_user="fw-change",
                host_key="ssh-ed25519 "
                "AAAAC3NzaC1lZDI1NTE5AAAAIJ5BAYTwzzJrRWXb7DRgfLxhE8cJ8nE5x2gqkqrYn1bD",
                practice=False,
            ),
        ),
        evidence=(
            PacketEvidence(
                name="used",
                value=Untrusted("97"),
                unknown="",
                host="web-1",
                command=Untrusted("df --output=pcent /"),
                at=START + MINUTE,
            ),
            PacketEvidence(
                name="errors",
                value=Untrusted(""),
                unknown="the command timed out",
                host="web-1",
                command=Untrusted("journalctl -n 5"),
                at=None,
            ),
        ),
        preconditions=(("used > 85", True),),
        risk={"blast-radius": "one host", "data": "old logs are lost"},
        rehearsals=(
            PacketRehearsal(
                line=Untrusted("journalctl --disk-usage"),
                output=Untrusted("Archived: 4.0G"),
                exit_status=0,
            ),
        ),
        rollback=Untrusted("nothing to roll back"),
        undo=(command(9, "sudo systemctl restart rsyslog"),),
        verification=("used < 85",),
        stop_conditions=("the disk is another one",),
        dangers=("purge",),
    )


def asked(
    packet: Packet | None = None,
    *,
    kind: CardKind = CardKind.CHANGE,
    card: CardId = CARD,
    number: int = 1,
    quorum: int = 1,
    title: str = "Clean up the disk of web-1",
) -> CardAsked:
    """Return a question that approvers answer, with Approve and Reject."""
    packet = packet or change_packet()
    return CardAsked(
        card=card,
        number=number,
        kind=kind,
        title=Untrusted(title),
        options=(
            Option(
                id="approve",
                label="Approve",
                outcome=OutcomeKind.ACT,
                consequence="runs 1 command on web-1",
                recommended=True,
            ),
            Option(
                id="reject",
                label="Reject",
                outcome=OutcomeKind.DECLINE,
                consequence="nothing runs",
            ),
        ),
        rule=ResolvedRule(
            names=("reversible",),
            quorums=(QuorumRule(groups=("approver",), count=quorum),),
            excluded=(ANN,),
        ),
        expires_at=START + timedelta(hours=1),
        remind_at=None,
        digest=DIGEST,
        packet=packet,
        run=RUN if kind in {CardKind.CHANGE, CardKind.UNDO} else None,
        requester=ANN,
        tier=packet.tier if isinstance(packet, ChangePacket) else None,
    )


def step_started(n: int = 1, line: tuple[str, ...] = ("sudo", "journalctl")) -> StepStarted:
    """Return the start of a step that Bob said yes to."""
    return StepStarted(
        run=RUN,
        path=f"clean-up.steps.{n}",
        host="web-1",
        attempt=1,
        digest="d",
        command=line,
        timeout=timedelta(minutes=1),
        on_deadline=OnDeadline.LEAVE,
        number=n,
        of=2,
        card=CARD,
        approved_by=(BOB,),
        boot="b",
    )


def outcome(exit_status: int | None = 0, stdout: str = "", **more: str) -> Outcome:
    """Return what a command gave after two seconds."""
    return Outcome(
        exit_status=exit_status,
        stdout=Untrusted(stdout),
        stderr=Untrusted(more.get("stderr", "")),
        fault=more.get("fault", ""),
        seconds=2.0,
    )
