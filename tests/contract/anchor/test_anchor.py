"""What every outside anchor promises: the last published head of each stream, and no other."""

from datetime import UTC, datetime
from pathlib import Path

import pytest

from bot.adapters.files import FileAnchor
from bot.adapters.memory.anchor import MemoryAnchor
from bot.errors import OperatorMistake
from bot.ports import Anchor, AnchoredHead
from bot.records.chain import Head
from bot.values import StreamRef

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def head(ident: str, seq: int, mac: bytes = b"mac") -> AnchoredHead:
    return AnchoredHead(stream=StreamRef(kind="incident", id=ident), head=Head(seq=seq, mac=mac))


@pytest.fixture(params=["memory", "file"])
def anchor(request: pytest.FixtureRequest, tmp_path: Path) -> Anchor:
    return MemoryAnchor() if request.param == "memory" else FileAnchor(tmp_path / "anchor.jsonl")


async def test_nothing_was_published_at_first(anchor: Anchor) -> None:
    assert list(await anchor.latest()) == []


async def test_the_last_head_of_every_stream_is_what_counts(anchor: Anchor) -> None:
    await anchor.publish([head("a", 1), head("b", 4)], NOON)
    await anchor.publish([head("a", 3, b"later")], NOON)
    assert list(await anchor.latest()) == [head("a", 3, b"later"), head("b", 4)]


async def test_publishing_nothing_changes_nothing(anchor: Anchor) -> None:
    await anchor.publish([head("a", 1)], NOON)
    await anchor.publish([], NOON)
    assert list(await anchor.latest()) == [head("a", 1)]


async def test_a_new_epoch_makes_everything_before_it_past(anchor: Anchor) -> None:
    await anchor.publish([head("a", 9), head("b", 4)], NOON)
    assert await anchor.epoch() == 1
    await anchor.begin_epoch(2, "the disk died", [head("a", 3, b"older")], NOON)
    assert await anchor.epoch() == 2
    assert list(await anchor.latest()) == [head("a", 3, b"older")]
    await anchor.publish([head("c", 1)], NOON)
    assert list(await anchor.latest()) == [head("a", 3, b"older"), head("c", 1)]


async def test_an_epoch_and_its_reason_are_in_the_file_for_ever(tmp_path: Path) -> None:
    path = tmp_path / "anchor.jsonl"
    await FileAnchor(path).begin_epoch(2, "the disk died " * 1000, [head("a", 3)], NOON)
    await FileAnchor(path).publish([head("a", 4)], NOON)
    first, *_ = path.read_text().splitlines()
    assert first.startswith('{"at": "2026-11-21T12:00:00+00:00", "epoch": 2, "reason": "the disk')
    assert list(await FileAnchor(path).latest()) == [head("a", 4)]


async def test_a_line_that_a_crash_tore_was_never_published(tmp_path: Path) -> None:
    path = tmp_path / "anchor.jsonl"
    anchor = FileAnchor(path)
    await anchor.publish([head("a", 1)], NOON)
    path.write_text(path.read_text() + '{"at": "2026-11-21T12:0')
    assert list(await anchor.latest()) == [head("a", 1)]
    await anchor.publish([head("a", 2)], NOON)
    assert list(await FileAnchor(path).latest()) == [head("a", 2)]


async def test_a_line_that_is_not_ours_is_told_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "anchor.jsonl"
    await FileAnchor(path).publish([head("a", 1)], NOON)
    path.write_text(path.read_text() + "nonsense\n")
    with pytest.raises(OperatorMistake, match=rf"^{path}:2: is no line of the anchor \(put back"):
        await FileAnchor(path).latest()


async def test_the_file_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "anchor.jsonl"
    await FileAnchor(path).publish([head("a", 1)], NOON)
    assert path.stat().st_mode & 0o777 == 0o600
