"""Verbs of an incident's life: declare and describe it, tell how it goes, and end it."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from typing import Final

from bot.domain.events import Status
from bot.domain.intents import (
    AddAction,
    AddLink,
    AddNote,
    Close,
    CompleteAction,
    Declare,
    PostUpdate,
    RecordImpact,
    RecordStart,
    Reopen,
    Resolve,
    SetSeverity,
    SetStatus,
    SetTitle,
)
from bot.requests import Reply, ReplyTone
from bot.usecases.commands import Core
from bot.usecases.views import TimelineEntry
from bot.values import CardId, ConversationRef, IncidentId, Severity
from cards.model import Button, ButtonStyle, Card, FieldKind, FormField
from handlers.call import NO_INCIDENT, Call, answered
from handlers.grammar import coming_moment, past_moment, whole_number

DECLARE_FORM: Final = CardId("declare")
"""The id of the form that a bare `declare` opens; its answer is a declaration."""

_ROOM_WITHIN: Final = timedelta(milliseconds=600)
"""How long the reply to a declaration waits for its room; the incident is open all the same."""

_LIKE_A_SEVERITY: Final = re.compile(r"(?:sev-?|p)\d+", re.IGNORECASE)


async def declare(call: Call) -> Reply:
    """Open an incident at once, whatever is missing; bare, ask with a form."""
    if not call.words.words and not call.words.options:
        return answered(
            "Say what is broken; a severity alone opens it at once.",
            declare_form(call.core, call.usage),
        )
    named = call.words.options.get("severity") or call.words.options.get("sev") or ""
    words = call.words
    if not named and (Severity.parse(words.first) or _LIKE_A_SEVERITY.fullmatch(words.first)):
        named, words = words.first, words.without_first()
    private = words.last.casefold() == "private" and not words.words[-1].quoted
    services = call.words.options.get("service") or call.words.options.get("services") or ""
    return await _declare(
        call,
        severity=named,
        title=(words.without_last() if private else words).line,
        services=services,
        private=private,
    )


def declare_form(core: Core, usage: str = "") -> Card:
    """Return the form of a bare `declare`, as the policy has it now."""
    usual = core.current.policy.default_severity
    choices = tuple(
        (severity.value, f"{severity.value} — {rules.definition}")
        for severity, rules in sorted(core.current.policy.severities.items())
    )
    return Card(
        id=DECLARE_FORM,
        kind="form",
        title=("Declare an incident",),
        form=(
            FormField(name="title", label="What is broken?", kind=FieldKind.TEXT, maximum=150),
            FormField(
                name="severity",
                label="Severity",
                kind=FieldKind.SELECT,
                default=usual.value,
                choices=choices,
            ),
            FormField(
                name="services", label="Services", kind=FieldKind.TEXT, help="Apart by commas"
            ),
            FormField(
                name="impact",
                label="Who feels it, and how?",
                kind=FieldKind.MULTILINE,
                maximum=1000,
            ),
            FormField(
                name="private",
                label="Private: announced nowhere, seen by its members only",
                kind=FieldKind.CHECKBOX,
            ),
        ),
        buttons=(
            Button(
                option="declare",
                label="Declare",
                style=ButtonStyle.PRIMARY,
                consequence=("opens the room; you command until somebody claims it",),
                recommended=True,
            ),
        ),
        footer=(usage,) if usage else (),
    )


async def declare_by_form(call: Call, values: Mapping[str, str]) -> Reply:
    """Open an incident from the answered form."""
    return await _declare(
        call,
        severity=values.get("severity", ""),
        title=values.get("title", ""),
        services=values.get("services", ""),
        private=bool(values.get("private")),
        impact=values.get("impact", ""),
    )


async def update(call: Call) -> Reply:
    """Tell everybody where things stand."""
    call.needs_words("An update needs words.")
    due = call.words.options.get("next")
    next_at = coming_moment(due, call.core.clock.now()) if due else None
    return await call.submit(PostUpdate(by=call.actor, text=call.said(), next_at=next_at))


async def title(call: Call) -> Reply:
    """Change the title."""
    call.needs_words("A title needs words.")
    return await call.submit(SetTitle(by=call.actor, title=call.line()))


async def severity(call: Call) -> Reply:
    """Change the severity."""
    named = Severity.parse(call.words.first)
    if named is None:
        raise call.mistake(f"“{call.words.first}” is no severity: SEV1 to SEV5, or P0 to P4.")
    reason = call.line(call.words.without_first().text)
    return await call.submit(SetSeverity(by=call.actor, severity=named, reason=reason))


async def set_status(call: Call) -> Reply:
    """Move forward: `status identified`."""
    call.takes_nothing_more(call.words.without_first())
    try:
        wanted = Status(call.words.first.casefold())
    except ValueError:
        known = ", ".join(s.value for s in (Status.INVESTIGATING, Status.IDENTIFIED))
        raise call.mistake(
            f"“{call.words.first}” is no status: {known} or {Status.MONITORING.value}."
        ) from None
    if call.incident == NO_INCIDENT:
        raise call.mistake("Which incident? Say it in its room, or add in=INC-...")
    return await call.submit(SetStatus(by=call.actor, status=wanted))


async def impact(call: Call) -> Reply:
    """Say who feels it."""
    if not call.words.words and not call.words.options:
        raise call.mistake("Who feels it, and how?")
    return await call.submit(
        RecordImpact(
            by=call.actor,
            text=call.said(),
            users=call.option("users"),
            regions=call.option("regions"),
            data_loss=call.option("data-loss"),
        )
    )


async def started(call: Call) -> Reply:
    """Say when it began."""
    call.needs_words("When did it begin?")
    moment = past_moment(call.words.line, call.core.clock.now())
    return await call.submit(RecordStart(by=call.actor, started_at=moment))


async def link(call: Call) -> Reply:
    """Keep a link; without a kind it is a `link`."""
    call.needs_words("A link needs an address.")
    url = call.words.last.removeprefix("<").removesuffix(">")
    kind = call.words.without_last().line or "link"
    return await call.submit(AddLink(by=call.actor, kind=call.line(kind), url=call.line(url)))


async def action(call: Call) -> Reply:
    """Note what somebody will do; a person at the end owns it."""
    words, owner = call.words, None
    if words.last.startswith(("@", "<@")):
        owner, words = await call.person(words.last), words.without_last()
    if not words.words:
        raise call.mistake("What will be done?")
    return await call.submit(AddAction(by=call.actor, text=call.said(words.text), owner=owner))


async def done(call: Call) -> Reply:
    """Say that an action is done."""
    call.takes_nothing_more(call.words.without_first())
    n = whole_number(call.words.first, "an action")
    return await call.submit(CompleteAction(by=call.actor, n=n))


async def note(call: Call, *, said: bool = False, about: TimelineEntry | None = None) -> Reply:
    """Put words on the timeline: typed as a command, or said in the room, perhaps on an update."""
    call.needs_words("A note needs words.")
    return await call.submit(
        AddNote(
            by=call.actor,
            text=call.said(),
            said=said,
            about=about.seq if about else 0,
            about_at=about.at if about else None,
        )
    )


async def resolve(call: Call) -> Reply:
    """Open the checklist that ends it."""
    return await call.submit(Resolve(by=call.actor, summary=call.said()))


async def reopen(call: Call) -> Reply:
    """Say that it is not over."""
    return await call.submit(Reopen(by=call.actor, reason=call.line()))


async def close(call: Call) -> Reply:
    """File it."""
    call.takes_nothing_more(call.words)
    return await call.submit(
        Close(
            by=call.actor,
            postmortem=call.option("postmortem"),
            override=call.option("override"),
        )
    )


async def _declare(
    call: Call, *, severity: str, title: str, services: str, private: bool, impact: str = ""
) -> Reply:
    ident = IncidentId(call.core.ids.new())
    reply = await call.submit(
        Declare(
            by=call.actor,
            severity=Severity.parse(severity),
            title=call.line(title),
            services=tuple(
                dict.fromkeys(call.line(s).text for s in services.split(",") if s.strip())
            ),
            private=private,
            impact=call.said(impact),
        ),
        ident,
    )
    return replace(reply, go_to=await _room(call, ident)) if reply.tone is ReplyTone.DONE else reply


async def _room(call: Call, ident: IncidentId) -> ConversationRef | None:
    """Return the room on the platform where it was declared; it is opened while we wait."""
    platform = call.actor.platform
    if platform not in call.core.current.policy.platforms:
        return None
    incident = await call.core.incidents.until(
        ident, lambda incident: platform in incident.rooms, _ROOM_WITHIN
    )
    return incident.rooms.get(platform)
