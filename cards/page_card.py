"""What a woken person gets: why, what is broken, what was tried, and one button: I have it."""

from collections.abc import Sequence
from dataclasses import replace

from bot.domain.escalation import PageState
from bot.domain.events import Outcome
from bot.domain.run import Run
from bot.domain.state import Incident
from bot.values import Untrusted
from cards.context import Context, excerpt, listed, text_lines
from cards.incident_facts import facts_of, run_words
from cards.model import (
    Block,
    Button,
    ButtonStyle,
    Card,
    CodeBlock,
    Line,
    Paragraph,
    Section,
    Strong,
    Tone,
)
from cards.paging import paging_blocks
from cards.pressing import ACKNOWLEDGE, page_card_id
from cards.texts import TextName

_DIAGNOSTICS_SHOWN = 600
"""Characters of one diagnostic's output: the gist on a phone; the room has the rest."""
_TIMELINE_SHOWN = 10


def build(
    incident: Incident, page: PageState, context: Context, timeline: Sequence[Line] = ()
) -> Card:
    """Return the page's card; `timeline` lines are oldest first, the last ones are shown."""
    return Card(
        id=page_card_id(incident.id, page.started.page),
        kind="page",
        tone=Tone.DANGER if page.open else Tone.GOOD,
        title=("PAGE ", incident.severity.value, " ", incident.number, " ", Strong(incident.title)),
        blocks=(
            *paging_blocks(page, context),
            *context.frozen(),
            Paragraph(_words(incident, page, context)),
            *_timeline(timeline),
            *_diagnostics(incident),
        ),
        buttons=(_acknowledge(),) if page.open else (),
        footer=_where(incident),
        drill=incident.drill,
    )


def _words(incident: Incident, page: PageState, context: Context) -> tuple[Line, ...]:
    facts = replace(
        facts_of(incident, context),
        drill=False,  # the card around the text is marked
        reason=page.started.reason.text,
        needed=_needed(incident),
        tried=tuple(run_words(run) for run in incident.runs.values()),
    )
    return text_lines(context.texts.render(TextName.ESCALATION, facts))


def _needed(incident: Incident) -> str:
    if incident.open_cards:
        numbers = ", ".join(str(asked.card.number) for asked in incident.open_cards)
        return f"acknowledge, open the room, answer card {numbers}"
    if incident.commander is None:
        return "acknowledge, open the room, take command: /incident claim commander"
    return "acknowledge, open the room, help"


def _timeline(timeline: Sequence[Line]) -> tuple[Block, ...]:
    if not timeline:
        return ()
    last = tuple(timeline[-_TIMELINE_SHOWN:])
    return (Section(title="Timeline", blocks=(Paragraph(last),)),)


def _diagnostics(incident: Incident) -> tuple[Block, ...]:
    blocks = tuple(
        block
        for run in incident.runs.values()
        for block in (*_preflight(run), *_failed(run), *_reads(run))
    )
    return (Section(title="Diagnostics", blocks=blocks, folded=True),) if blocks else ()


def _failed(run: Run) -> tuple[Block, ...]:
    return tuple(
        CodeBlock(
            title=f"step {log.started.number} on {log.started.host}: "
            + (log.doubt or _ended_how(log.outcome)),
            text=excerpt(log.outcome.stderr.text if log.outcome else "", _DIAGNOSTICS_SHOWN),
        )
        for log in run.steps
        if log.doubt or (log.outcome is not None and log.outcome.exit_status != 0)
    )


def _ended_how(outcome: Outcome | None) -> str:
    if outcome is None:
        return "unknown"
    if outcome.exit_status is None:
        return outcome.fault or outcome.stdout.text
    return f"exit status {outcome.exit_status}"


def _preflight(run: Run) -> tuple[Block, ...]:
    """Show the whole table where a check of it did not pass."""
    if all(check.passed for checks in run.checks.values() for check in checks):
        return ()
    rows = "\n".join(
        f"{'PASS' if check.passed else 'FAIL'}  {host}  {check.name}"
        + (f": {check.detail.text}" if check.detail.text and not check.passed else "")
        for host, checks in sorted(run.checks.items())
        for check in checks
    )
    return (CodeBlock(title="pre-flight", text=excerpt(rows, _DIAGNOSTICS_SHOWN)),)


def _reads(run: Run) -> tuple[Block, ...]:
    latest = {f"{read.path.removeprefix('again.')}@{read.host}": read for read in run.reads}
    return tuple(
        CodeBlock(
            title=f"{read.path} on {read.host}",
            text=excerpt(read.outcome.stdout.text or read.outcome.fault, _DIAGNOSTICS_SHOWN),
        )
        for read in latest.values()
    )


def _acknowledge() -> Button:
    return Button(
        option=ACKNOWLEDGE,
        label="Acknowledge",
        style=ButtonStyle.PRIMARY,
        consequence=("says that you have it; nobody further is woken for this",),
        recommended=True,
    )


def _where(incident: Incident) -> Line:
    rooms = listed(
        (f"{platform} ", Untrusted(room.id)) for platform, room in incident.rooms.items()
    )
    return ("room: ", *rooms) if rooms else ()
