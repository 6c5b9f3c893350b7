"""`firewarden serve`: run until told to stop, and say how to begin."""

import asyncio
import signal
from collections.abc import Callable

from bot.app import Running, serving
from bot.config import Settings


def run(settings: Settings, say: Callable[[str], None]) -> int:
    """Serve; returns the exit status."""
    return asyncio.run(_serve(settings, say))


async def _serve(settings: Settings, say: Callable[[str], None]) -> int:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(sign, _asked_to_stop, stop)
    async with serving(settings, say) as (service, running):
        loop.add_signal_handler(signal.SIGHUP, service.reload)
        for line in welcome(running):
            say(line)
        await stop.wait()
        say("Stopping: nothing new begins, running commands are finished.")
    return 0


def _asked_to_stop(stop: asyncio.Event) -> None:
    """Stop gently the first time, at once the second."""
    if stop.is_set():
        raise KeyboardInterrupt
    stop.set()


def welcome(running: Running) -> list[str]:
    """Say where it is, how to sign in, how to send an alert, and what to try first."""
    lines = ["", f"  Firewarden is ready:  http://{running.console}", ""]
    for seat, link in running.links.items():
        lines.append(f"  Sign in as {seat:<10}  {link}")
    if running.links:
        lines += ["", "  Open both in one browser: two windows, four eyes. Each works once.", ""]
    if running.drills:
        lines += ["  Try this first, in the commander's window:", ""]
        lines += ["      /incident drill disk-full", ""]
    lines += ["  Send an alert of your own:", "", *(f"      {line}" for line in curl(running)), ""]
    return lines


def curl(running: Running) -> list[str]:
    """Return a ready `curl` command for the generic alert endpoint."""
    body = (
        '{"status":"firing","dedup_key":"demo-1","title":"Checkout is slow",'
        '"severity":"SEV3","source":"me","labels":{"service":"checkout"}}'
    )
    return [
        f"curl http://{running.ingest}/alerts/generic \\",
        f"  -H 'Authorization: Bearer {running.alert_token}' \\",
        "  -H 'Content-Type: application/json' \\",
        f"  -d '{body}'",
    ]
