"""The runbook tree as it is typed: look, run, stop, release."""

from datetime import timedelta

import pytest

from bot.domain.alerts import Alert, AlertStatus
from bot.requests import AlertsReceived, ReplyTone
from bot.values import ConversationRef, Untrusted
from tests.support.clock import START
from tests.support.world import World


async def opened(world: World) -> ConversationRef:
    await world.say("commander", "/incident declare sev3 disk")
    return await world.room()


async def test_the_list_is_searched_by_words() -> None:
    async with World() as world:
        reply = await world.say("commander", "/runbook list disk FILL")
        assert reply.text == "1 runbook."
        assert "disk-full A disk is filling up — platform" in world.shown(reply)


async def test_show_tells_how_it_is_run() -> None:
    async with World() as world:
        shown = world.shown(await world.say("commander", "/runbook show disk-full"))
        assert "/runbook run disk-full host=<host> [mount=/scratch] [limit=85] [keep=16]" in shown
        assert "alertname=HostDiskFull" in shown


async def test_a_run_starts_with_what_was_typed() -> None:
    async with World() as world:
        at = await opened(world)
        reply = await world.say("commander", "/runbook run disk-full host=practice keep=32", at=at)
        (run,) = (await world.incident()).runs.values()
        assert reply.text == "disk-full has started: triage first, which changes nothing."
        assert '"keep":32' in run.started.bindings
        assert run.started.mode == "run"
        assert run.started.requested_by == "commander"


@pytest.mark.parametrize(("verb", "mode"), [("dry-run", "dry-run"), ("guide", "guided")])
async def test_a_run_can_change_nothing_or_stop_before_each_step(verb: str, mode: str) -> None:
    async with World() as world:
        at = await opened(world)
        await world.say("commander", f"/runbook {verb} disk-full host=practice", at=at)
        (run,) = (await world.incident()).runs.values()
        assert run.started.mode == mode


async def test_what_was_not_typed_comes_from_the_alert() -> None:
    alert = Alert(
        source="alertmanager",
        fingerprint="f1",
        status=AlertStatus.FIRING,
        starts_at=START,
        labels={
            "alertname": "HostDiskFull",
            "instance": "practice:9100",
            "service": "practice",
            "mountpoint": "/scratch/var",
        },
        summary=Untrusted("disk is full"),
    )
    async with World() as world:
        await world.alert(AlertsReceived(source="alertmanager", alerts=(alert,)))
        at = await world.room()
        reply = await world.say("commander", "/runbook dry-run disk-full", at=at)
        (run,) = (await world.incident()).runs.values()
        assert reply.tone is ReplyTone.DONE
        assert '"host":"practice"' in run.started.bindings
        assert '"mount":"/scratch/var"' in run.started.bindings


async def test_abort_needs_no_name_where_one_run_is_going() -> None:
    async with World() as world:
        at = await opened(world)
        await world.say("commander", "/runbook run disk-full host=practice", at=at)
        reply = await world.say("commander", "/runbook abort wrong host", at=at)
        (run,) = (await world.incident()).runs.values()
        assert reply.text == "Aborted: no further step runs."
        assert run.abort is not None
        assert run.abort.reason.text == "wrong host"


async def test_a_run_is_found_by_its_id_outside_the_room_too() -> None:
    async with World() as world:
        at = await opened(world)
        await world.say("commander", "/runbook run disk-full host=practice", at=at)
        (run,) = (await world.incident()).runs
        reply = await world.say("approver", f"/runbook abort {run}")
        assert reply.tone is ReplyTone.DONE


async def test_the_button_of_the_progress_card_aborts() -> None:
    async with World() as world:
        at = await opened(world)
        await world.say("commander", "/runbook run disk-full host=practice", at=at)
        incident = await world.incident()
        (run,) = incident.runs
        reply = await world.press("approver", f"run:{incident.id}:{run}", "abort")
        assert reply.text == "Aborted: no further step runs."


async def test_two_runs_of_one_runbook_are_told_apart_by_id() -> None:
    async with World() as world:
        at = await opened(world)
        await world.say("commander", "/runbook run disk-full host=practice keep=8", at=at)
        await world.say("commander", "/runbook run disk-full host=practice keep=9", at=at)
        reply = await world.say("commander", "/runbook abort disk-full", at=at)
        first, second = (await world.incident()).runs
        assert reply.text.startswith(f"Which run? {first} (disk-full, ")
        assert second in reply.text


async def test_a_run_whose_host_never_answers_ends_and_tells_the_room() -> None:
    async with World() as world:
        at = await opened(world)
        await world.say("commander", "/runbook run disk-full host=practice", at=at)
        for _ in range(3):
            await world.move(timedelta(seconds=5))
        (run,) = (await world.incident()).runs.values()
        assert run.state == "stopped"
        assert any("Runbook disk-full STOPPED: 0 commands ran." in s for s in world.posted(at))


async def test_a_parameter_that_looks_like_a_secret_is_refused() -> None:
    async with World(secrets=("hunter22hunter22",)) as world:
        at = await opened(world)
        reply = await world.say(
            "commander", "/runbook run disk-full host=practice mount=/hunter22hunter22", at=at
        )
        assert reply.text.startswith("mount: this looks like a secret")
        assert "hunter22" not in reply.text


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ("run", "Which runbook? Known: agent-misbehaves"),
        ("run disk-ful", "There is no runbook “disk-ful”: did you mean 'disk-full'?"),
        ("run disk-full now", "“now” has no place here."),
        ("run disk-full host=web-9", "host: 'web-9' is no host of the inventory"),
        ("run disk-full host=practice keep=1", "keep: 1 is not between 8 and 4096"),
        ("run disk-full host=practice size=1", "size: no such parameter"),
        ("abort", "There is no such run here."),
        ("release disk-full sound", "There is no such run here."),
        ("dance", "There is no verb “dance”."),
    ],
)
async def test_a_mistake_about_a_runbook_is_said(typed: str, said: str) -> None:
    async with World() as world:
        at = await opened(world)
        reply = await world.say("commander", f"/runbook {typed}", at=at)
        assert reply.tone is ReplyTone.MISTAKE
        assert reply.text.startswith(said)
        assert not (await world.incident()).runs


async def test_a_run_needs_an_incident() -> None:
    async with World() as world:
        reply = await world.say("commander", "/runbook run disk-full host=practice")
        assert reply.text.startswith("Which incident? Say it in its room, or add in=<number>.")
