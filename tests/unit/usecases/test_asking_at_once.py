"""Two questions at once: both answers, or the first one's fault; nothing of them is left behind."""

import asyncio

import pytest

from bot.usecases.together import both


class Question:
    """A question that is answered, or fails, when `answered` is set."""

    def __init__(self, answer: str, fault: Exception | None = None) -> None:
        self.answered = asyncio.Event()
        self.ended = False
        self._answer = answer
        self._fault = fault

    async def ask(self) -> str:
        try:
            await self.answered.wait()
            if self._fault is not None:
                raise self._fault
            return self._answer
        finally:
            self.ended = True


async def turns() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_the_second_is_asked_before_the_first_is_answered() -> None:
    first, second = Question("one"), Question("other")
    asking = asyncio.ensure_future(both(first.ask(), second.ask()))
    second.answered.set()
    await turns()
    assert (second.ended, asking.done()) == (True, False)
    first.answered.set()
    assert await asking == ("one", "other")


@pytest.mark.parametrize("faulty", [(True, False), (False, True), (True, True)])
async def test_a_fault_is_raised_once_both_have_ended(faulty: tuple[bool, bool]) -> None:
    faults = [OSError(name) if bad else None for name, bad in zip("ab", faulty, strict=True)]
    first, second = Question("one", faults[0]), Question("other", faults[1])
    asking = asyncio.ensure_future(both(first.ask(), second.ask()))
    first.answered.set()
    await turns()
    assert not asking.done()
    second.answered.set()
    with pytest.raises(OSError, match="a" if faulty[0] else "b"):
        await asking
    assert (first.ended, second.ended) == (True, True)


async def test_whoever_stops_asking_ends_both() -> None:
    first, second = Question("one"), Question("other")
    asking = asyncio.ensure_future(both(first.ask(), second.ask()))
    await turns()
    asking.cancel()
    await turns()
    assert (asking.cancelled(), first.ended, second.ended) == (True, True, True)
