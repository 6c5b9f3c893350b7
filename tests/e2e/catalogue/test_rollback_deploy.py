"""`rollback-deploy` with releases side by side and a service that behaves as its release does."""

from dataclasses import replace

from bot.adapters.practice.scenarios import Scenario
from runbooks.steps import Answer, Done, Escalate, InDoubt, Rejected, Resolve, Stopped
from tests.e2e.catalogue.conftest import Catalogue
from tests.e2e.catalogue.walk import NO, YES, Answers

ALERT = {"alertname": "ErrorsAfterDeploy", "instance": "web-1", "service": "checkout"}
RELEASES = "/srv/checkout/releases"
NEW, OLD = f"{RELEASES}/2026-11-20", f"{RELEASES}/2026-11-13"
CURRENT = "srv/checkout/current"
LINK_OLD = f"ln -sfn {OLD} /srv/checkout/current"
LINK_NEW = f"ln -sfn {NEW} /srv/checkout/current"
RESTART = "systemctl restart checkout"


async def test_the_release_before_is_linked_and_running(catalogue: Catalogue) -> None:
    await catalogue.suffer(Scenario.DEPLOY_BAD)

    walked = await catalogue.walk("rollback-deploy", ALERT, YES)

    assert isinstance(walked.end, Done), walked.end
    assert catalogue.web.began() == [LINK_OLD, RESTART]
    assert catalogue.web.link(CURRENT) == OLD
    assert "health=healthy" in catalogue.web.read("run/units/checkout")


async def test_a_release_that_does_not_fail_stays(catalogue: Catalogue) -> None:
    walked = await catalogue.walk("rollback-deploy", ALERT)

    assert isinstance(walked.end, Resolve)
    assert catalogue.untouched()


async def test_without_another_release_there_is_nothing_to_go_back_to(
    catalogue: Catalogue,
) -> None:
    await catalogue.suffer(Scenario.DEPLOY_BAD)
    catalogue.web.relink("srv/checkout/previous", NEW)

    walked = await catalogue.walk("rollback-deploy", ALERT)

    assert isinstance(walked.end, Escalate)
    assert walked.end.whom == "on-call"
    assert catalogue.untouched()


async def test_rejected(catalogue: Catalogue) -> None:
    await catalogue.suffer(Scenario.DEPLOY_BAD)

    walked = await catalogue.walk("rollback-deploy", ALERT, NO)

    assert isinstance(walked.end, Rejected)
    assert catalogue.web.link(CURRENT) == NEW
    assert catalogue.untouched()


async def test_a_release_before_that_is_sick_too_is_taken_back(catalogue: Catalogue) -> None:
    await catalogue.suffer(Scenario.DEPLOY_BAD)
    catalogue.web.write(f"{OLD[1:]}/behaves", "health=broken\n")

    walked = await catalogue.walk("rollback-deploy", ALERT, replace(YES, undo=Answer.YES))

    assert isinstance(walked.end, Escalate)
    assert "The change was undone." in walked.end.because
    assert catalogue.web.link(CURRENT) == NEW
    assert catalogue.web.began() == [LINK_OLD, RESTART, LINK_NEW, RESTART]


async def test_a_declined_undo_leaves_the_release_before_linked(catalogue: Catalogue) -> None:
    await catalogue.suffer(Scenario.DEPLOY_BAD)
    catalogue.web.write(f"{OLD[1:]}/behaves", "health=broken\n")

    walked = await catalogue.walk("rollback-deploy", ALERT, replace(YES, undo=Answer.NO))

    assert isinstance(walked.end, Escalate)
    assert "The undo was declined." in walked.end.because
    assert catalogue.web.link(CURRENT) == OLD


async def test_a_release_before_that_does_not_start_is_escalated(catalogue: Catalogue) -> None:
    await catalogue.suffer(Scenario.DEPLOY_BAD)
    catalogue.web.write(f"{OLD[1:]}/behaves", "starts=failed\n")

    walked = await catalogue.walk("rollback-deploy", ALERT, replace(YES, undo=Answer.NO))

    assert isinstance(walked.end, Escalate)
    assert catalogue.web.state("checkout") == "failed"


async def test_a_restart_past_its_deadline_is_in_doubt(catalogue: Catalogue) -> None:
    await catalogue.suffer(Scenario.DEPLOY_BAD)
    catalogue.web.write(f"{OLD[1:]}/behaves", "lasts=2\n")

    walked = await catalogue.hasty().walk("rollback-deploy", ALERT, YES)

    assert isinstance(walked.end, InDoubt)


async def test_a_hostile_name_of_a_release_stops_the_run(catalogue: Catalogue) -> None:
    await catalogue.suffer(Scenario.DEPLOY_BAD)
    catalogue.web.relink("srv/checkout/previous", f"{RELEASES}/--x; reboot")

    walked = await catalogue.walk("rollback-deploy", ALERT)

    assert isinstance(walked.end, Stopped)
    assert "previous, which is unknown" in walked.end.because


async def test_another_release_while_the_card_is_open_is_asked_about_anew(
    catalogue: Catalogue,
) -> None:
    await catalogue.suffer(Scenario.DEPLOY_BAD)

    def deploy() -> None:
        catalogue.web.relink("srv/checkout/previous", NEW)
        catalogue.web.relink(CURRENT, f"{RELEASES}/2026-11-21")

    answers = Answers(approve=(Answer.YES, Answer.NO), before={"ask go-back": deploy})

    walked = await catalogue.walk("rollback-deploy", ALERT, answers)

    assert isinstance(walked.end, Rejected)
    assert catalogue.untouched()
