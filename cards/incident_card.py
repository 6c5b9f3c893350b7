"""The incident at a glance: pinned in its room, edited in place."""

import hashlib
from dataclasses import replace
from typing import Final

from bot.domain.approval import Asked
from bot.domain.events import Role, Status
from bot.domain.state import Incident
from bot.values import Severity, Untrusted
from cards.context import Context, counted, listed
from cards.incident_facts import action_words, began_at, run_words
from cards.model import (
    At,
    Block,
    Button,
    ButtonStyle,
    Card,
    Code,
    Fields,
    Line,
    Notice,
    Paragraph,
    Section,
    Strong,
    Tone,
)
from cards.paging import paging_blocks
from cards.plaintext import duration_words
from cards.pressing import ACKNOWLEDGE, CLAIM, incident_card_id

_KIND: Final = "incident"
_AGE: Final = "Age"


def build(incident: Incident, context: Context) -> Card:
    """Return the incident's card as it stands at `context.now`."""
    return Card(
        id=incident_card_id(incident.id),
        kind=_KIND,
        tone=tone_of(incident),
        title=(incident.severity.value, " ", incident.number, " ", Strong(incident.title)),
        blocks=(
            *(context.frozen() if incident.open else ()),
            *_needed(incident, context),
            Fields(_pairs(incident, context)),
            *_questions(incident),
            *_runs(incident),
            *_actions(incident, context),
            *_pages(incident, context),
            *_links(incident),
        ),
        buttons=_buttons(incident),
        footer=("as of ", At(context.now), " · ", Code("/incident help")),
        drill=incident.drill,
        pinned=True,
        live=incident.open,
    )


def look_of(card: Card) -> str:
    """Return what names how an incident's card looks, 32 hex digits; "" for any other card.

    How old it is, and the moment that it speaks of, change by themselves and are left out.
    """
    if card.kind != _KIND:
        return ""
    blocks = tuple(_ageless(block) for block in card.blocks)
    still = repr(replace(card, blocks=blocks, footer=()))
    return hashlib.sha256(still.encode("utf-8", "surrogatepass")).hexdigest()[:32]


def _ageless(block: Block) -> Block:
    if not isinstance(block, Fields):
        return block
    return Fields(tuple((name, line[name == _AGE :]) for name, line in block.pairs))


def tone_of(incident: Incident) -> Tone:
    """Return how loud an incident is."""
    match incident.status:
        case Status.RESOLVED | Status.CLOSED:
            return Tone.GOOD
        case Status.MONITORING:
            return Tone.WAITING
        case _:
            return Tone.DANGER if incident.severity.rank <= Severity.SEV2.rank else Tone.WARNING


def _needed(incident: Incident, context: Context) -> tuple[Block, ...]:
    """Say what somebody must do now, loudest first."""
    needed: list[Block] = []
    if incident.open and incident.commander is None:
        line: Line = (
            "Nobody commands. Press Claim command, or ",
            Code("/incident claim commander"),
        )
        needed.append(Notice(tone=Tone.WARNING, line=line))
    if incident.open and incident.provisional:
        line = ("The title is provisional: ", Code("/incident title <text>"))
        needed.append(Notice(tone=Tone.WARNING, line=line))
    due = incident.next_update_at
    if incident.open and due is not None and due < context.now:
        line = ("An update is overdue since ", At(due), ": ", Code("/incident update <text>"))
        needed.append(Notice(tone=Tone.WARNING, line=line))
    if incident.status is Status.RESOLVED and incident.postmortem and not incident.drill:
        line = ("A postmortem is due: ", Code("/incident close postmortem=<url>"))
        needed.append(Notice(tone=Tone.WAITING, line=line))
    return tuple(needed)


def _pairs(incident: Incident, context: Context) -> tuple[tuple[str, Line], ...]:
    pairs: list[tuple[str, Line]] = [
        ("Severity", (incident.severity.value,)),
        ("Status", (incident.status.value, *_outcome(incident))),
        (_AGE, _age(incident, context)),
        ("Commander", (context.person(incident.commander),) if incident.commander else ("nobody",)),
        ("Roles", _other_roles(incident, context)),
        ("Services", (Untrusted(", ".join(incident.services)),) if incident.services else ()),
        ("Impact", _impact(incident)),
        ("Alerts", _alerts(incident)),
        ("Last update", _last_update(incident)),
        ("Next update", (At(incident.next_update_at),) if incident.next_update_at else ()),
        ("Visible to", context.people(sorted(incident.members)) if incident.private else ()),
    ]
    return tuple((label, line) for label, line in pairs if line)


def _outcome(incident: Incident) -> Line:
    if incident.resolution is None or incident.resolved_at is None:
        return ()
    summary: Line = (": ", incident.resolution.summary) if incident.resolution.summary.text else ()
    return (" at ", At(incident.resolved_at), *summary)


def _age(incident: Incident, context: Context) -> Line:
    began = began_at(incident)
    if incident.resolved_at is not None:
        return (f"lasted {_between(incident, context)}, since ", At(began))
    return (context.since(began), ", since ", At(began))


def _between(incident: Incident, context: Context) -> str:
    ended = incident.resolved_at or context.now
    return duration_words(ended - began_at(incident))


def _other_roles(incident: Incident, context: Context) -> Line:
    return listed(
        (f"{role.value} ", context.person(person))
        for role, person in incident.roles.items()
        if role is not Role.COMMANDER
    )


def _impact(incident: Incident) -> Line:
    impact = incident.impact
    if impact is None:
        return ("not known yet: ", Code("/incident impact <text>")) if incident.open else ()
    more = (("users", impact.users), ("regions", impact.regions), ("data loss", impact.data_loss))
    return (
        impact.text,
        *listed([(f"; {name}: ", words) for name, words in more if words.text], ""),
    )


def _alerts(incident: Incident) -> Line:
    if not incident.alerts:
        return ()
    return (f"{incident.firing} firing of {counted(incident.alerts, 'alert')}",)


def _last_update(incident: Incident) -> Line:
    if incident.last_update is None or incident.last_update_at is None:
        return ()
    return (At(incident.last_update_at), ": ", incident.last_update.text)


def _questions(incident: Incident) -> tuple[Block, ...]:
    lines = tuple(_question(asked) for asked in incident.open_cards)
    if not lines:
        return ()
    section = Section(title="Waiting for an answer", tone=Tone.WAITING, blocks=(Paragraph(lines),))
    return (section,)


def _question(asked: Asked) -> Line:
    expires: Line = (" — expires ", At(asked.card.expires_at))
    return (f"Card {asked.card.number} ({asked.card.kind.value}): ", asked.card.title, *expires)


def _runs(incident: Incident) -> tuple[Block, ...]:
    lines: list[Line] = [(Untrusted(run_words(run)),) for run in incident.live_runs]
    lines += [
        ("reserved by ", Code(run.started.runbook), ": ", *listed((Code(t),) for t in run.targets))
        for run in incident.runs.values()
        if run.targets
    ]
    return (Section(title="Runs", blocks=(Paragraph(tuple(lines)),)),) if lines else ()


def _actions(incident: Incident, context: Context) -> tuple[Block, ...]:
    lines: tuple[Line, ...] = tuple(
        (Untrusted(action_words(action, context)),)
        for action in incident.actions
        if not action.done
    )
    return (Section(title="Current actions", blocks=(Paragraph(lines),)),) if lines else ()


def _pages(incident: Incident, context: Context) -> tuple[Block, ...]:
    blocks = tuple(b for page in incident.pages.values() for b in paging_blocks(page, context))
    if not blocks:
        return ()
    awake = any(page.open for page in incident.pages.values())
    return (Section(title="Paging", blocks=blocks, folded=not awake),)


def _links(incident: Incident) -> tuple[Block, ...]:
    # People wrote these addresses: shown, never made clickable in the bot's name.
    lines: tuple[Line, ...] = tuple((link.kind, ": ", Code(link.url)) for link in incident.links)
    return (Section(title="Links", blocks=(Paragraph(lines),)),) if lines else ()


def _buttons(incident: Incident) -> tuple[Button, ...]:
    buttons: list[Button] = []
    if incident.open and any(page.open for page in incident.pages.values()):
        consequence: Line = ("says that you have it; nobody further is woken",)
        buttons.append(
            Button(
                option=ACKNOWLEDGE,
                label="Acknowledge",
                style=ButtonStyle.PRIMARY,
                consequence=consequence,
            )
        )
    if incident.open and incident.commander is None:
        buttons.append(
            Button(option=CLAIM, label="Claim command", consequence=("makes you commander",))
        )
    return tuple(buttons)
