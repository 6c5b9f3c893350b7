"""The distribution's Chromium, driven without a download of its own."""

import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Final, TypedDict

import pytest
from playwright.async_api import Browser, BrowserContext, async_playwright

CHROMIUM: Final = shutil.which("chromium") or shutil.which("chromium-browser")

ARGUMENTS: Final = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
)
"""No sandbox because tests may run as root; the rest keeps it from calling anybody."""


class Size(TypedDict):
    """A window's size in CSS pixels."""

    width: int
    height: int


DESKTOP: Final = Size(width=1440, height=900)
PHONE: Final = Size(width=390, height=844)


@asynccontextmanager
async def chromium() -> AsyncIterator[Browser]:
    """Start a browser; the test is skipped, by name, where none is installed."""
    if CHROMIUM is None:
        pytest.skip("chromium is not installed")
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=CHROMIUM, args=list(ARGUMENTS))
        try:
            yield browser
        finally:
            await browser.close()


@asynccontextmanager
async def window(
    size: Size, scheme: str = "light", *, unreachable: bool = False, own_tls: bool = False
) -> AsyncIterator[BrowserContext]:
    """Open one browser profile of this size; everything that a page complains of is a failure.

    Where the server is to be `unreachable` for a while, the browser's own word on that is none.
    With `own_tls` it takes certificates that nobody but a test has signed.
    """
    complaints: list[str] = []
    async with chromium() as browser:
        context = await browser.new_context(
            viewport={"width": size["width"], "height": size["height"]},
            color_scheme="dark" if scheme == "dark" else "light",
            ignore_https_errors=own_tls,
        )
        context.set_default_timeout(20_000)
        context.on("weberror", lambda error: complaints.append(str(error.error)))
        context.on(
            "console",
            lambda said: complaints.append(said.text) if said.type == "error" else None,
        )
        yield context
        await context.close()
    if unreachable:
        complaints = [c for c in complaints if "ERR_" not in c]
    assert complaints == [], complaints
