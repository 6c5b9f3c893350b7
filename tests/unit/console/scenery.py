"""Incidents and cards as a drill shows them, for tests and for looking at the pages."""

from datetime import datetime, timedelta

from bot.ports import RoomSpec
from bot.usecases.views import IncidentSummary, OpenCard, TimelineEntry
from bot.values import CardId, ConversationRef, IncidentId, PersonId, Severity, Untrusted
from cards.model import (
    At,
    Button,
    ButtonStyle,
    Card,
    Code,
    CodeBlock,
    Fields,
    Notice,
    Paragraph,
    Person,
    Section,
    Step,
    Steps,
    StepState,
    Strong,
    Tone,
    message,
)
from tests.unit.console.world import APPROVER, World
from tests.unit.http.doubles import NOON

INCIDENT = IncidentId("i1")
NUMBER = "INC-2026-1121-001"
PACKET = CardId("c-packet")


def summary(
    room: ConversationRef | None = None,
    *,
    ident: str = "i1",
    number: str = NUMBER,
    title: str = "Disk full on practice-1",
    severity: Severity = Severity.SEV3,
    status: str = "identified",
    drill: bool = True,
    now: datetime = NOON,
) -> IncidentSummary:
    return IncidentSummary(
        id=IncidentId(ident),
        number=number,
        title=title,
        severity=severity,
        status=status,
        private=False,
        drill=drill,
        commander="Commander",
        opened_at=now - timedelta(minutes=3),
        resolved_at=None,
        room=room,
        waiting_cards=1,
    )


def packet(now: datetime = NOON) -> Card:
    """Build the decision packet of the drill."""
    return Card(
        id=PACKET,
        kind="approval",
        tone=Tone.WAITING,
        title=("Approve? ", Strong("Free space on the scratch disk of practice-1")),
        drill=True,
        blocks=(
            Notice(
                tone=Tone.WAITING,
                line=("Any one approver may decide; the requester may not.",),
            ),
            Fields(
                (
                    ("Because", ("The journal holds 61 % of the disk.",)),
                    ("Host", (Code("practice-1"), " as ", Code("change"))),
                    ("Tier", ("reversible; undo not needed",)),
                    ("Risk", ("one host; old log lines are lost; no user notices",)),
                    ("Digest", (Code("7f3a9c21"),)),
                )
            ),
            CodeBlock(
                title="Exactly these commands will run",
                text=Untrusted(
                    "sudo journalctl --vacuum-size=200M\n"
                    "sudo logrotate --force /etc/logrotate.conf\n"
                    "sudo systemd-tmpfiles --clean"
                ),
                essential=True,
            ),
            Section(
                title="Evidence (4 facts, 12 s old)",
                folded=True,
                blocks=(Fields((("use", ("96 %",)), ("journal", ("5.9 GB",)))),),
            ),
            Section(
                title="Then checked",
                blocks=(Paragraph((("Use of the disk is under 85 %",), ("The service answers",))),),
            ),
        ),
        buttons=(
            Button(
                option="approve",
                label="Approve",
                style=ButtonStyle.PRIMARY,
                consequence=("3 commands run on practice-1.",),
                recommended=True,
            ),
            Button(
                option="reject",
                label="Reject",
                consequence=("Nothing runs.",),
                confirm="The incident stays open and nothing is repaired.",
                wants_reason=True,
                needs_form=False,
            ),
        ),
        footer=(
            "Requested by ",
            Person(PersonId("p-commander"), Untrusted("Commander")),
            " at ",
            At(now),
        ),
    )


def incident_card(now: datetime = NOON) -> Card:
    return Card(
        kind="incident",
        tone=Tone.WARNING,
        title=("Disk full on practice-1",),
        drill=True,
        pinned=True,
        blocks=(
            Fields(
                (
                    ("Severity", (Strong("SEV3"),)),
                    ("Status", ("identified for 2 min",)),
                    ("Commander", (Person(PersonId("p-commander"), Untrusted("Commander")),)),
                    ("Impact", ("not said yet",)),
                    ("Next update", (At(now + timedelta(minutes=57)),)),
                    ("Reserved", (Code("practice-1"),)),
                )
            ),
            Section(
                title="Open approvals",
                blocks=(Paragraph((("1: Free space on the scratch disk",),)),),
            ),
            Section(
                title="Alerts",
                blocks=(Paragraph((("1 firing: ", Untrusted("DiskFull /scratch")),)),),
            ),
        ),
        footer=("Declared from an alert at ", At(now - timedelta(minutes=3))),
    )


def run_card() -> Card:
    return Card(
        id=CardId("c-run"),
        kind="run",
        tone=Tone.NEUTRAL,
        title=("Runbook ", Code("disk-full"), " on ", Code("practice-1"), ": step 2 of 3"),
        drill=True,
        blocks=(
            Steps(
                (
                    Step(
                        state=StepState.COMPLETED,
                        title=("Vacuum the journal",),
                        detail=Untrusted("Vacuuming done, freed 5.7G of archived journals."),
                        took=1.2,
                    ),
                    Step(state=StepState.RUNNING, title=("Rotate the logs",)),
                    Step(state=StepState.WAITING, title=("Clean temporary files",)),
                )
            ),
        ),
    )


async def set_the_scene(world: World) -> ConversationRef:
    """Put a drill that waits for its approval into the world; returns its room."""
    now = world.clock.moment
    room = await world.chat.open_room(
        RoomSpec(key="i1", name="inc-1121-disk-full", topic="Disk full")
    )
    world.views.summaries = [
        summary(room, now=now),
        summary(
            None,
            ident="i2",
            number="INC-2026-1121-002",
            title="Checkout answers slowly in eu-west",
            severity=Severity.SEV2,
            status="investigating",
            drill=False,
            now=now,
        ),
    ]
    world.views.cards = {"incident-i1": incident_card(now), PACKET: packet(now)}
    world.views.asking = [
        OpenCard(
            id=PACKET,
            number=1,
            incident=INCIDENT,
            incident_number=NUMBER,
            kind="change",
            state="open",
            title="Free space on the scratch disk of practice-1",
            options={"approve": "Approve", "reject": "Reject"},
            expires_at=now + timedelta(minutes=15),
            may_answer=False,
            drill=True,
        )
    ]
    world.views.answerers = {PACKET: {APPROVER.person}}
    world.views.entries = {
        "i1": [
            TimelineEntry(
                seq=n,
                at=now - timedelta(seconds=180 - 20 * n),
                kind="note",
                actor="Firewarden" if n % 2 else "Commander",
                text=f"something happened, number {n}",
            )
            for n in range(1, 8)
        ]
    }
    for number, card in enumerate(_talk()):
        await world.chat.post(room, f"post:{number}", card)
    words = message(Strong("Commander"), ": ", Untrusted("who last touched the log config?"))
    await world.chat.post(room, "said:1", words)
    await world.chat.post(room, "run", run_card())
    await world.chat.post(room, "packet", packet(now))
    return room


def _talk() -> tuple[Card, ...]:
    return (
        message(
            Strong("SEV3"),
            " declared from an alert: ",
            Untrusted("DiskFull on practice-1 /scratch"),
        ),
        message(
            "Room opened; ",
            Person(PersonId("p-commander"), Untrusted("Commander")),
            " is the commander",
        ),
        message("Triage ran 4 read-only commands on ", Code("practice-1"), tone=Tone.GOOD),
        Card(
            tone=Tone.NEUTRAL,
            title=("The journal holds 61 % of the disk",),
            blocks=(
                Paragraph(
                    (
                        (
                            "Rule 2 holds: ",
                            Code("journal_share > 40"),
                            ". Proposed: free space.",
                        ),
                    )
                ),
            ),
        ),
    )
