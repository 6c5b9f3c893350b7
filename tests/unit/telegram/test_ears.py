"""`/readyz` says where Telegram is not heard, and why, until it is heard again."""

from datetime import timedelta
from pathlib import Path

from bot.adapters.telegram.api import TelegramApi
from bot.adapters.telegram.ears import Ears
from tests.support.clock import MovedClock
from tests.support.telegram.bench import hearing
from tests.support.telegram.server import TOKEN, Telegram, Webhook
from tests.support.waiting import until
from tests.unit.http.doubles import RememberingDispatch

HOOK = "https://bot.example.com/telegram/webhook"


async def looked(there: Telegram, ears: Ears) -> tuple[str, ...]:
    api = TelegramApi.open(token=TOKEN, base_url=there.base, clock=MovedClock())
    try:
        await ears.look(api, HOOK)
    finally:
        await api.close()
    return ears.faults()


def test_a_telegram_that_answers_is_no_fault_and_a_long_silence_is_one() -> None:
    clock = MovedClock()
    ears = Ears(clock)
    clock.move(timedelta(seconds=75))
    assert ears.faults() == ()
    clock.move(timedelta(seconds=1))
    assert ears.faults() == ("Telegram is not heard: silent for 76 s",)
    ears.heard()
    assert ears.faults() == ()


async def test_a_webhook_that_somebody_took_over_is_a_fault(there: Telegram) -> None:
    ears = Ears(MovedClock())
    there.webhook = Webhook(url=HOOK, secret="s", kinds=())
    assert await looked(there, ears) == ()
    there.webhook = Webhook(url="https://other.example.com/x", secret="s", kinds=())
    assert await looked(there, ears) == (
        "Telegram calls https://other.example.com/x and not us: start Firewarden anew",
    )
    there.webhook = None
    assert await looked(there, ears) == ("Telegram calls nobody and not us: start Firewarden anew",)


async def test_a_webhook_that_telegram_cannot_call_is_a_fault_until_it_can(
    there: Telegram,
) -> None:
    clock = MovedClock()
    ears = Ears(clock)
    there.webhook = Webhook(url=HOOK, secret="s", kinds=(), failed="Connection refused")
    there.failed_at = int(clock.now().timestamp())
    assert await looked(there, ears) == ("Telegram cannot call us: Connection refused",)
    clock.move(timedelta(minutes=3))
    assert await looked(there, ears) == ()


async def test_a_webhook_that_was_set_elsewhere_while_we_ask_is_said_in_telegrams_words(
    there: Telegram, tmp_path: Path, dispatch: RememberingDispatch
) -> None:
    async with hearing(there, tmp_path, dispatch) as team:
        there.type(1, "/incident list")

        async def heard() -> bool:
            return bool(dispatch.requests)

        await until(heard)
        assert team.faults() == ()
        there.webhook = Webhook(url="https://other.example.com/x", secret="s", kinds=())
        there.type(1, "/incident list")

        async def said() -> bool:
            return any("webhook is active" in words for words in team.faults())

        await until(said)
        there.webhook = None
        there.type(1, "/incident list")

        async def well() -> bool:
            return team.faults() == ()

        await until(well)
