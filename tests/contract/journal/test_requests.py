"""Request ids: a repeat gets the stored answer and changes nothing, for 8 days."""

from dataclasses import replace
from datetime import timedelta

from bot.ports import Commit, Committed, Journal, RequestKnown, SeenRequest
from tests.contract.journal.values import NOON, STREAM, commit, events, once


def _request(answer: str) -> SeenRequest:
    return SeenRequest(id="r1", answer=answer, at=NOON)


async def test_a_request_that_was_never_carried_out_is_unknown(journal: Journal) -> None:
    assert await journal.known("r1") is None


async def test_a_known_request_returns_its_first_answer_and_writes_nothing(
    journal: Journal,
) -> None:
    await commit(journal, Commit(request=_request("Declared INC-1.")))
    repeat = Commit(request=_request("another"), effects=(once("e1"),))
    assert await commit(journal, repeat) == RequestKnown("Declared INC-1.")
    assert await journal.known("r1") == "Declared INC-1."
    assert await journal.next_due() is None


async def test_a_repeat_is_told_its_answer_even_where_the_head_has_moved(journal: Journal) -> None:
    first = replace(events(b"1")[0], request=_request("done"))
    assert await journal.commit([first, first]) == [Committed(), RequestKnown("done")]
    assert (await journal.load(STREAM)).head.seq == 1


async def test_an_answer_is_kept_for_eight_days(journal: Journal) -> None:
    await commit(journal, Commit(request=_request("done")))
    await journal.prune(NOON + timedelta(days=8) - timedelta(microseconds=1))
    assert await journal.known("r1") == "done"


async def test_an_answer_is_forgotten_after_eight_days(journal: Journal) -> None:
    await commit(journal, Commit(request=_request("done")))
    await journal.prune(NOON + timedelta(days=8))
    assert await journal.known("r1") is None
