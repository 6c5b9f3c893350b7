"""`high-cpu` on a host that has the symptom: what it did is read from the host."""

from dataclasses import replace

from bot.adapters.practice.scenarios import Scenario
from runbooks.steps import Answer, Done, Escalate, InDoubt, Rejected, Resolve, Stopped
from tests.e2e.catalogue.conftest import Catalogue, lines
from tests.e2e.catalogue.walk import NO, YES, Answers

ALERT = {"alertname": "HostHighCpu", "instance": "web-1:9100", "service": "checkout"}


async def test_errors_and_load_of_our_own_process_end_with_its_restart(
    catalogue: Catalogue,
) -> None:
    await catalogue.suffer(Scenario.CPU_ERRORS)
    before = catalogue.web.pid("checkout")

    walked = await catalogue.walk("high-cpu", ALERT, YES)

    assert isinstance(walked.end, Done), walked.end
    assert catalogue.web.began() == ["systemctl restart checkout"]
    assert catalogue.web.pid("checkout") != before
    assert "cpu=3" in catalogue.web.read("run/units/checkout")


async def test_a_process_that_is_not_ours_is_for_security_and_nothing_is_changed(
    catalogue: Catalogue,
) -> None:
    await catalogue.suffer(Scenario.CPU_STRANGER)
    before = catalogue.web.files()

    walked = await catalogue.walk("high-cpu", ALERT)

    assert isinstance(walked.end, Escalate)
    assert (walked.end.whom, walked.end.changed) == ("security", False)
    assert "kdevtmpfsi is not one of ours" in walked.end.because
    assert catalogue.untouched()
    assert catalogue.web.files() == before


async def test_real_load_is_shared_with_a_second_instance(catalogue: Catalogue) -> None:
    await catalogue.suffer(Scenario.CPU_LOAD)

    walked = await catalogue.walk("high-cpu", ALERT, YES)

    assert isinstance(walked.end, Done), walked.end
    assert walked.asked is not None
    assert "ExecStart=" in walked.asked.rehearsals[0].outcome.stdout
    assert catalogue.web.state("checkout@2") == "active"
    assert catalogue.web.began() == ["systemctl start checkout@2"]


async def test_a_healthy_host_needs_nothing(catalogue: Catalogue) -> None:
    walked = await catalogue.walk("high-cpu", ALERT)

    assert isinstance(walked.end, Resolve)
    assert catalogue.untouched()


async def test_a_rejected_restart_leaves_the_service_alone(catalogue: Catalogue) -> None:
    await catalogue.suffer(Scenario.CPU_ERRORS)
    before = catalogue.web.files()

    walked = await catalogue.walk("high-cpu", ALERT, NO)

    assert isinstance(walked.end, Rejected)
    assert catalogue.untouched()
    assert catalogue.web.files() == before


async def test_a_service_that_dies_after_its_restart_is_escalated(catalogue: Catalogue) -> None:
    await catalogue.suffer(Scenario.SERVICE_FAILS)

    walked = await catalogue.walk("high-cpu", ALERT, YES)

    assert isinstance(walked.end, Escalate)
    assert "did not come true within 2m" in walked.end.because
    assert catalogue.web.state("checkout") == "failed"
    assert catalogue.web.began() == ["systemctl restart checkout"]


async def test_a_restart_that_fails_at_once_is_escalated(catalogue: Catalogue) -> None:
    await catalogue.suffer(Scenario.CPU_ERRORS)
    catalogue.web.append("etc/units/checkout", "starts=failed\n")

    walked = await catalogue.walk("high-cpu", ALERT, YES)

    assert isinstance(walked.end, Escalate)
    assert "restart.steps.1 on web-1 failed: the command exited with status 1" in walked.end.because
    assert catalogue.web.state("checkout") == "failed"


async def test_a_restart_that_does_not_help_is_never_called_done(catalogue: Catalogue) -> None:
    await catalogue.suffer(Scenario.CPU_ERRORS)
    catalogue.web.append("etc/units/checkout", "cpu=95\n")

    walked = await catalogue.walk("high-cpu", ALERT, YES)

    assert isinstance(walked.end, Escalate)
    assert walked.end.changed
    assert "CPU is back to normal" in walked.end.because


async def test_a_service_that_says_it_is_sick_is_never_called_repaired(
    catalogue: Catalogue,
) -> None:
    await catalogue.suffer(Scenario.CPU_ERRORS)
    catalogue.web.write("srv/checkout/releases/2026-11-20/behaves", "health=degraded\n")

    walked = await catalogue.walk("high-cpu", ALERT, YES)

    assert isinstance(walked.end, Escalate)
    assert "json.status == 'healthy'" in walked.end.because


async def test_a_restart_past_its_deadline_is_in_doubt(catalogue: Catalogue) -> None:
    await catalogue.suffer(Scenario.CPU_ERRORS)
    catalogue.web.append("etc/units/checkout", "lasts=2\n")

    walked = await catalogue.hasty().walk("high-cpu", ALERT, YES)

    assert isinstance(walked.end, InDoubt)
    assert "ran into its deadline" in walked.end.because


async def test_a_second_instance_that_helps_nothing_is_stopped_again(
    catalogue: Catalogue,
) -> None:
    await catalogue.suffer(Scenario.CPU_LOAD)
    catalogue.web.append("etc/units/checkout@", "takes=0\ncpu=0\n")

    walked = await catalogue.walk("high-cpu", ALERT, replace(YES, undo=Answer.YES))

    assert isinstance(walked.end, Escalate)
    assert "The change was undone." in walked.end.because
    assert catalogue.web.state("checkout@2") == "inactive"
    assert catalogue.web.began() == ["systemctl start checkout@2", "systemctl stop checkout@2"]


async def test_a_declined_undo_leaves_the_second_instance_running(catalogue: Catalogue) -> None:
    await catalogue.suffer(Scenario.CPU_LOAD)
    catalogue.web.append("etc/units/checkout@", "takes=0\ncpu=0\n")

    walked = await catalogue.walk("high-cpu", ALERT, replace(YES, undo=Answer.NO))

    assert isinstance(walked.end, Escalate)
    assert catalogue.web.state("checkout@2") == "active"


async def test_without_a_unit_for_a_second_instance_nobody_is_asked(catalogue: Catalogue) -> None:
    await catalogue.suffer(Scenario.CPU_LOAD)
    catalogue.web.remove("etc/systemd")

    walked = await catalogue.walk("high-cpu", ALERT)

    assert isinstance(walked.end, Stopped)
    assert "No files found for checkout@2.service" in walked.end.because
    assert catalogue.untouched()


async def test_a_spare_instance_that_runs_already_is_for_a_human(catalogue: Catalogue) -> None:
    await catalogue.suffer(Scenario.CPU_LOAD)
    catalogue.web.write("run/units/checkout@2", "active\npid=1500\ncpu=1\n")
    catalogue.web.append("etc/units/checkout@", "takes=0\n")

    walked = await catalogue.walk("high-cpu", ALERT)

    assert isinstance(walked.end, Escalate)
    assert "the spare instance is active" in walked.end.because
    assert catalogue.untouched()


async def test_errors_that_begin_while_the_card_is_open_are_asked_about_anew(
    catalogue: Catalogue,
) -> None:
    await catalogue.suffer(Scenario.CPU_LOAD)
    fresh = "".join(f"{9_999_999_999}\tnow web-1 checkout[1402]: ERROR stuck\n" for _ in range(4))
    answers = Answers(
        approve=(Answer.YES, Answer.NO),
        before={"ask scale-out": lambda: catalogue.web.append("var/log/units/checkout.log", fresh)},
    )

    walked = await catalogue.walk("high-cpu", ALERT, answers)

    assert isinstance(walked.end, Rejected)
    assert lines(walked.asked) == ["sudo systemctl restart checkout"]
    assert catalogue.untouched()
