"""A Telegram on loopback and a dispatch that remembers, for every test of the adapter."""

from collections.abc import AsyncIterator

import pytest

from tests.support.telegram.server import Telegram, telegram
from tests.unit.http.doubles import RememberingDispatch


@pytest.fixture
async def there() -> AsyncIterator[Telegram]:
    async with telegram() as found:
        yield found


@pytest.fixture
def dispatch() -> RememberingDispatch:
    return RememberingDispatch()
