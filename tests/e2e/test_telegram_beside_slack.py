"""One incident, two chats: the same cards in both, the first answer counts, an outage is borne."""

import re
from pathlib import Path

from tests.support.slack.workspace import Channel
from tests.support.telegram.living import Living, living, slack_labels, slack_words
from tests.support.telegram.server import Posted
from tests.support.telegram.world import ANNOUNCEMENTS, GROUP
from tests.support.waiting import eventually, until


async def in_both(here: Living, title: str) -> tuple[int, Channel]:
    """Declare in Telegram; returns topic and channel of the one incident."""
    here.there.type(1, f"/incident declare sev2 {title}")
    slug = title.replace(" ", "-")
    topic, room = await here.topic(slug), await here.room(slug)

    async def pinned() -> list[str]:
        return room.pins

    await until(pinned, seconds=40)
    return topic, room


async def test_the_first_answer_counts_and_the_other_copy_says_who_answered_where(
    tmp_path: Path,
) -> None:
    async with living(tmp_path, beside_slack=True) as here:
        topic, room = await in_both(here, "checkout is down")
        await here.team.slash("U1", room, "/incident notify customers We have found the cause.")
        mirrored = await here.offered("Approve and send", thread=topic)
        original = await here.offered_in_slack(room, "Approve and send")

        here.there.press(2, mirrored, "Approve and send")

        async def closed() -> bool:
            return "Approve and send" not in slack_labels(original)

        await until(closed, seconds=40)
        assert "Bob" in slack_words(original)
        assert "telegram" in slack_words(original).casefold()
        sent = await here.told("We have found the cause.", chat=ANNOUNCEMENTS)

        async def here_too() -> bool:
            return mirrored.labels == []

        await until(here_too)
        here.there.press_data(1, mirrored, "a:0")
        assert [m.text for m in here.there.seen(ANNOUNCEMENTS)].count(sent.text) == 1


async def test_an_answer_in_slack_changes_the_copy_in_telegram_and_a_late_press_is_told_so(
    tmp_path: Path,
) -> None:
    async with living(tmp_path, beside_slack=True) as here:
        topic, room = await in_both(here, "cache is cold")
        here.there.type(1, "/incident notify customers All is well again.", thread=topic)
        mirrored = await here.offered("Discard", thread=topic)
        stale = next(k["callback_data"] for k in mirrored.keys if k["text"] == "Approve and send")
        original = await here.offered_in_slack(room, "Discard")

        await here.team.press("U2", room, original, "Discard")
        [asked] = here.team.of.views.values()
        await here.team.submit("U2", asked, {})

        async def closed() -> bool:
            return "Discard" not in mirrored.labels

        await until(closed, seconds=40)
        assert "Bob" in mirrored.text
        assert "slack" in mirrored.text.casefold()
        here.there.press_data(1, mirrored, stale)

        async def told() -> bool:
            return any("was already decided" in words for words in here.there.answers)

        await until(told)
    assert not any("All is well again." in m.text for m in here.there.seen(ANNOUNCEMENTS))


async def test_while_slack_is_down_telegram_alone_carries_the_incident(tmp_path: Path) -> None:
    async with living(tmp_path, beside_slack=True) as here:
        here.team.down = True
        here.there.type(1, "/incident declare sev2 queue is stuck")
        topic = await here.topic("queue-is-stuck")
        for word in ("first", "second", "third"):
            here.there.type(1, f"/incident update the {word} thing", thread=topic)
            await here.told(f"the {word} thing", thread=topic)
        here.there.type(1, "/incident severity sev1 it is worse", thread=topic)
        here.there.type(1, "/incident title Queue is stuck for all", thread=topic)

        async def shown() -> Posted | None:
            found = (m for m in here.there.seen(GROUP, topic) if m.pinned)
            return next((m for m in found if "Queue is stuck for all" in m.text), None)

        await until(shown, seconds=60)
        assert [c for c in here.team.of.channels.values() if "inc-" in c.name] == []

        here.team.down = False
        before = len(here.team.calls)
        room = await here.room("queue-is-stuck")

        async def caught_up() -> list[str]:
            # The card tells the last update too; a message of an update says how long it is.
            posted = [w for w in map(slack_words, room.seen()) if "so far" in w]
            return re.findall(r"the (\w+) thing", "\n".join(posted))

        said = await eventually(caught_up, lambda found: "third" in found, 60)

        # Every update is there once and in order; the card is shown as it is now, not as it was.
        assert said == ["first", "second", "third"]
        calls = [method for method, _ in here.team.calls[before:]]
        assert calls.count("conversations.create") == 1
        assert calls.count("chat.update") <= 4
