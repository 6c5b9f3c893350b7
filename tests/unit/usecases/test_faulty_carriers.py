"""A fault of Firewarden's own in delivery: tried again, then told, and nobody waits behind it."""

from dataclasses import dataclass
from datetime import timedelta

from bot.adapters.memory.chat import MemoryChat
from bot.domain.effects import Effect
from bot.ports import Claim
from bot.usecases.delivering.carrier import Carrier
from bot.usecases.delivering.commands import Changes
from bot.values import ConversationRef, MessageRef
from cards import plain
from cards.model import Card
from tests.support.fleet import MemoryHosts
from tests.support.runs import POLICY, RESTART, Service, answered, newest, started
from tests.support.world import World


@dataclass(slots=True)
class FaultyChat(MemoryChat):
    """Has a fault of its own with every message that holds a word."""

    word: str = "pool"
    tries: int = 0

    async def post(self, to: ConversationRef, key: str, card: Card) -> MessageRef:
        if self.word in plain.render(card):
            self.tries += 1
            raise KeyError("a bug")
        # Not `super()`: a class with slots is made twice.
        return await MemoryChat.post(self, to, key, card)


def faulty(on: World) -> FaultyChat:
    chat = FaultyChat(people=on.chat.people, platform="console")
    on.chat = chat
    return chat


async def test_a_message_that_meets_a_fault_again_and_again_holds_nobody_up() -> None:
    on = World()
    chat = faulty(on)
    async with on:
        await on.say("commander", "/incident declare sev3 checkout is down")
        room = await on.room()
        await on.say("commander", "/incident update the pool is full", at=room)
        await on.say("commander", "/incident update we are on it", at=room)
        for _ in range(40):
            await on.move(timedelta(seconds=5))

        assert any("we are on it" in text for text in on.posted(room))
        # In the room and in the announcement channel.
        assert chat.tries == 2 * 5
        events = await on.events(await on.incident())
        assert events.count("DeliveryFailed") == 2
        assert any("a fault of its own" in text for text in on.posted(room))


class FaultyForAWhile:
    """Has a fault the first times, and then does what the right one does."""

    def __init__(self, right: Carrier, times: int) -> None:
        self._right = right
        self._times = times

    async def carry(self, claim: Claim, effect: Effect) -> None:
        self._times -= 1
        if self._times >= 0:
            raise KeyError("a bug")
        await self._right.carry(claim, effect)


class FaultyWorld(World):
    """Its commands meet a fault seven times."""

    def _around(self, carrier: Carrier) -> Carrier:
        return FaultyForAWhile(carrier, 7) if isinstance(carrier, Changes) else carrier


async def test_a_command_that_meets_a_fault_is_told_of_and_goes_on_once_the_fault_is_gone() -> None:
    hosts = MemoryHosts(Service())
    async with FaultyWorld(policy=POLICY, documents={"restart": RESTART}, executor=hosts) as on:
        await started(on, "/runbook run restart host=web-1")
        await answered(on, "bob", "approve")
        for _ in range(40):
            await on.move(timedelta(seconds=10))

        run = await newest(on)
        assert run.ended is not None
        assert len(hosts.changes) == 1
        assert (await on.events(await on.incident())).count("DeliveryFailed") == 1
