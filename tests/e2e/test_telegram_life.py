"""An incident's life in Telegram: declared by a form, told to channels, paged for, kept private."""

import re
from pathlib import Path

from tests.support.slack.interacting import words
from tests.support.telegram.living import living
from tests.support.telegram.server import Posted
from tests.support.telegram.world import ANNOUNCEMENTS, GROUP, STAKEHOLDERS
from tests.support.waiting import until

HOOK = (
    "TELEGRAM_WEBHOOK_URL=https://bot.example.com/telegram/webhook\n"
    "TELEGRAM_WEBHOOK_SECRET=a_long-secret\n"
)


async def test_a_form_filled_in_by_conversation_opens_the_topic_with_its_pinned_card(
    tmp_path: Path,
) -> None:
    async with living(tmp_path) as here:
        here.there.type(1, "/incident declare")
        await here.offered("Cancel", chat=1)
        here.there.write(1, "payments are <slow> & @everyone")
        severity = await here.offered("Declare now", chat=1)
        here.there.press(1, severity, severity.labels[1])
        services = await here.told("3 of 5", chat=1)
        here.there.press(1, services, "Declare now")
        topic = await here.topic("payments-are-slow")

        async def pinned() -> Posted | None:
            found = (m for m in here.there.seen(GROUP, topic) if m.pinned)
            return next(found, None)

        card = await until(pinned)
    assert "payments are <slow> & @everyone" in card.text


async def test_over_the_webhook_one_command_makes_one_incident_however_often_it_is_sent(
    tmp_path: Path,
) -> None:
    async with living(tmp_path, settings=HOOK) as here:
        update = here.there.type(1, "/incident declare sev3 cache is cold")
        [queued] = [u for u in here.there.updates if u["update_id"] == update]
        await here.told("is open at SEV3", chat=1)
        here.there.tell_again(update, {k: v for k, v in queued.items() if k != "update_id"})
        here.there.type(1, "/incident list")

        async def answered() -> bool:
            return len(here.there.seen(1)) >= 3

        await until(answered)
        await here.topic("cache-is-cold")
        assert here.there.webhook is not None
        assert here.there.called("getUpdates") == []
    assert len(here.there.topics) == 1


async def test_a_stakeholder_notice_is_posted_in_its_channel_and_an_update_is_announced(
    tmp_path: Path,
) -> None:
    async with living(tmp_path) as here:
        here.there.type(1, "/incident declare sev2 checkout is down")
        topic = await here.topic("checkout-is-down")
        here.there.type(1, "/incident notify stakeholders We have found it.", thread=topic)
        here.there.press(1, await here.offered("Send", thread=topic), "Send")
        here.there.press(1, await here.offered("Keep it", chat=1), "Keep it")
        notice = await here.told("We have found it.", chat=STAKEHOLDERS)
        here.there.type(1, "/incident update Payments work again", thread=topic)
        await here.told("Payments work again", chat=ANNOUNCEMENTS)
        await here.told("Payments work again", chat=GROUP, thread=topic)
    assert notice.labels == []


async def test_a_person_who_never_started_the_bot_is_told_of_and_the_next_one_is_paged(
    tmp_path: Path,
) -> None:
    async with living(tmp_path) as here:
        here.there.type(2, "/incident declare sev3 queue is stuck")
        topic = await here.topic("queue-is-stuck")
        here.there.type(2, "/incident page on-call please look", thread=topic)
        page = await here.offered("Acknowledge", chat=1)
        unreached = await here.told("Cleo", thread=topic)
        here.there.press(1, page, "Acknowledge")

        async def acknowledged() -> bool:
            return "Acknowledge" not in page.labels

        await until(acknowledged)
    assert "Cleo" in unreached.text


async def test_a_private_incident_is_in_direct_chats_alone(tmp_path: Path) -> None:
    async with living(tmp_path) as here:
        here.there.type(1, "/incident declare sev3 a leak private")
        card = await here.told("a leak", chat=1)
        number = (re.search(r"INC-[-0-9]+", card.text) or [""])[0]
        here.there.type(1, f"/incident role scribe @bob in={number}", chat=1)
        await here.told("a leak", chat=2)
        here.there.type(1, f"/incident update it is contained in={number}", chat=1)
        await here.told("it is contained", chat=2)
    elsewhere = [m for m in here.there.posted if m.chat not in {1, 2}]
    assert here.there.topics == {}
    assert [m.text for m in elsewhere if "leak" in m.text or "contained" in m.text] == []


async def test_a_code_from_slack_links_an_account_that_may_then_decide(tmp_path: Path) -> None:
    async with living(tmp_path, beside_slack=True) as here:
        here.there.of.join(4)
        here.there.write(4, "/start")
        await here.told("Hello.", chat=4)
        here.there.write(4, "/incident freeze all we do not understand this")
        await here.told("link your telegram account", chat=4)
        heard = await here.team.slash("U9", here.ops, "/incident link")
        code = (re.search(r"Your code: (\S+)", words(heard.said["blocks"])) or ["", ""])[1]
        here.there.write(4, f"/link {code}")
        await here.told("Linked: this account is Dan from now on.", chat=4)
        here.there.write(4, "/incident unfreeze all")
        await here.told("frozen", chat=4)
        here.there.write(4, f"/link {code}")
        await here.told("There is no such code", chat=4)
