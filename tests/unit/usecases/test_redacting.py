"""What slipped past the redactor is erased afterwards: everywhere, for good, and provably."""

import base64
from collections.abc import Sequence

import pytest

from bot.adapters.memory.anchor import MemoryAnchor
from bot.adapters.memory.journal import MemoryJournal
from bot.cli.operator import operator
from bot.domain.events import TextsErased
from bot.errors import Refused, UserMistake
from bot.records.chain import EMPTY, Unsealed, seal
from bot.records.rows import IncidentRow, TimelineRow
from bot.usecases.archive import Archive
from bot.usecases.audit import audit
from bot.usecases.export import export
from bot.usecases.rebuild import compare
from bot.usecases.redacting import Redacting
from bot.usecases.removing import Removal
from bot.values import StreamRef
from cards.model import message
from tests.support.fleet import Answer, MemoryHosts
from tests.support.runs import RESTART, Service, answered, started, world
from tests.support.world import World

KEY = b"a key for the chain"
SECRET = "correct horse battery"
CODED = base64.b64encode(SECRET.encode()).decode()
BOTH = Removal(text=SECRET)


def redacting(on: World) -> Redacting:
    return Redacting(
        journal=on.journal,
        archive=Archive(journal=on.journal, key=KEY),
        clock=on.clock,
        ids=on.ids,
        current=on.current,
    )


def memory(on: World) -> MemoryJournal:
    assert isinstance(on.journal, MemoryJournal)
    return on.journal


async def erased(on: World, removal: Removal = BOTH, why: str = "it was pasted") -> str:
    number = (await on.incident()).number
    answer = await redacting(on).erase(number, removal, operator(), why)
    await on.settled()
    return answer


async def everything(on: World) -> str:
    """Return all that the journal and the chat hold, as one text."""
    incident = await on.incident()
    stream = StreamRef(kind="incident", id=incident.id)
    records = (await on.journal.load(stream)).records
    lines = await export(on.journal, Archive(journal=on.journal, key=KEY), incident.id)
    held: Sequence[object] = (
        [record.body for record in records],
        lines,
        await on.journal.rows(TimelineRow),
        await on.journal.rows(IncidentRow),
        [kept.text for kept in await on.journal.kept_texts(stream)],
        [blob for blob in memory(on)._blobs.values() if blob is not None],
        on.chat.cards,
        on.chat.rooms,
        incident,
    )
    return repr(held)


async def spoken(on: World) -> None:
    """Open an incident whose title, notes, updates and long note hold the secret."""
    await on.say("commander", f"/incident declare sev3 login with {SECRET} fails")
    room = await on.room()
    await on.say("commander", f"/incident note tried {SECRET}, no", at=room)
    await on.say("commander", f"/incident update somebody used {SECRET}", at=room)
    await on.say("commander", f"/incident note {'long ' * 300}{SECRET}", at=room)
    await on.say("commander", f"/incident note the browser sent {CODED}", at=room)
    await on.settled()


async def test_an_erased_text_is_in_no_event_row_answer_card_or_message() -> None:
    async with World() as on:
        await spoken(on)
        assert SECRET in await everything(on)
        assert CODED in await everything(on)

        await erased(on)

        assert SECRET not in await everything(on)
        assert CODED not in await everything(on)
        assert any("tried [erased], no" in said for said in on.posted(await on.room()))
        assert any("somebody used [erased]" in said for said in on.posted("announcements"))
        assert await on.journal.search("horse", 9) == []


async def test_the_chain_still_verifies_and_the_tables_still_follow_from_it() -> None:
    async with World() as on:
        await spoken(on)
        await erased(on)
        archive = Archive(journal=on.journal, key=KEY)
        found = await audit(on.journal, archive, MemoryAnchor())
        assert found.findings == ()
        assert found.erased == 0
        assert (await compare(on.journal, archive)).wrong == ()


async def test_who_erased_it_and_why_is_told_and_the_text_is_not() -> None:
    async with World() as on:
        await spoken(on)
        answer = await erased(on, why=f"{SECRET} was pasted by mistake")
        incident = await on.incident()
        rows = await on.journal.rows(TimelineRow, incident=incident.id)
        assert answer == f"Erased from 5 events of {incident.number}."
        assert rows[-1].text == "texts of 5 events were erased — [erased] was pasted by mistake"
        assert rows[-1].actor == operator().person
        told = [s for s in on.posted(await on.room()) if "were erased" in s]
        assert len(told) == 1


async def test_the_incident_goes_on_from_what_is_left() -> None:
    async with World() as on:
        await spoken(on)
        await erased(on)
        room = await on.room()
        await on.say("commander", "/incident severity sev2 it is worse", at=room)
        incident = await on.incident()
        assert incident.title.text == "login with [erased] fails"
        (row,) = await on.journal.rows(IncidentRow, id=incident.id)
        assert (row.severity, row.title) == ("SEV2", "login with [erased] fails")
        assert SECRET not in await everything(on)


async def test_looking_erases_nothing_and_shows_what_stands_around_each_place() -> None:
    async with World() as on:
        await spoken(on)
        before = await everything(on)
        incident = await on.incident()
        found = await redacting(on).look(incident.number, BOTH)
        assert await everything(on) == before
        assert [len(trace.around) for trace in found.traces] == [1, 1, 1, 1, 1]
        assert found.traces[0].around == ("login with [erased] fails",)
        assert SECRET not in repr(found)


async def test_what_was_erased_once_can_lose_more_later() -> None:
    async with World() as on:
        await spoken(on)
        await erased(on)
        assert await erased(on, Removal(pattern="somebody used")) == (
            f"Erased from 1 events of {(await on.incident()).number}."
        )
        await erased(on, Removal(pattern="pasted"))
        archive = Archive(journal=on.journal, key=KEY)
        assert (await audit(on.journal, archive, MemoryAnchor())).findings == ()
        assert "pasted" not in await everything(on)


async def test_what_a_person_typed_in_a_room_is_replaced_where_the_platform_kept_it() -> None:
    async with World() as on:
        await on.say("commander", "/incident declare sev3 checkout is slow")
        room = await on.room()
        await on.talk("commander", f"try {SECRET}", at=room)
        stream = StreamRef(kind="incident", id=(await on.incident()).id)
        archive = Archive(journal=on.journal, key=KEY)
        said = (await archive.events((await on.journal.load(stream)).records))[-1]
        await on.chat.post(room, said.request, message(f"commander: try {SECRET}"))
        await erased(on)
        assert SECRET not in await everything(on)
        assert sum("try [erased]" in words for words in on.posted(room)) == 1


class Chatty(Service):
    """A service whose restart prints a secret."""

    def __call__(self, host: str, argv: tuple[str, ...]) -> Answer:
        answer = super().__call__(host, argv)
        if argv[:3] == ("sudo", "systemctl", "restart"):
            return (0, f"restarting with {SECRET}\n")
        return answer


async def test_the_whole_output_of_a_step_can_be_erased() -> None:
    async with world(MemoryHosts(Chatty()), {"restart": RESTART}) as on:
        await started(on, "/runbook run restart host=web-1")
        await answered(on, "bob", "approve")
        rows = await on.journal.rows(TimelineRow)
        step = next(r.text.split(" ")[0] for r in rows if r.kind == "step finished")
        assert SECRET in await everything(on)
        await erased(on, Removal(step=step))
        assert SECRET not in await everything(on)


async def test_a_text_that_an_event_cannot_do_without_is_refused_and_all_stays() -> None:
    async with World() as on:
        await spoken(on)
        before = await everything(on)
        with pytest.raises(Refused, match=r"cannot do without|stand otherwise"):
            await erased(on, Removal(pattern="SEV3"))
        assert await everything(on) == before


async def test_nothing_is_erased_from_a_journal_that_is_not_as_it_was_written() -> None:
    async with World() as on:
        await spoken(on)
        incident = await on.incident()
        kept = memory(on)._streams[StreamRef(kind="incident", id=incident.id)]
        first = kept.records[0]
        kept.records[0] = type(first)(
            stream=first.stream,
            seq=1,
            type=first.type,
            version=1,
            body=first.body.replace(b"login", b"logon"),
            mac=first.mac,
            salt=first.salt,
        )
        with pytest.raises(Refused, match="event 1 is not as it was written"):
            await erased(on)


async def test_events_of_before_there_were_salts_are_refused_in_words() -> None:
    async with World() as on:
        await spoken(on)
        incident = await on.incident()
        stream = StreamRef(kind="incident", id=incident.id)
        records = (await on.journal.load(stream)).records
        plain = [Unsealed(type=r.type, version=r.version, body=r.body) for r in records]
        old, _ = seal(KEY, stream, EMPTY, plain)
        memory(on)._streams[stream].records[:] = old
        memory(on)._streams[stream].head = type(memory(on)._streams[stream].head)(
            seq=old[-1].seq, mac=old[-1].mac
        )
        with pytest.raises(Refused, match="written before texts could be erased"):
            await erased(on)


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({}, "Say what is to go"),
        ({"text": "short"}, "shorter than 6 characters"),
        ({"pattern": "(unclosed"}, "That is no pattern"),
        ({"pattern": "x*"}, "matches nothing at all"),
    ],
)
def test_an_erasure_of_nothing_or_of_everything_is_refused(
    given: dict[str, str], words: str
) -> None:
    with pytest.raises(UserMistake, match=words):
        Removal(**given)


async def test_an_unknown_incident_is_said() -> None:
    async with World() as on:
        with pytest.raises(UserMistake, match=r"There is no incident INC-1\."):
            await redacting(on).look("INC-1", BOTH)


async def test_an_erasure_forged_by_hand_breaks_the_chain() -> None:
    async with World() as on:
        await spoken(on)
        await erased(on)
        incident = await on.incident()
        stream = StreamRef(kind="incident", id=incident.id)
        kept = memory(on)._streams[stream]
        index = next(n for n, r in enumerate(kept.records) if r.type == TextsErased.__name__)
        told = kept.records[index]
        for body in (b"{}", b"no JSON", told.body.replace(b'"seq":1', b'"seq":2')):
            kept.records[index] = type(told)(
                stream=stream, seq=told.seq, type=told.type, version=1, body=body,
                mac=told.mac, salt=told.salt,
            )  # fmt: skip
            archive = Archive(journal=on.journal, key=KEY)
            assert len((await audit(on.journal, archive, MemoryAnchor())).findings) == 1
