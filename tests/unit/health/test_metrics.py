"""What /metrics says of deliveries, questions, runs and SSH links."""

from datetime import timedelta

from bot.adapters.health import JournalHealth
from bot.adapters.memory.journal import MemoryJournal
from bot.records.rows import CardRow, RunRow
from bot.usecases.tally import Ended, Taken, Tally
from tests.contract.journal.values import NOON, put_rows
from tests.support.clock import CountedIds, MovedClock
from tests.support.world import World


def card(ident: str, kind: str, minutes_ago: int, state: str = "open") -> CardRow:
    return CardRow(
        id=ident,
        incident="i1",
        number=1,
        kind=kind,
        state=state,
        expires_at=None,
        asked_at=NOON - timedelta(minutes=minutes_ago),
    )


async def told(health: JournalHealth) -> dict[tuple[str, ...], float]:
    """Return every sample by its name and the values of its labels."""
    return {(s.name, *s.labels.values()): s.value for s in await health.metrics()}


async def test_the_oldest_open_question_of_each_kind_is_told() -> None:
    journal = MemoryJournal(ids=CountedIds())
    await put_rows(
        journal,
        card("c1", "change", 7),
        card("c2", "change", 3),
        card("c3", "notice", 1),
        card("c4", "change", 90, state="decided"),
    )
    health = JournalHealth(journal=journal, clock=MovedClock(NOON), starting=tuple)
    samples = await told(health)
    assert samples["firewarden_cards_open",] == 3
    assert samples["firewarden_card_age_seconds", "change"] == 420
    assert samples["firewarden_card_age_seconds", "notice"] == 60


async def test_runs_are_told_by_how_they_ended() -> None:
    journal = MemoryJournal(ids=CountedIds())
    ended = ["done", "done", "escalated"]
    await put_rows(
        journal,
        *(
            RunRow(id=f"r{n}", incident="i1", runbook="disk-full", state=state)
            for n, state in enumerate(ended)
        ),
    )
    health = JournalHealth(journal=journal, clock=MovedClock(NOON), starting=tuple)
    samples = await told(health)
    assert samples["firewarden_runs", "done"] == 2
    assert samples["firewarden_runs", "escalated"] == 1


async def test_bodies_of_alerts_are_told_of_as_taken_or_refused() -> None:
    health = JournalHealth(
        journal=MemoryJournal(ids=CountedIds()), clock=MovedClock(NOON), starting=tuple
    )
    health.taking(Taken(bodies=2, alerts=6, refused_bodies=1))
    samples = await told(health)
    assert samples["firewarden_alert_bodies_total",] == 2
    assert samples["firewarden_alerts_total",] == 6
    assert samples["firewarden_alert_bodies_refused_total",] == 1


async def test_deliveries_are_told_by_effect_and_end_and_throttles_on_their_own() -> None:
    tally = Tally()
    for ended in (Ended.DONE, Ended.DONE, Ended.THROTTLED):
        tally.count("Post", ended)
    tally.count("Show", Ended.THROTTLED)
    journal = MemoryJournal(ids=CountedIds())
    health = JournalHealth(journal=journal, clock=MovedClock(NOON), starting=tuple)
    health.delivering(tally)
    health.linked(lambda: {"open": 2, "running": 1})
    samples = await told(health)
    assert samples["firewarden_deliveries_total", "Post", "done"] == 2
    assert samples["firewarden_deliveries_total", "Show", "throttled"] == 1
    assert samples["firewarden_throttles_total",] == 2
    assert samples["firewarden_ssh", "open"] == 2
    assert samples["firewarden_ssh", "running"] == 1


async def test_delivery_counts_what_it_carried_out() -> None:
    async with World() as world:
        await world.say("ana", "/incident declare sev3 checkout is slow")
        await world.settled()
        counts = world.delivery.tally.counts
    assert counts["OpenRoom", Ended.DONE] == 1
    assert {ended for _, ended in counts} == {Ended.DONE}
