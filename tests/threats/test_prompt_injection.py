"""Words in alerts and in proposals give orders to nobody: what changes something is asked first."""

from dataclasses import replace

from bot.domain.alerts import Alert, AlertStatus
from bot.domain.events import CardKind
from bot.domain.policy import Route, RunbookStart
from bot.domain.state import Incident
from bot.requests import AlertsReceived, CardAnswer, Reply, ReplyTone
from bot.usecases.seats import TokenKind
from bot.values import CardId, Untrusted
from tests.support.clock import START
from tests.support.fleet import MemoryHosts
from tests.support.runs import POLICY, Service, asked, declared, world
from tests.support.world import World, sender
from tests.threats.corpus import PROMPTS

ROUTE = Route(name="down", runbook="restart", start=RunbookStart.TRIAGE)
LOOKS = replace(POLICY, routes=(ROUTE,))
DECIDING = ("CardDecided", "VoteCast", "StepStarted", "IncidentResolved", "SeverityChanged")


def alert(number: int, words: str) -> AlertsReceived:
    fired = Alert(
        source="alertmanager",
        fingerprint=f"f{number}",
        status=AlertStatus.FIRING,
        starts_at=START,
        labels={
            "alertname": f"Down{number}",
            "service": "checkout",
            "instance": "web-1",
            "x": words,
        },
        annotations={"summary": words, "description": words, "runbook_url": words},
        summary=Untrusted(words),
        description=Untrusted(words),
        link="",
    )
    return AlertsReceived(source="alertmanager", alerts=(fired,), malformed=())


async def as_agent(on: World, card: str, option: str, reason: str, kind: TokenKind) -> Reply:
    """Press a button with dan's API token."""
    agent = replace(sender("dan"), token_kind=kind.value)
    return await on.router.handle(
        CardAnswer(
            id=f"{card} {option} {reason} {kind}",
            sender=agent,
            card=CardId(card),
            option=option,
            reason=reason,
        )
    )


async def test_no_words_of_an_alert_change_anything_or_anybodys_rights() -> None:
    hosts = MemoryHosts(Service())
    async with world(hosts, policy=LOOKS) as on:
        before = on.current.policy
        for number, words in enumerate(PROMPTS):
            await on.alert(alert(number, words))
        await on.settled()
        assert hosts.changes == []
        assert on.current.policy is before
        for stream in await on.journal.streams("incident"):
            events = await on.events(await on.incidents.state(stream.id))
            assert not set(events) & set(DECIDING)


async def test_an_agent_that_was_talked_into_it_can_only_propose() -> None:
    hosts = MemoryHosts(Service())
    async with world(hosts) as on:
        number = (await _declared(on)).number
        line = f"/runbook run restart host=web-1 in={number}"
        reply = await on.token("dan", TokenKind.OPERATE, line)
        assert reply.tone is ReplyTone.DONE, reply.text
        await on.settled()
        card = str((await asked(on, CardKind.CHANGE)).card.card)
        for words in PROMPTS:
            for kind in (TokenKind.OPERATE, TokenKind.READ, TokenKind.ANSWER):
                answer = await as_agent(on, card, "approve", words, kind)
                assert answer.tone is not ReplyTone.DONE, answer.text
        await on.settled()
        assert hosts.changes == []
        assert (await asked(on, CardKind.CHANGE)).votes == {}


async def test_what_an_agent_types_is_a_command_of_the_table_or_nothing() -> None:
    hosts = MemoryHosts(Service())
    async with world(hosts) as on:
        number = (await _declared(on)).number
        before = on.current.policy
        for words in PROMPTS:
            line = words.replace("\n", " ")
            await on.token("dan", TokenKind.OPERATE, line)
            await on.token("dan", TokenKind.OPERATE, f"/incident note {line} in={number}")
        await on.settled()
        assert hosts.changes == []
        assert on.current.policy is before
        events = await on.events(await on.incident(number))
        assert not set(events) & set(DECIDING)


async def _declared(on: World) -> Incident:
    await declared(on)
    return await on.incident()
