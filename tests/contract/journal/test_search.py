"""Search: incidents whose title or timeline has every word, newest first."""

from dataclasses import replace

from bot.ports import Commit, Journal
from bot.records.rows import IncidentRow, Remove, TimelineRow
from tests.contract.journal.values import after, commit, incident, line, put_rows, renamed


async def test_every_word_must_be_in_the_title_or_the_timeline(journal: Journal) -> None:
    await put_rows(
        journal,
        incident("a", "INC-1", title="Checkout is down"),
        line("a", 1, "payment gateway answers 502"),
        line("a", 2, "rolled back"),
        incident("b", "INC-2", title="Checkout is slow"),
    )
    assert await journal.search("checkout", 10) == ["b", "a"]
    assert await journal.search("CHECKOUT 502 rolled", 10) == ["a"]
    assert await journal.search("checkout mail", 10) == []


async def test_the_newest_incident_comes_first_up_to_the_limit(journal: Journal) -> None:
    for n, ident in enumerate(["a", "c", "b"]):
        row = replace(incident(ident, f"INC-{n}", title="disk full"), opened_at=after(n))
        await put_rows(journal, row)
    assert await journal.search("disk", 2) == ["b", "c"]


async def test_words_are_whole_and_fold_case_and_width(journal: Journal) -> None:
    wide_disk = "\uff44\uff49\uff53\uff4b"
    await put_rows(journal, incident("a", "INC-1", title=f"Straße (web-1): {wide_disk}_full"))
    for words in ("STRASSE", "web 1", "disk", "full", "disk-full"):
        assert await journal.search(words, 10) == ["a"]
    assert await journal.search("dis", 10) == []


async def test_signs_of_a_query_language_are_no_words(journal: Journal) -> None:
    await put_rows(journal, incident("a", "INC-1", title="disk full"))
    assert await journal.search("\"disk' * OR (full) -- ;", 10) == []
    assert await journal.search("\"disk' * (full) -- ;", 10) == ["a"]


async def test_no_words_match_everything(journal: Journal) -> None:
    await put_rows(journal, incident("a", "INC-1"))
    assert await journal.search(" - ", 10) == ["a"]


async def test_words_that_were_replaced_are_found_no_more(journal: Journal) -> None:
    row = incident("a", "INC-1", title="the old title")
    await put_rows(journal, row, line("a", 1, "secret hunter2"))
    await put_rows(journal, renamed(row, "a new title"), line("a", 1, "[erased]"))
    assert await journal.search("old", 10) == []
    assert await journal.search("hunter2", 10) == []
    assert await journal.search("new erased", 10) == ["a"]


async def test_words_of_removed_rows_are_found_no_more(journal: Journal) -> None:
    await put_rows(journal, incident("a", "INC-1", title="disk"), line("a", 1, "web"))
    await commit(journal, Commit(rows=(Remove(TimelineRow, (("incident", "a"),)),)))
    assert await journal.search("web", 10) == []
    await commit(journal, Commit(rows=(Remove(IncidentRow, ()),)))
    assert await journal.search("disk", 10) == []
