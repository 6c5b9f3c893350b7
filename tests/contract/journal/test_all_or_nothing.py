"""A commit that is refused leaves nothing behind; its neighbours in the group are untouched."""

from dataclasses import replace

from bot.ports import (
    AlertsTaken,
    Commit,
    Committed,
    History,
    Journal,
    RequirementFailed,
    SeenRequest,
    Unfrozen,
)
from bot.records.chain import EMPTY
from bot.records.rows import FreezeRow, IncidentRow, Put
from tests.contract.journal.values import (
    NOON,
    STREAM,
    commit,
    events,
    incident,
    once,
    put,
    routed,
    take,
    timer,
)

_FREEZE = Put(FreezeRow(scope="*", reason="exam", by="p1", at=NOON))


async def test_a_refused_commit_writes_none_of_its_parts(journal: Journal) -> None:
    await put(journal, timer("t1"))
    await take(journal, routed("f1"))
    await commit(journal, Commit(rows=(_FREEZE,)))
    refused = replace(
        events(b"1")[0],
        effects=(once("e1"),),
        cleared=("t1",),
        rows=(Put(incident("inc1", "INC-1")),),
        taken=(AlertsTaken(group="disk/web", mark=1_000_000, incident="inc1"),),
        request=SeenRequest(id="r1", answer="done", at=NOON),
        requires=(Unfrozen(("web",)),),
    )
    assert await commit(journal, refused) == RequirementFailed(Unfrozen(("web",)))
    assert await journal.load(STREAM) == History(head=EMPTY, records=())
    assert [entry.open for entry in await journal.backlog()] == [0, 0, 1, 0]
    assert await journal.rows(IncidentRow) == []
    assert (await journal.alert_news("disk/web")).firing == 1
    assert await journal.known("r1") is None


async def test_a_refused_commit_does_not_touch_the_others_of_its_group(journal: Journal) -> None:
    first, head = events(b"1")
    refused = replace(events(b"x")[0], effects=(once("lost"),))
    third, last = events(b"2", head=head)
    outcomes = await journal.commit([first, refused, third])
    assert [type(outcome).__name__ for outcome in outcomes] == [
        "Committed",
        "HeadMoved",
        "Committed",
    ]
    assert (await journal.load(STREAM)).head == last
    assert await journal.next_due() is None


async def test_an_empty_commit_is_fine(journal: Journal) -> None:
    assert await journal.commit([]) == []
    assert await commit(journal, Commit()) == Committed()
