"""`firewarden check` says what the bot lacks in Telegram, and who cannot be paged there."""

from dataclasses import replace
from pathlib import Path

from bot.cli.findings import Finding, Level
from bot.cli.telegram_check import telegram_findings
from bot.config import load_settings
from tests.support.telegram.bench import policy
from tests.support.telegram.server import Telegram, Webhook
from tests.support.telegram.world import ANNOUNCEMENTS, GROUP, STAKEHOLDERS, TOKEN, Kind

SETTINGS = (
    f"TELEGRAM_GROUP={GROUP}\n"
    f"TELEGRAM_CHANNELS=announcements={ANNOUNCEMENTS},stakeholders={STAKEHOLDERS}\n"
)
HOOK = "https://bot.example.com/telegram/webhook"


async def checked(
    folder: Path, there: Telegram, more: str = "", token: str = TOKEN
) -> list[Finding]:
    env = folder / "env"
    env.write_text(f"TELEGRAM_BOT_TOKEN={token}\nTELEGRAM_API_URL={there.base}\n{SETTINGS}{more}")
    return await telegram_findings(load_settings(env), replace(policy(), audiences={}))


async def test_nothing_is_said_of_telegram_where_it_is_not_used(tmp_path: Path) -> None:
    assert await telegram_findings(load_settings(tmp_path / "env"), policy()) == []


async def test_what_is_in_order_is_said_in_one_line(there: Telegram, tmp_path: Path) -> None:
    assert await checked(tmp_path, there) == [
        Finding(Level.FINE, "Telegram: @WardenBot, heard over long polling")
    ]
    assert there.posted == []


async def test_missing_rights_are_each_said_in_plain_words(there: Telegram, tmp_path: Path) -> None:
    there.of.group.rights = {"can_delete_messages"}
    there.of.chats[STAKEHOLDERS].rights = {"can_pin_messages"}
    assert [str(finding) for finding in await checked(tmp_path, there)] == [
        (
            "FAULT  Telegram: the bot may not manage topics in the group: "
            "rooms are threads until it may"
        ),
        "FAULT  Telegram: the bot may not pin messages in the group: cards scroll away",
        (
            "FAULT  Telegram: the bot may not post in the channel #stakeholders: make it an "
            "administrator who may"
        ),
    ]


async def test_a_bot_that_is_only_a_member_is_told_to_be_made_an_administrator(
    there: Telegram, tmp_path: Path
) -> None:
    there.of.group.rights = set()
    [found] = await checked(tmp_path, there)
    assert found.level is Level.FAULT
    assert "make it one, who may manage topics and pin messages" in found.text


async def test_a_group_without_topics_is_fine_and_said(there: Telegram, tmp_path: Path) -> None:
    there.of.plain(Kind.SUPERGROUP)
    ok, found = await checked(tmp_path, there)
    assert (ok.level, found.level) == (Level.FINE, Level.NOTE)
    assert "a room is a thread below its pinned card" in found.text


async def test_whoever_never_started_the_bot_is_named_as_unreachable(
    there: Telegram, tmp_path: Path
) -> None:
    del there.of.chats[2]
    there.of.chats[1].blocked = True
    alice, bob = await checked(tmp_path, there)
    assert alice.level is bob.level is Level.FAULT
    assert alice.text.startswith("Telegram: Alice cannot be reached, so is never paged here")
    assert bob.text.startswith("Telegram: Bob cannot be reached, so is never paged here")


async def test_a_group_that_moved_is_followed_and_its_new_id_is_told(
    there: Telegram, tmp_path: Path
) -> None:
    there.of.plain()
    there.of.upgrade(-1002000000009)
    notes = [f.text for f in await checked(tmp_path, there) if f.level is Level.NOTE]
    assert any("write TELEGRAM_GROUP=-1002000000009" in text for text in notes)


async def test_a_webhook_that_fails_or_is_somebody_elses_is_told(
    there: Telegram, tmp_path: Path
) -> None:
    there.webhook = Webhook(url=HOOK, secret="x", kinds=(), failed="Connection refused")
    configured = f"TELEGRAM_WEBHOOK_URL={HOOK}\nTELEGRAM_WEBHOOK_SECRET=s\n"
    [failing] = await checked(tmp_path, there, configured)
    assert failing == Finding(
        Level.FAULT, f"Telegram: Telegram could not call {HOOK}: Connection refused; 0 updates wait"
    )
    there.webhook = Webhook(url="https://old.example.com/x", secret="x", kinds=())
    fine, left = await checked(tmp_path, there, configured)
    assert fine == Finding(Level.FINE, "Telegram: @WardenBot, heard over its webhook")
    assert left == Finding(
        Level.NOTE,
        "Telegram: Telegram calls https://old.example.com/x now: that ends when serve starts",
    )
    there.webhook = None
    _, first = await checked(tmp_path, there, configured)
    assert first.text == f"Telegram: Telegram calls {HOOK} from the start of serve on"


async def test_settings_that_cannot_work_are_faults_of_the_check(
    there: Telegram, tmp_path: Path
) -> None:
    found = await checked(tmp_path, there, "TELEGRAM_WEBHOOK_URL=https://x.example.com/y\n")
    assert {f.level for f in found} == {Level.FAULT}
    assert any("TELEGRAM_WEBHOOK_SECRET" in f.text for f in found)


async def test_a_wrong_token_is_a_fault_that_does_not_repeat_it(
    there: Telegram, tmp_path: Path
) -> None:
    [found] = await checked(tmp_path, there, token="4242:wrong-secret")
    assert found.level is Level.FAULT
    assert "wrong-secret" not in found.text


async def test_a_channel_that_the_policy_speaks_of_and_nobody_configured_is_a_fault(
    there: Telegram, tmp_path: Path
) -> None:
    env = tmp_path / "env"
    env.write_text(
        f"TELEGRAM_BOT_TOKEN={TOKEN}\nTELEGRAM_API_URL={there.base}\nTELEGRAM_GROUP={GROUP}\n"
    )
    found = await telegram_findings(load_settings(env), replace(policy(), audiences={}))
    assert [f.text for f in found] == [
        "Telegram: the policy speaks of #announcements: TELEGRAM_CHANNELS names no such one"
    ]
