"""Latest effects: edits coalesce into one delivery, and none is lost behind a worker's back."""

from bot.ports import Journal, Settle
from tests.contract.journal.values import after, claim, claim_one, latest, put, settle


async def test_many_puts_become_one_delivery_of_the_last_revision(journal: Journal) -> None:
    await put(journal, latest("card", body=b"1"))
    await put(journal, latest("card", body=b"2"))
    await put(journal, latest("card", body=b"3"))
    only = await claim_one(journal)
    assert (only.revision, only.item.body) == (3, b"3")


async def test_a_put_brings_the_due_time_forward_and_never_back(journal: Journal) -> None:
    await put(journal, latest("card", due=after(5)))
    await put(journal, latest("card", due=after(3)))
    await put(journal, latest("card", due=after(9)))
    assert await journal.next_due() == after(3)


async def test_the_stored_ref_comes_with_the_next_claim(journal: Journal) -> None:
    await put(journal, latest("card"))
    await settle(journal, await claim_one(journal), Settle.DONE, ref="msg-1")
    assert await claim(journal) == []
    await put(journal, latest("card", due=after(2)))
    again = await claim_one(journal, after(2))
    assert (again.ref, again.revision, again.attempts) == ("msg-1", 2, 1)


async def test_a_settlement_without_a_ref_keeps_the_old_one(journal: Journal) -> None:
    await put(journal, latest("card"))
    await settle(journal, await claim_one(journal), Settle.DONE, ref="msg-1")
    await put(journal, latest("card"))
    await settle(journal, await claim_one(journal), Settle.DONE)
    await put(journal, latest("card"))
    assert (await claim_one(journal)).ref == "msg-1"


async def test_a_put_during_the_delivery_opens_it_again_after_done(journal: Journal) -> None:
    await put(journal, latest("card"))
    mine = await claim_one(journal)
    await put(journal, latest("card", due=after(1)))
    assert await claim(journal, after(1), owner="w2") == []
    await settle(journal, mine, Settle.DONE, ref="msg-1")
    assert await journal.next_due() == after(1)
    again = await claim_one(journal, after(1))
    assert (again.revision, again.ref) == (2, "msg-1")


async def test_two_puts_during_the_delivery_take_the_earlier_due_time(journal: Journal) -> None:
    await put(journal, latest("card"))
    mine = await claim_one(journal)
    await put(journal, latest("card", due=after(4)))
    await put(journal, latest("card", due=after(6)))
    await settle(journal, mine, Settle.DONE)
    assert await journal.next_due() == after(4)


async def test_later_keeps_its_own_time_whatever_was_put_meanwhile(journal: Journal) -> None:
    await put(journal, latest("card"))
    mine = await claim_one(journal)
    await put(journal, latest("card"))
    await settle(journal, mine, Settle.LATER, due=after(30))
    assert await journal.next_due() == after(30)
    assert (await claim_one(journal, after(30))).revision == 2


async def test_a_put_goes_along_with_one_that_was_put_off(journal: Journal) -> None:
    await put(journal, latest("card", body=b"1"))
    await settle(journal, await claim_one(journal), Settle.LATER, due=after(30))
    await put(journal, latest("card", body=b"2", due=after(1)))
    assert await journal.next_due() == after(30)
    assert (await claim_one(journal, after(30))).item.body == b"2"


async def test_a_put_opens_a_parked_copy_again(journal: Journal) -> None:
    await put(journal, latest("card"))
    await settle(journal, await claim_one(journal), Settle.PARKED)
    await put(journal, latest("card", due=after(1)))
    assert (await claim_one(journal, after(1))).revision == 2


async def test_a_put_during_a_delivery_that_is_parked_opens_it_again(journal: Journal) -> None:
    await put(journal, latest("card"))
    mine = await claim_one(journal)
    await put(journal, latest("card", due=after(1)))
    await settle(journal, mine, Settle.PARKED)
    assert (await claim_one(journal, after(1))).revision == 2
