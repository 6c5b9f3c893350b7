"""/healthz, /readyz and /metrics."""

from collections.abc import Sequence

from bot.adapters.http.health import Sample, SampleKind, exposition, health_routes
from tests.unit.http.serving import say, serving


class Ailing:
    """Has the faults and samples that it is given."""

    def __init__(self, *faults: str) -> None:
        self.faults = faults

    async def ready(self) -> Sequence[str]:
        return self.faults

    async def metrics(self) -> Sequence[Sample]:
        return [Sample(name="firewarden_up", help="Alive.", kind=SampleKind.GAUGE, value=1)]


async def test_a_ready_bot_says_so() -> None:
    async with serving(health_routes(Ailing())) as address:
        assert (await say(address, "GET /healthz HTTP/1.1"))[::2] == (200, "alive\n")
        assert (await say(address, "GET /readyz HTTP/1.1"))[::2] == (200, "ready\n")


async def test_an_ailing_bot_is_alive_but_names_every_fault() -> None:
    async with serving(
        health_routes(Ailing("the journal cannot write", "chat is deaf"))
    ) as address:
        assert (await say(address, "GET /healthz HTTP/1.1"))[0] == 200
        status, _, body = await say(address, "GET /readyz HTTP/1.1")
    assert (status, body) == (503, "the journal cannot write\nchat is deaf\n")


async def test_metrics_are_served_as_prometheus_text() -> None:
    async with serving(health_routes(Ailing())) as address:
        status, headers, body = await say(address, "GET /metrics HTTP/1.1")
    assert status == 200
    assert headers["content-type"] == "text/plain; version=0.0.4; charset=utf-8"
    assert body == "# HELP firewarden_up Alive.\n# TYPE firewarden_up gauge\nfirewarden_up 1.0\n"


def test_a_metric_with_labels_has_one_head_and_quoted_values() -> None:
    samples = [
        Sample(name="x", help="a\nb", kind=SampleKind.COUNTER, value=2, labels={"k": 'q"\\'}),
        Sample(name="x", help="a\nb", kind=SampleKind.COUNTER, value=3, labels={"k": "z"}),
    ]
    assert exposition(samples) == (
        '# HELP x a\\nb\n# TYPE x counter\nx{k="q\\"\\\\"} 2.0\nx{k="z"} 3.0\n'
    )
