"""`pod-restart` from a bastion whose `kubectl` works on a cluster of files."""

from bot.adapters.practice import machine
from bot.adapters.practice.scenarios import Scenario
from runbooks.steps import Answer, Done, Escalate, InDoubt, Rejected, Resolve, Stopped
from tests.e2e.catalogue.conftest import Catalogue, Place
from tests.e2e.catalogue.walk import NO, YES, Answers

ALERT = {
    "alertname": "KubePodCrashLooping",
    "bastion": "web-1",
    "namespace": machine.NAMESPACE,
    "deployment": machine.SERVICE,
    "pod": machine.POD,
}
CLUSTER = f"var/lib/cluster/{machine.NAMESPACE}"
KEPT = f"/var/tmp/firewarden/{machine.POD}"  # noqa: S108 - on the practice host


async def test_the_failing_pod_is_replaced_and_its_state_was_kept_before(
    catalogue: Catalogue,
) -> None:
    await catalogue.suffer(Scenario.POD_FAILING)
    before = _pods(catalogue.web)

    walked = await catalogue.walk("pod-restart", ALERT, YES)

    assert isinstance(walked.end, Done), walked.end
    assert catalogue.web.began() == [
        f"kubectl cluster-info dump {KEPT}",
        f"kubectl delete pod {machine.POD}",
    ]
    assert before - _pods(catalogue.web) == {machine.POD}
    assert len(_pods(catalogue.web)) == 3
    kept = catalogue.web.root / KEPT.lstrip("/") / machine.NAMESPACE / "pods" / machine.POD
    assert "restarts=14" in kept.read_text()


async def test_a_pod_that_has_recovered_is_left_alone(catalogue: Catalogue) -> None:
    walked = await catalogue.walk("pod-restart", ALERT)

    assert isinstance(walked.end, Resolve)
    assert catalogue.untouched()


async def test_a_pod_that_nothing_makes_anew_is_for_a_human(catalogue: Catalogue) -> None:
    await catalogue.suffer(Scenario.POD_FAILING)
    _write_pod(catalogue.web, machine.POD, owner="StatefulSet")

    walked = await catalogue.walk("pod-restart", ALERT)

    assert isinstance(walked.end, Escalate)
    assert "was made by a StatefulSet" in walked.end.because
    assert catalogue.untouched()


async def test_more_than_one_pod_down_is_for_a_human(catalogue: Catalogue) -> None:
    await catalogue.suffer(Scenario.POD_FAILING)
    _write_pod(catalogue.web, "checkout-7d4b9c6f5-b8c2d")

    walked = await catalogue.walk("pod-restart", ALERT)

    assert isinstance(walked.end, Escalate)
    assert "Only 1 of 3 replicas are ready" in walked.end.because


async def test_none_ready_is_a_number_that_nobody_knows(catalogue: Catalogue) -> None:
    await catalogue.suffer(Scenario.POD_FAILING)
    for name in _pods(catalogue.web):
        _write_pod(catalogue.web, name)

    walked = await catalogue.walk("pod-restart", ALERT)

    assert isinstance(walked.end, Stopped)
    assert "there is no readyReplicas" in walked.end.because


async def test_a_used_up_disruption_budget_is_kept(catalogue: Catalogue) -> None:
    await catalogue.suffer(Scenario.POD_FAILING)
    catalogue.web.write(f"{CLUSTER}/budgets/checkout", "app=checkout\nmin_available=2\n")

    walked = await catalogue.walk("pod-restart", ALERT)

    assert isinstance(walked.end, Escalate)
    assert "disruption budget" in walked.end.because
    assert catalogue.untouched()


async def test_without_a_disruption_budget_a_human_is_asked_all_the_same(
    catalogue: Catalogue,
) -> None:
    await catalogue.suffer(Scenario.POD_FAILING)
    catalogue.web.remove(f"{CLUSTER}/budgets")
    before = _pods(catalogue.web)

    walked = await catalogue.walk("pod-restart", ALERT, NO)

    assert isinstance(walked.end, Rejected)
    assert _pods(catalogue.web) == before
    assert catalogue.untouched()


async def test_a_pod_that_is_not_there_stops_the_run(catalogue: Catalogue) -> None:
    walked = await catalogue.walk("pod-restart", {**ALERT, "pod": "checkout-gone"})

    assert isinstance(walked.end, Stopped)
    assert 'pods "checkout-gone" not found' in walked.end.because


async def test_without_a_checkpoint_nothing_is_deleted(catalogue: Catalogue) -> None:
    await catalogue.suffer(Scenario.POD_FAILING)
    catalogue.web.write("var/tmp/firewarden.full", "")
    before = _pods(catalogue.web)

    walked = await catalogue.walk("pod-restart", ALERT, YES)

    assert isinstance(walked.end, Escalate)
    assert "The checkpoint failed, so no step was run." in walked.end.because
    assert _pods(catalogue.web) == before


async def test_a_new_pod_that_does_not_come_up_is_escalated(catalogue: Catalogue) -> None:
    await catalogue.suffer(Scenario.POD_FAILING)
    catalogue.web.write(f"{CLUSTER}/deployments/checkout", "replicas=3\ncomes_up=no\n")

    walked = await catalogue.walk("pod-restart", ALERT, YES)

    assert isinstance(walked.end, Escalate)
    assert walked.end.changed


async def test_a_replica_that_fails_again_during_the_minute_is_escalated(
    catalogue: Catalogue,
) -> None:
    await catalogue.suffer(Scenario.POD_FAILING)
    answers = Answers(
        approve=(Answer.YES,),
        before={
            "wait restart.verify.1.held.2": lambda: _write_pod(
                catalogue.web, "checkout-7d4b9c6f5-b8c2d"
            )
        },
    )

    walked = await catalogue.walk("pod-restart", ALERT, answers)

    assert isinstance(walked.end, Escalate)
    assert "expected ready == wanted" in walked.end.because


async def test_a_deletion_past_its_deadline_is_in_doubt(catalogue: Catalogue) -> None:
    await catalogue.suffer(Scenario.POD_FAILING)
    catalogue.web.write(f"{CLUSTER}/deployments/checkout", "replicas=3\ngrace=2\n")

    walked = await catalogue.hasty().walk("pod-restart", ALERT, YES)

    assert isinstance(walked.end, InDoubt)


def _pods(place: Place) -> set[str]:
    return {path.name for path in (place.root / CLUSTER / "pods").iterdir()}


def _write_pod(place: Place, name: str, owner: str = "ReplicaSet") -> None:
    said = f"deployment=checkout\nowner={owner}\nrestarts=14\nready_at=never\n"
    place.write(f"{CLUSTER}/pods/{name}", said)
