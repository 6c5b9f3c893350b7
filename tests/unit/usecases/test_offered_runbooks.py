"""A runbook that does not fit the policy is not offered, and the reason is told."""

from dataclasses import replace

from bot.usecases.catalogue import offered
from tests.support.runs import POLICY, RESTART


def test_a_runbook_that_fits_the_policy_is_offered() -> None:
    assert offered({"restart": RESTART}, {}, POLICY) == ({"restart": RESTART}, ())


def test_one_that_wakes_nobody_known_is_not_offered_and_the_others_are() -> None:
    lonely = RESTART.replace("runbook: restart", "runbook: lonely").replace(
        "    if-it-fails: escalate", "    if-it-fails: {escalate: nobody}"
    )
    usable, faults = offered({"restart": RESTART, "lonely": lonely}, {}, POLICY)
    assert list(usable) == ["restart"]
    assert [fault.message for fault in faults] == ["'nobody' resolves to nobody"]


def test_one_that_looks_with_a_program_that_the_policy_does_not_allow_is_not_offered() -> None:
    strict = replace(POLICY, triage_programs=("df",))
    usable, faults = offered({"restart": RESTART}, {}, strict)
    assert usable == {}
    assert "is not among the read-only commands of the policy" in faults[0].message
