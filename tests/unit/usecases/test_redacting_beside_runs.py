"""A text is erased while a run is under way, unless the run goes by it: then that is said."""

import asyncio

import pytest

from bot.adapters.memory.anchor import MemoryAnchor
from bot.domain.events import Ending
from bot.errors import UserMistake
from bot.usecases.archive import Archive
from bot.usecases.audit import audit
from bot.usecases.removing import Removal
from tests.support.fleet import Answer, MemoryHosts
from tests.support.runs import RESTART, Service, answered, asked, newest, started, world
from tests.unit.usecases.test_redacting import KEY, SECRET, erased, everything

READS_IT = RESTART.replace(
    "      state: {regex:", "      peer: {regex: 'connected with (.+)'}\n      state: {regex:"
)
"""A runbook that takes the secret for a fact, and shows it to whoever approves."""


class Leaky(Service):
    """A service whose state comes with a secret behind it, as long as it `leaks`."""

    def __init__(self) -> None:
        super().__init__()
        self.leaks = True

    def __call__(self, host: str, argv: tuple[str, ...]) -> Answer:
        answer = super().__call__(host, argv)
        if argv[1] == "is-active" and isinstance(answer, tuple) and self.leaks:
            return (answer[0], f"{answer[1]}connected with {SECRET}\n")
        if "restart" in argv and self.leaks:
            return (0, f"restarting with {SECRET}\n")
        return answer


async def test_what_the_run_does_not_go_by_is_erased_and_the_open_question_still_holds() -> None:
    service = Leaky()
    async with world(MemoryHosts(service), {"restart": RESTART}) as on:
        await started(on, "/runbook run restart host=web-1")
        await on.say("bob", f"/incident note {SECRET}", at=await on.room())
        digest = (await asked(on)).card.digest
        assert SECRET in await everything(on)

        answer = await erased(on)

        run = await newest(on)
        assert answer.endswith(
            f"Under way: restart ({run.started.run}, waiting for approval). What its commands say "
            "from now on was not looked through: erase again when it has ended, or with --stay."
        )
        assert SECRET not in await everything(on)
        assert (await asked(on)).card.digest == digest
        service.leaks = False
        await answered(on, "bob", "approve")
        ended = (await newest(on)).ended
        assert ended is not None
        assert (ended.ending, ended.commands_ran) == (Ending.DONE, 1)
        assert SECRET not in await everything(on)
        archive = Archive(journal=on.journal, key=KEY)
        assert (await audit(on.journal, archive, MemoryAnchor())).findings == ()


async def test_a_command_that_is_on_a_host_goes_on_and_what_it_says_later_is_erased_later() -> None:
    hosts = MemoryHosts(Leaky())
    hosts.held = asyncio.Event()
    async with world(hosts, {"restart": RESTART}) as on:
        await started(on, "/runbook run restart host=web-1")
        await answered(on, "bob", "approve")
        assert (await newest(on)).state == "changing"
        assert SECRET in await everything(on)

        await erased(on)

        assert SECRET not in await everything(on)
        hosts.held.set()
        await on.settled()
        ended = (await newest(on)).ended
        assert ended is not None
        assert (ended.ending, ended.commands_ran) == (Ending.DONE, 1)
        assert SECRET in await everything(on)
        await erased(on)
        assert SECRET not in await everything(on)


@pytest.mark.parametrize(
    ("pattern", "why"),
    [
        ("web-1", "its document or its parameters hold it"),
        ("checkout", "its document or its parameters hold it"),
        (SECRET, "a fact that it goes by holds it"),
    ],
)
async def test_what_the_run_goes_by_stays_and_the_answer_says_why(pattern: str, why: str) -> None:
    async with world(MemoryHosts(Leaky()), {"restart": READS_IT}) as on:
        run = await started(on, "/runbook run restart host=web-1")
        before = await everything(on)

        with pytest.raises(UserMistake) as refused:
            await erased(on, Removal(pattern=pattern))

        assert str(refused.value) == (
            f"restart ({run.started.run}, waiting for approval) is under way, and {why}. "
            "Wait until it ends, or type /runbook abort in its room; then erase."
        )
        assert await everything(on) == before
