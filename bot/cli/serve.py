"""`firewarden serve`: run until told to stop, and say how to begin."""

import argparse
import asyncio
import gc
import signal
from datetime import timedelta

from bot.adapters.supervisor import Supervisor
from bot.app.entering import Running
from bot.app.serving import serving
from bot.cli.command import OK, Configured, run_until_done, say
from bot.cli.stopping import Stop
from bot.config import Settings


def add_to(parser: argparse.ArgumentParser) -> None:
    """See `Command`."""
    parser.description = (
        "Run Firewarden until it is told to stop. SIGHUP reads policy, runbooks and texts again; "
        "a change of their files does too."
    )
    parser.set_defaults(run=_run)


def collect_seldom() -> None:
    """Leave what the start made out of garbage collection, and collect the rest less often.

    A storm of alerts makes many short-lived values that hold no cycles: looking for cycles among
    them took an eighth of the time, and half of the slowest answers.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 50)


def _run(_: argparse.Namespace, configured: Configured) -> int:
    return run_until_done(_serve(configured()))


async def _serve(settings: Settings) -> int:
    stop, reload = Stop(), asyncio.Event()
    loop = asyncio.get_running_loop()
    stop.listen(loop)
    # Unheard it would end the process, also in the second that the start takes.
    loop.add_signal_handler(signal.SIGHUP, reload.set)
    supervisor = Supervisor(settings.notify_socket, patience=_patience(settings))
    async with asyncio.TaskGroup() as tasks:
        async with serving(settings, say) as (service, running):
            loop.add_signal_handler(signal.SIGHUP, service.reload)
            if reload.is_set():
                service.reload()
            say(*welcome(running))
            collect_seldom()
            watching = tasks.create_task(supervisor.watch(service.alive))
            supervisor.ready()
            await stop.asked()
            supervisor.stopping()
            service.drain()
            say(
                "Stopping: nothing new begins, and running commands have "
                f"{settings.drain} s to end. A second signal stops at once."
            )
        watching.cancel()
    return OK


def _patience(settings: Settings) -> timedelta | None:
    microseconds = settings.watchdog_usec
    return None if microseconds is None else timedelta(microseconds=microseconds)


def welcome(running: Running) -> list[str]:
    """Say where it is, how to sign in, how to send an alert, and what to try first."""
    lines = ["", f"  Firewarden is ready:  {running.url}", ""]
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
        f"curl {running.senders}/alerts/generic \\",
        f"  -H 'Authorization: Bearer {running.alert_token}' \\",
        "  -H 'Content-Type: application/json' \\",
        f"  -d '{body}'",
    ]
