"""The end of the process is not the end of the window: it comes back to the same incident."""

import asyncio
import os
import re
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from playwright.async_api import Page, expect

from tests.support.chromium import DESKTOP, window

ROOT = Path(__file__).parents[2]
SLOW = 40_000
"""Milliseconds for a start and the rest of a repair."""


@asynccontextmanager
async def process(folder: Path, port: int) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """Run `firewarden serve` in a process of its own; yields it with what it said at the start."""
    served = await asyncio.create_subprocess_exec(
        sys.executable,
        "-m",
        "bot",
        "serve",
        cwd=ROOT,
        env={
            **os.environ,
            "FIREWARDEN_DATA": str(folder),
            "FIREWARDEN_LISTEN": f"127.0.0.1:{port}",
        },
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.DEVNULL,
    )
    assert served.stdout is not None
    said = ""
    async with asyncio.timeout(30):
        while "/incident drill disk-full" not in said:
            line = (await served.stdout.readline()).decode()
            assert line, said
            said += line
    try:
        yield served, said
    finally:
        if served.returncode is None:
            served.send_signal(signal.SIGTERM)
        await served.wait()
        await served.stdout.read()


def free_port() -> int:
    with socket.socket() as bound:
        bound.bind(("127.0.0.1", 0))
        return int(bound.getsockname()[1])


async def sign_in(page: Page, said: str, seat: str) -> None:
    link = re.search(rf"Sign in as {seat}\s+(\S+)", said)
    assert link is not None
    await page.goto(link[1])
    await page.get_by_role("button", name=f"Take the {seat}'s seat").click()


async def test_a_window_survives_a_kill_in_the_middle_of_the_repair(tmp_path: Path) -> None:
    port = free_port()
    async with window(DESKTOP, unreachable=True) as browser:
        commander, approver = await browser.new_page(), await browser.new_page()
        async with process(tmp_path, port) as (served, said):
            await sign_in(commander, said, "commander")
            await sign_in(approver, said, "approver")
            await commander.locator("#line").fill("/incident drill disk-full")
            await commander.keyboard.press("Enter")
            await commander.locator(".incident-row").click()
            await approver.locator(".bar-jump").click()
            await approver.locator(".stream").get_by_role("button", name="Approve").click()
            await expect(commander.locator(".stream .step-running")).not_to_have_count(0)
            served.kill()
            await expect(commander.locator("#connection")).to_be_visible()

        await commander.locator("#line").fill("typed into the void")
        await commander.keyboard.press("Enter")
        await expect(commander.locator("#reply")).to_contain_text("NOT recorded")
        await expect(commander.locator("#line")).to_have_value("typed into the void")

        async with process(tmp_path, port):
            await expect(commander.locator("#connection")).to_be_hidden(timeout=SLOW)
            status = commander.locator(".head-facts .status")
            await expect(status).to_have_text("monitoring", timeout=SLOW)
            await expect(commander.locator(".stream")).to_contain_text("3 commands ran")
            await commander.keyboard.press("Enter")
            await expect(commander.locator(".stream")).to_contain_text("typed into the void")
