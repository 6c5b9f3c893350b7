"""What people type, press and fill in becomes a request, and what they read back."""

from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from bot.errors import Unavailable
from bot.requests import CardAnswer, MessageSaid, Reply, ReplyTone, Sender, SlashCommand
from bot.usecases.views import Viewer
from bot.values import CardId, ConversationRef, PersonId
from cards import block_kit
from cards.model import Button, Card, FieldKind, FormField
from tests.support.clock import MovedClock
from tests.support.slack.bench import NoCards, heard_by
from tests.support.slack.interacting import words
from tests.support.slack.server import Slack, Trouble, slack
from tests.support.slack.workspace import Channel, Posted
from tests.support.waiting import until
from tests.unit.http.doubles import RememberingDispatch

APPROVAL = Card(
    id=CardId("c1"),
    title=("May it run?",),
    form=(FormField(name="host", label="Host", kind=FieldKind.TEXT, required=True),),
    buttons=(
        Button(option="approve", label="Approve", needs_form=False),
        Button(option="reject", label="Reject", wants_reason=True, needs_form=False),
        Button(option="move", label="Move"),
    ),
)
DECLARE = Card(
    id=CardId("declare"),
    kind="form",
    title=("Declare an incident",),
    form=(FormField(name="title", label="What is broken?", kind=FieldKind.TEXT),),
    buttons=(Button(option="declare", label="Declare"),),
)


@dataclass
class Shelf(NoCards):
    """`Cards` with one card on it."""

    seen: list[Sender] = field(default_factory=list)

    async def viewer(self, sender: Sender) -> Viewer | None:
        self.seen.append(sender)
        return Viewer(person=PersonId("alice"), name="Alice", groups=frozenset())

    async def card(self, viewer: Viewer, card: CardId) -> Card | None:
        return APPROVAL if card == APPROVAL.id else None


@pytest.fixture
def dispatch() -> RememberingDispatch:
    return RememberingDispatch()


@pytest.fixture
async def team(dispatch: RememberingDispatch) -> AsyncIterator[Slack]:
    async with slack() as found, heard_by(found, dispatch, Shelf()):
        found.of.add_user("U1", "ann")
        found.of.add_channel("ops")
        yield found


@pytest.fixture
def ops(team: Slack) -> Channel:
    return team.of.named("ops")


def shown(channel: Channel) -> Posted:
    message = block_kit.render(APPROVAL)
    posted = Posted(ts="1.000001", text=message.text, blocks=[*message.blocks])
    channel.messages.append(posted)
    return posted


async def answered(team: Slack) -> str:
    async def reply() -> str:
        return words(team.replies[-1][1]["blocks"]) if team.replies else ""

    return await until(reply)


async def test_a_command_is_answered_to_its_sender_alone(
    team: Slack, dispatch: RememberingDispatch, ops: Channel
) -> None:
    dispatch.reply = Reply(tone=ReplyTone.DONE, text="Declared INC-1 <!channel>.")
    heard = await team.slash("U1", ops, "/incident declare sev2 a &amp; b &lt;3")
    assert heard.said["response_type"] == "ephemeral"
    assert words(heard.said["blocks"]) == "✔ \nDeclared INC-1 <!channel>."
    assert "<!channel>" not in heard.said["text"]
    [request] = dispatch.requests
    assert isinstance(request, SlashCommand)
    assert request.text == "/incident declare sev2 a & b <3"
    assert request.conversation == ConversationRef(platform="slack", id=ops.id)


async def test_the_usage_after_a_mistake_stands_on_a_line_of_its_own(
    team: Slack, dispatch: RememberingDispatch, ops: Channel
) -> None:
    dispatch.reply = Reply(tone=ReplyTone.MISTAKE, text="There is no verb.\nUsage: /incident help")
    heard = await team.slash("U1", ops, "/incident frobnicate")
    seen = [words([block]) for block in heard.said["blocks"]]
    assert seen == ["▲ \nThere is no verb.", "Usage: /incident help"]


async def test_what_a_card_says_itself_is_not_said_above_it(
    team: Slack, dispatch: RememberingDispatch, ops: Channel
) -> None:
    card = Card(kind="list", title=("7 runbooks",))
    dispatch.reply = Reply(tone=ReplyTone.ANSWER, text="7 runbooks.", card=card)
    heard = await team.slash("U1", ops, "/runbook list")
    assert words(heard.said["blocks"]) == "7 runbooks"


async def test_a_command_that_was_not_recorded_says_so(
    team: Slack, dispatch: RememberingDispatch, ops: Channel
) -> None:
    dispatch.fault = Unavailable("the journal is busy")
    heard = await team.slash("U1", ops, "/incident claim")
    assert heard.status == 200
    assert "NOT recorded: the journal is busy" in words(heard.said["blocks"])


async def test_a_press_is_answered_after_its_acknowledgement(
    team: Slack, dispatch: RememberingDispatch, ops: Channel
) -> None:
    dispatch.reply = Reply(tone=ReplyTone.MISTAKE, text="It is decided already.")
    heard = await team.press("U1", ops, shown(ops), "Approve")
    assert (heard.status, heard.text) == (200, "")
    assert "It is decided already." in await answered(team)
    [request] = dispatch.requests
    assert isinstance(request, CardAnswer)
    assert (request.card, request.option) == ("c1", "approve")
    assert request.id.startswith("slack:click:T1:T1/U1:")


async def test_a_press_that_was_not_recorded_says_so(
    team: Slack, dispatch: RememberingDispatch, ops: Channel
) -> None:
    dispatch.fault = Unavailable("the journal is busy")
    heard = await team.press("U1", ops, shown(ops), "Approve")
    assert heard.status == 200
    assert "NOT recorded" in await answered(team)


async def test_a_button_that_wants_a_reason_opens_a_modal_and_then_counts(
    team: Slack, dispatch: RememberingDispatch, ops: Channel
) -> None:
    await team.press("U1", ops, shown(ops), "Reject")
    assert dispatch.requests == []
    [view] = team.of.views.values()

    await team.submit("U1", view, {"reason": "not during the sale"})

    [request] = dispatch.requests
    assert isinstance(request, CardAnswer)
    assert (request.option, request.reason) == ("reject", "not during the sale")
    assert request.conversation == ConversationRef(platform="slack", id=ops.id)
    assert "done" in words(view.content["blocks"])


async def test_a_fault_in_a_field_is_shown_at_the_field(
    team: Slack, dispatch: RememberingDispatch, ops: Channel
) -> None:
    await team.press("U1", ops, shown(ops), "Move")
    [view] = team.of.views.values()
    dispatch.reply = Reply(
        tone=ReplyTone.MISTAKE, text="no", field_errors={"host": "there is no such host"}
    )
    heard = await team.submit("U1", view, {"host": "web-99"})
    assert heard.said == {
        "response_action": "errors",
        "errors": {"host": "there is no such host"},
    }


async def test_a_form_that_was_not_recorded_keeps_what_was_typed_and_says_so(
    team: Slack, dispatch: RememberingDispatch, ops: Channel
) -> None:
    await team.press("U1", ops, shown(ops), "Move")
    [view] = team.of.views.values()
    dispatch.fault = Unavailable("the journal is busy")
    heard = await team.submit("U1", view, {"host": "web-1"})
    assert heard.said["response_action"] == "errors"
    assert "NOT recorded" in heard.said["errors"]["host"]


async def test_a_command_that_asks_opens_its_form(
    team: Slack, dispatch: RememberingDispatch, ops: Channel
) -> None:
    dispatch.reply = Reply(tone=ReplyTone.ANSWER, text="What is broken?", card=DECLARE)
    heard = await team.slash("U1", ops, "/incident declare")
    [view] = team.of.views.values()
    assert (heard.status, heard.text) == (200, "")

    dispatch.reply = Reply(
        tone=ReplyTone.DONE,
        text="Declared.",
        go_to=ConversationRef(platform="slack", id="C77"),
    )
    await team.submit("U1", view, {"title": "checkout is down"})

    answer = dispatch.requests[-1]
    assert isinstance(answer, CardAnswer)
    assert (answer.card, answer.option) == ("declare", "declare")
    assert answer.values == {"title": "checkout is down"}
    assert "Open the room" in words(view.content["blocks"])


async def test_a_form_that_slack_does_not_open_is_offered_by_its_button(
    team: Slack, dispatch: RememberingDispatch, ops: Channel
) -> None:
    dispatch.reply = Reply(tone=ReplyTone.ANSWER, text="What is broken?", card=DECLARE)
    team.trouble["views.open"] = [Trouble(status=500)]
    heard = await team.slash("U1", ops, "/incident declare")
    assert "Nothing was recorded yet" in words(heard.said["blocks"])

    offered = Posted(ts="1.1", text="x", blocks=heard.said["blocks"], only_for="U1")
    await team.press("U1", ops, offered, "Declare")

    [view] = team.of.views.values()
    assert "What is broken?" in words(view.content["blocks"])


async def test_a_trigger_that_is_too_old_opens_nothing_and_the_button_brings_a_fresh_one(
    dispatch: RememberingDispatch,
) -> None:
    clock = MovedClock()
    async with slack(clock) as team, heard_by(team, dispatch, Shelf()):
        team.of.add_user("U1", "ann")
        ops = team.of.add_channel("ops")
        dispatch.reply = Reply(tone=ReplyTone.ANSWER, text="What is broken?", card=DECLARE)
        clock.move(timedelta(seconds=3.5))
        team.of.triggers["t.old"] = ("U1", clock.monotonic() - 0.5)
        heard = await team.slash("U1", ops, "/incident declare", trigger="t.old")
        assert team.of.views == {}
        offered = Posted(ts="1.1", text="x", blocks=heard.said["blocks"], only_for="U1")
        await team.press("U1", ops, offered, "Declare")
        assert len(team.of.views) == 1


async def test_somebody_who_mentions_the_bot_commands_it(
    team: Slack, dispatch: RememberingDispatch, ops: Channel
) -> None:
    event = {
        "type": "app_mention",
        "user": "U1",
        "team": "T1",
        "text": "<@UBOT> role commander <@U2>",
        "ts": "2.1",
        "thread_ts": "1.1",
        "channel": ops.id,
    }
    await team.event(event, ident="Ev1")

    async def told() -> list[Posted]:
        return [m for m in ops.messages if m.only_for == "U1"]

    await until(told)
    [request] = dispatch.requests
    assert isinstance(request, SlashCommand)
    assert (request.id, request.text) == ("slack:event:Ev1", "/incident role commander <@U2>")


async def test_a_form_is_opened_from_a_mention_by_its_button_with_what_was_typed(
    team: Slack, dispatch: RememberingDispatch, ops: Channel
) -> None:
    typed = replace(DECLARE, form=(replace(DECLARE.form[0], default="typed already"),))
    dispatch.reply = Reply(tone=ReplyTone.ANSWER, text="What is broken?", card=typed)
    mention = {"type": "app_mention", "user": "U1", "text": "<@UBOT> declare", "channel": ops.id}
    await team.event({**mention, "ts": "2.1"})

    async def offered() -> Posted | None:
        return next((m for m in ops.messages if m.only_for == "U1"), None)

    await team.press("U1", ops, await until(offered), "Declare")

    [view] = team.of.views.values()
    assert view.content["blocks"][1]["element"]["initial_value"] == "typed already"
    assert [r for r in dispatch.requests if isinstance(r, CardAnswer)] == []


async def test_a_mention_that_slack_sends_again_is_answered_once(
    team: Slack, dispatch: RememberingDispatch, ops: Channel
) -> None:
    mention = {"type": "app_mention", "user": "U1", "text": "<@UBOT> list", "channel": ops.id}
    await team.event({**mention, "ts": "2.1"}, ident="Ev5")
    await team.event({**mention, "ts": "2.1"}, ident="Ev5", retry=1, reason="http_timeout")
    assert len(dispatch.requests) == 1


async def test_the_shortcut_from_anywhere_opens_the_declare_form(
    team: Slack, dispatch: RememberingDispatch
) -> None:
    dispatch.reply = Reply(tone=ReplyTone.ANSWER, text="What is broken?", card=DECLARE)
    await team.interact(
        {"type": "shortcut", "callback_id": "declare_incident"}, "U1", answerable=False
    )
    [view] = team.of.views.values()
    dispatch.reply = Reply(tone=ReplyTone.DONE, text="Declared.")
    await team.submit("U1", view, {"title": "checkout is down"})
    [asked, declared] = dispatch.requests
    assert isinstance(asked, SlashCommand)
    assert (asked.text, asked.conversation) == ("/incident declare", None)
    assert isinstance(declared, CardAnswer)
    assert declared.conversation is None


async def test_an_answer_whose_response_url_is_used_up_comes_beside_the_card(
    team: Slack, dispatch: RememberingDispatch, ops: Channel
) -> None:
    dispatch.reply = Reply(tone=ReplyTone.MISTAKE, text="It is decided already.")
    action = {"type": "button", "action_id": "answer:0", "value": "c1 approve", "action_ts": "1.1"}
    await team.interact(
        {
            "type": "block_actions",
            "channel": {"id": ops.id},
            "actions": [action],
            "response_url": f"{team.base}response/long-gone",
        },
        "U1",
    )

    async def told() -> str:
        return next((words(m.blocks) for m in ops.messages if m.only_for == "U1"), "")

    assert "It is decided already." in await until(told)


async def test_a_message_is_kept_on_the_timeline_by_its_shortcut(
    team: Slack, dispatch: RememberingDispatch, ops: Channel
) -> None:
    payload = {
        "type": "message_action",
        "callback_id": "add_to_timeline",
        "channel": {"id": ops.id},
        "message": {"ts": "5.5", "text": "the cache was cold, see <https://x.example|here>"},
    }
    await team.interact(payload, "U1")
    await answered(team)
    [request] = dispatch.requests
    assert isinstance(request, MessageSaid)
    assert request.id == f"slack:said:T1:{ops.id}:5.5"
    assert request.text == "the cache was cold, see https://x.example"


def pushpin(channel: Channel, ts: str) -> dict[str, object]:
    return {
        "type": "reaction_added",
        "user": "U1",
        "reaction": "pushpin",
        "item": {"type": "message", "channel": channel.id, "ts": ts},
    }


async def test_a_message_with_a_pushpin_is_kept_under_the_id_of_the_shortcut(
    team: Slack, dispatch: RememberingDispatch, ops: Channel
) -> None:
    ops.messages.append(Posted(ts="7.7", text="it was &lt;DNS&gt;", blocks=[], user="U1"))
    heard = await team.event(pushpin(ops, "7.7"))
    assert heard.status == 200
    [request] = dispatch.requests
    assert isinstance(request, MessageSaid)
    assert (request.id, request.text) == (f"slack:said:T1:{ops.id}:7.7", "it was <DNS>")


async def test_a_pushpin_that_was_not_recorded_is_sent_again_by_slack(
    team: Slack, dispatch: RememberingDispatch, ops: Channel
) -> None:
    ops.messages.append(Posted(ts="7.7", text="it was DNS", blocks=[], user="U1"))
    dispatch.reply = Reply(tone=ReplyTone.NOT_RECORDED, text="the journal is busy")
    assert (await team.event(pushpin(ops, "7.7"))).status == 500
    team.down = True
    assert (await team.event(pushpin(ops, "7.7"))).status == 500


async def test_other_reactions_and_messages_of_the_bot_are_left_alone(
    team: Slack, dispatch: RememberingDispatch, ops: Channel
) -> None:
    posted = shown(ops)
    await team.event(pushpin(ops, posted.ts))
    await team.event({**pushpin(ops, posted.ts), "reaction": "eyes"})
    assert dispatch.requests == []


async def test_an_answer_that_cannot_be_sent_ends_nothing_else(
    team: Slack, dispatch: RememberingDispatch, ops: Channel
) -> None:
    base, team.base = team.base, "http://127.0.0.1:1/"
    await team.press("U1", ops, shown(ops), "Approve")
    team.base = base
    await team.press("U1", ops, ops.messages[0], "Approve")
    assert "done" in await answered(team)
    assert len(dispatch.requests) == 2


async def test_nothing_is_asked_of_slack_on_the_way_to_an_acknowledgement(
    team: Slack, ops: Channel
) -> None:
    await team.slash("U1", ops, "/incident list")
    await team.press("U1", ops, shown(ops), "Approve")
    assert team.calls == []


async def test_a_button_that_is_none_of_ours_does_nothing(
    team: Slack, dispatch: RememberingDispatch, ops: Channel
) -> None:
    action = {"type": "button", "action_id": "answer:0", "value": "nonsense", "action_ts": "1.1"}
    heard = await team.interact(
        {"type": "block_actions", "channel": {"id": ops.id}, "actions": [action]}, "U1"
    )
    assert heard.status == 200
    assert dispatch.requests == []
