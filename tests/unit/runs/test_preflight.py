"""Before triage every host is tried: reachable, its key, both logins, sudo, the receipts."""

from dataclasses import replace
from datetime import timedelta

from bot.domain.events import Ending
from bot.ports import Check
from tests.support.fleet import MemoryHosts
from tests.support.runs import POLICY, RESTART, Service, declared, newest, started, world
from tests.support.world import World, text_of

NO_SUDO = Check(name="sudo systemctl restart checkout", passed=False, detail="not allowed")


async def stopped(hosts: MemoryHosts, on: World) -> None:
    hosts.unfit["web-1"] = NO_SUDO
    await started(on, "/runbook run restart host=web-1")
    await on.move(timedelta(seconds=2))


async def test_a_host_is_tried_with_every_right_that_the_run_could_need() -> None:
    hosts = MemoryHosts(Service())
    async with world(hosts) as on:
        await started(on, "/runbook run restart host=web-1")
        assert hosts.tried == [("web-1", (("systemctl", "restart", "checkout"),), True)]
        assert [argv for _, argv in hosts.reads] == [("systemctl", "is-active", "checkout")]


async def test_a_host_that_is_not_ready_stops_the_run_before_anything_is_looked_at() -> None:
    hosts = MemoryHosts(Service())
    async with world(hosts) as on:
        await stopped(hosts, on)
        run = await newest(on)
        assert run.ended is not None
        assert (run.ended.ending, run.ended.commands_ran) == (Ending.STOPPED, 0)
        assert run.ended.because.text == (
            "Pre-flight failed, so nothing was looked at or run: "
            "web-1: sudo systemctl restart checkout: not allowed"
        )
        assert (hosts.reads, hosts.changes) == ([], [])


async def test_the_table_is_on_the_card_and_in_the_packet_of_whoever_is_woken() -> None:
    hosts = MemoryHosts(Service())
    async with world(hosts) as on:
        await stopped(hosts, on)
        incident = await on.incident()
        card = await on.rendering.card(incident, f"run:{(await newest(on)).started.run}")
        assert card is not None
        shown = text_of(card)
        assert "Pre-flight: 1 check failed" in shown
        assert "PASS reachable, host key, observe login on web-1" in shown
        assert "FAIL sudo systemctl restart checkout on web-1" in shown
        (page,) = incident.pages
        body = (await on.rendering.page_body(incident, page)).decode()
        assert "PASS  web-1  reachable, host key, observe login" in body
        assert "FAIL  web-1  sudo systemctl restart checkout: not allowed" in body


async def test_a_host_is_tried_once_more_before_it_counts_as_not_ready() -> None:
    hosts = MemoryHosts(Service())
    async with world(hosts) as on:
        hosts.unfit["web-1"] = NO_SUDO
        await started(on, "/runbook run restart host=web-1")
        assert (await newest(on)).ended is None
        hosts.unfit.clear()
        await on.move(timedelta(seconds=2))
        assert (await newest(on)).state == "waiting for approval"


async def test_a_host_that_has_just_passed_is_not_tried_again_for_a_minute() -> None:
    hosts = MemoryHosts(Service())
    async with world(hosts) as on:
        await started(on, "/runbook run restart host=web-1")
        await started(on, "/runbook run restart host=web-1")
        assert len(hosts.tried) == 1
        await on.move(timedelta(seconds=61))
        await started(on, "/runbook run restart host=web-1")
        assert len(hosts.tried) == 2


async def test_a_dry_run_needs_no_right_to_change_anything() -> None:
    hosts = MemoryHosts(Service())
    async with world(hosts) as on:
        await started(on, "/runbook dry-run restart host=web-1")
        assert hosts.tried == [("web-1", (), False)]


async def test_every_host_of_a_group_is_tried() -> None:
    hosts = MemoryHosts(Service())
    everywhere = RESTART.replace("  restart:\n", "  restart:\n    on: {group: web}\n", 1)
    async with world(hosts, {"restart": everywhere}) as on:
        await started(on, "/runbook run restart host=web-1")
        assert sorted(name for name, _, _ in hosts.tried) == ["web-1", "web-2", "web-3"]


async def test_a_host_that_left_the_inventory_meanwhile_is_not_ready() -> None:
    hosts = MemoryHosts(Service())
    hosts.unfit["web-1"] = Check(name="reachable", passed=False, detail="no route to host")
    async with world(hosts) as on:
        at = await declared(on)
        await on.say("ann", "/runbook run restart host=web-1", at=at)
        await on.settled()  # tried once, and not given up
        fewer = {name: h for name, h in POLICY.hosts.items() if name != "web-1"}
        on.current.replace(replace(POLICY, hosts=fewer), on.current.documents)
        await on.move(timedelta(seconds=2))
        run = await newest(on)
        assert run.ended is not None
        assert run.ended.because.text.endswith("web-1: inventory: web-1 is not in the inventory")
