"""Erasing: what a commit takes away is gone, and nothing else is touched."""

import json

import pytest

from bot.errors import Refused
from bot.ports import (
    AlertsTaken,
    Commit,
    Erased,
    Journal,
    Keeping,
    KeptText,
    Quarantined,
    SeenRequest,
)
from bot.records.chain import Head, Unsealed, seal
from bot.values import StreamRef
from tests.contract.journal.values import (
    KEY,
    NOON,
    STREAM,
    chunks,
    commit,
    effect,
    events,
    put,
    routed,
)


def telling(head: Head, erased: Erased) -> Commit:
    """Return a commit of one event that tells of an erasure."""
    records, _ = seal(KEY, STREAM, head, [Unsealed(type="erased", version=1, body=b"{}")])
    return Commit(stream=STREAM, expected=head, records=records, erased=erased)


async def test_a_salt_comes_back_with_its_record(journal: Journal) -> None:
    unsealed = [Unsealed(type="said", version=1, body=b"1", salt=b"s\x00alt"), _unsalted(b"2")]
    records, head = seal(KEY, STREAM, Head(), unsealed)
    await commit(journal, Commit(stream=STREAM, expected=Head(), records=records))
    history = await journal.load(STREAM)
    assert (history.records, history.head) == (records, head)


async def test_an_erased_body_is_replaced_and_its_salt_is_gone(journal: Journal) -> None:
    salted = [Unsealed(type="said", version=1, body=b, salt=b"salt") for b in (b"1", b"2")]
    records, head = seal(KEY, STREAM, Head(), salted)
    await commit(journal, Commit(stream=STREAM, expected=Head(), records=records))
    await commit(journal, telling(head, Erased(bodies=((1, b"left"),))))
    first, second, told = (await journal.load(STREAM)).records
    assert (first.body, first.salt, first.mac) == (b"left", b"", records[0].mac)
    assert second == records[1]
    assert told.type == "erased"


async def test_an_erased_blob_is_gone_with_the_commit(journal: Journal) -> None:
    whole, head = events(b"1")
    await commit(journal, whole)
    blob = await journal.put_blob(chunks(b"hunter2"))
    await commit(journal, telling(head, Erased(blobs=(blob.id,))))
    with pytest.raises(Refused, match="was erased"):
        await journal.blob(blob.id)


async def test_texts_beside_the_events_are_found_and_replaced(journal: Journal) -> None:
    whole, head = events(b"1")
    await commit(journal, whole)
    await put(journal, effect("post:1", body=b'{"said":"hunter2"}'))
    await commit(journal, Commit(request=SeenRequest(id="r1", answer="it is hunter2", at=NOON)))
    bad = Quarantined(source="alertmanager", raw=b"\xffhunter2", fault="no JSON")
    await journal.take_alerts([routed("f1")], [bad], [], NOON)

    found = await journal.kept_texts(STREAM)
    assert [(kept.keeping, kept.text) for kept in found] == [
        (Keeping.ANSWER, b"it is hunter2"),
        (Keeping.EFFECT, b'{"said":"hunter2"}'),
        (Keeping.QUARANTINE, b"\xffhunter2"),
    ]
    left = tuple(
        KeptText(keeping=kept.keeping, key=kept.key, text=kept.text.replace(b"hunter2", b"[]"))
        for kept in found
    )
    await commit(journal, telling(head, Erased(kept=left)))
    assert tuple(await journal.kept_texts(STREAM)) == left
    assert await journal.known("r1") == "it is []"
    assert [item.raw for item in await journal.quarantined(9)] == [b"\xff[]"]


async def test_what_an_alert_says_is_replaced_and_its_identity_is_not(journal: Journal) -> None:
    await journal.take_alerts([routed("f1")], [], [], NOON)
    taken = await journal.alert_news("disk/web")
    await commit(journal, _taken(taken.mark))
    whole, head = events(b"1")
    await commit(journal, whole)
    (kept,) = await journal.kept_texts(STREAM)
    said = json.loads(kept.text)
    said[2] = "[erased]"
    text = json.dumps(said).encode()
    left = KeptText(keeping=Keeping.ALERT, key=kept.key, text=text)
    await commit(journal, telling(head, Erased(kept=(left,))))
    (alert,) = await journal.alerts_of(STREAM.id, 9)
    assert alert.alert.summary.text == "[erased]"
    assert (alert.alert.fingerprint, alert.alert.description.text) == ("f1", "on web-1\n")


async def test_an_alert_of_no_incident_is_kept_with_the_system_alone(journal: Journal) -> None:
    await journal.take_alerts([routed("f1"), routed("f2", group="other")], [], [], NOON)
    taken = await journal.alert_news("disk/web")
    await commit(journal, _taken(taken.mark))
    of_none = await journal.kept_texts(StreamRef(kind="system", id="system"))
    of_incident = await journal.kept_texts(STREAM)
    assert [kept.key[1] for kept in of_none] == ["f2"]
    assert [kept.key[1] for kept in of_incident] == ["f1"]


async def test_nothing_is_erased_without_a_record_that_tells(journal: Journal) -> None:
    whole, head = events(b"1")
    await commit(journal, whole)
    silent = Commit(stream=STREAM, expected=head, erased=Erased(bodies=((1, b"left"),)))
    with pytest.raises(ValueError, match="where a record tells of it"):
        await commit(journal, silent)
    ahead = telling(head, Erased(bodies=((2, b"left"),)))
    with pytest.raises(ValueError, match="only what came before"):
        await commit(journal, ahead)


async def test_an_erasure_that_loses_its_race_takes_nothing(journal: Journal) -> None:
    whole, head = events(b"1", b"2")
    await commit(journal, whole)
    late = telling(Head(seq=1, mac=whole.records[0].mac), Erased(bodies=((1, b"left"),)))
    await commit(journal, late)
    history = await journal.load(STREAM)
    assert (history.records, history.head) == (whole.records, head)


def _unsalted(body: bytes) -> Unsealed:
    return Unsealed(type="said", version=1, body=body)


def _taken(mark: int) -> Commit:
    return Commit(taken=(AlertsTaken(group="disk/web", mark=mark, incident=STREAM.id),))
