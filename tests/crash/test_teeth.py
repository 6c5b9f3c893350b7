"""The harness notices what it is for: every mutation fits the product, and some are tried."""

import pytest

from tests.crash.check import INVARIANTS
from tests.crash.dramas import DRAMAS
from tests.crash.lives import ROOT
from tests.crash.mutations import Mutation, mutations
from tests.crash.teeth import bites

TRIED = ("each try is an attempt of its own", "whoever asked for a change may approve it")
"""Two that anybody would miss; `make crash-teeth` tries all of them."""


@pytest.mark.parametrize("name", mutations())
def test_a_mutation_fits_the_product_as_it_is(name: str) -> None:
    mutation = mutations()[name]

    assert mutation.drama in DRAMAS
    assert mutation.caught_by in {one.__name__.replace("_", " ") for one in INVARIANTS}
    assert mutation.misfit(ROOT) == ""


def test_a_mutation_that_the_product_has_outgrown_is_named() -> None:
    outgrown = Mutation(drama="", caught_by="", edits=(("README.md", "no such words", "others"),))

    assert outgrown.misfit(ROOT) == "README.md has this 0 times: no such words"


@pytest.mark.timeout(300)
async def test_a_mutated_product_is_caught_and_the_real_one_is_clean() -> None:
    every = mutations()

    found = await bites({name: every[name] for name in TRIED})

    assert [str(bite) for bite in found if not bite.caught] == []
