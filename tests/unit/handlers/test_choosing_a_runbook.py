"""Asking which of several runbooks is to look, and for the parameters that a run still lacks."""

from bot.adapters.files import read_catalogue
from bot.domain.alerts import Alert, AlertStatus
from bot.domain.approval import CardState
from bot.domain.events import CardKind
from bot.requests import AlertsReceived, ReplyTone
from bot.values import Untrusted
from cards.model import FieldKind
from tests.support.clock import START
from tests.support.world import World

DISK_FULL = read_catalogue(None)["disk-full"]
TWO = {
    "disk-full": DISK_FULL,
    "disk-slow": DISK_FULL.replace("runbook: disk-full", "runbook: disk-slow"),
    "elsewhere": DISK_FULL.replace("runbook: disk-full", "runbook: elsewhere").replace(
        "HostDiskFull", "Other"
    ),
}
ALERT = AlertsReceived(
    source="alertmanager",
    alerts=(
        Alert(
            source="alertmanager",
            fingerprint="f1",
            status=AlertStatus.FIRING,
            starts_at=START,
            labels={"alertname": "HostDiskFull", "instance": "practice:9100"},
            summary=Untrusted("disk is full"),
        ),
    ),
)


async def test_a_person_says_which_of_several_matching_runbooks_looks_first() -> None:
    async with World(documents=TWO) as world:
        await world.alert(ALERT)
        await world.settled()
        incident = await world.incident()
        (asked,) = incident.open_cards
        card = await world.rendering.card(incident, asked.card.card)
        assert card is not None
        assert [value for value, _ in card.form[0].choices] == ["disk-full", "disk-slow"]
        await world.press("commander", asked.card.card, "run", values={"runbook": "disk-slow"})
        (run,) = (await world.incident()).runs.values()
        assert run.started.runbook == "disk-slow"
        assert '"host":"practice"' in run.started.bindings


async def test_a_runbook_that_was_not_offered_is_a_fault_of_its_field() -> None:
    async with World(documents=TWO) as world:
        await world.alert(ALERT)
        await world.settled()
        (asked,) = (await world.incident()).open_cards
        for sent in ({}, {"runbook": "elsewhere"}, {"runbook": "disk-full,disk-slow"}):
            reply = await world.press("commander", asked.card.card, "run", values=sent)
            assert list(reply.field_errors) == ["runbook"]
        incident = await world.incident()
        assert incident.cards[asked.card.card].state is CardState.OPEN
        assert incident.runs == {}


async def test_one_matching_runbook_is_proposed_without_a_choice() -> None:
    async with World(documents={"disk-full": DISK_FULL}) as world:
        await world.alert(ALERT)
        await world.settled()
        incident = await world.incident()
        (asked,) = incident.open_cards
        card = await world.rendering.card(incident, asked.card.card)
        assert card is not None
        assert (asked.card.kind, card.form) == (CardKind.RUN, ())


async def test_a_run_that_lacks_a_parameter_asks_for_it_with_a_form() -> None:
    async with World() as world:
        await world.say("commander", "/incident declare sev3 disk")
        reply = await world.say("commander", "/runbook run disk-full", at=await world.room())
        assert reply.tone is ReplyTone.MISTAKE
        assert reply.text.startswith("host: is missing")
        assert reply.card is not None
        host = next(field for field in reply.card.form if field.name == "host")
        assert (host.kind, host.required, host.choices) == (
            FieldKind.SELECT,
            True,
            (("practice", "practice"),),
        )
        answer = await world.press(
            "commander", reply.card.id, "run", values={"host": "practice", "mount": "/scratch"}
        )
        assert answer.tone is ReplyTone.DONE
        (run,) = (await world.incident()).runs.values()
        assert '"mount":"/scratch"' in run.started.bindings


async def test_a_wrong_parameter_is_told_beside_its_field() -> None:
    async with World() as world:
        await world.say("commander", "/incident declare sev3 disk")
        reply = await world.say("commander", "/runbook run disk-full", at=await world.room())
        assert reply.card is not None
        answer = await world.press(
            "commander", reply.card.id, "run", values={"host": "practice", "mount": "; rm -rf /"}
        )
        assert answer.tone is ReplyTone.MISTAKE
        assert list(answer.field_errors) == ["mount"]
        assert (await world.incident()).runs == {}


async def test_the_form_of_an_incident_that_one_may_not_see_is_absent() -> None:
    async with World() as world:
        await world.say("commander", "/incident declare sev3 secret private")
        reply = await world.say("commander", "/runbook run disk-full", at=await world.room())
        assert reply.card is not None
        answer = await world.press("approver", reply.card.id, "run", values={"host": "practice"})
        assert answer.text == "There is no such incident."


async def test_a_typed_parameter_that_is_wrong_is_a_mistake_with_the_usage() -> None:
    async with World() as world:
        await world.say("commander", "/incident declare sev3 disk")
        at = await world.room()
        reply = await world.say("commander", "/runbook run disk-full host=nowhere", at=at)
        assert (reply.tone, reply.card) == (ReplyTone.MISTAKE, None)
        assert "Usage: /runbook run disk-full" in reply.text
