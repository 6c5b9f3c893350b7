"""A team's bot whose people sign in at an issuer of ours, and clocks that can be moved."""

from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import pytest

from bot.app.seams import Seams
from tests.e2e.sign_in.walk import CALLBACK, Here
from tests.support.issuer import CLIENT, SECRET, issuing
from tests.support.shifted import ShiftedClock
from tests.support.team_bot import team_bot
from tests.support.visitor import PUBLIC


@pytest.fixture
async def here(tmp_path: Path) -> AsyncIterator[Here]:
    clock = ShiftedClock()
    async with AsyncExitStack() as stack:
        issuer = await stack.enter_async_context(issuing(clock))
        issuer.redirect = CALLBACK
        served = await stack.enter_async_context(
            team_bot(
                tmp_path,
                f"FIREWARDEN_OIDC_ISSUER={issuer.base}",
                f"FIREWARDEN_OIDC_CLIENT_ID={CLIENT}",
                f"FIREWARDEN_OIDC_CLIENT_SECRET='{SECRET}'",
                f"FIREWARDEN_PUBLIC_URL=https://{PUBLIC}",
                seams=Seams(clock=clock),
            )
        )
        visitors = await stack.enter_async_context(AsyncExitStack())
        yield Here(bot=served, issuer=issuer, clock=clock, stack=visitors)
