"""Forms by conversation: asked one by one, corrected, cancelled, and kept over a restart."""

from pathlib import Path

from bot.requests import CardAnswer, Reply, ReplyTone, Request, SlashCommand
from bot.values import CardId
from cards.model import Button, Card, FieldKind, FormField
from tests.support.telegram.bench import OneCard, hearing
from tests.support.telegram.server import Posted, Telegram, Trouble
from tests.support.telegram.world import ANNOUNCEMENTS, BOT, GROUP
from tests.support.waiting import until
from tests.unit.http.doubles import RememberingDispatch

TITLE = FormField(name="title", label="Title", kind=FieldKind.TEXT, required=True)
SEVERITY = FormField(
    name="severity",
    label="Severity",
    kind=FieldKind.SELECT,
    required=True,
    choices=(("SEV1", "SEV1 at once"), ("SEV2", "SEV2 soon")),
)
SERVICES = FormField(
    name="services",
    label="Services",
    kind=FieldKind.MULTI_SELECT,
    choices=tuple((f"s{n}", f"Service {n}") for n in range(20)),
)
SURE = FormField(name="sure", label="Sure", kind=FieldKind.CHECKBOX)
NOTES = FormField(name="notes", label="Notes", kind=FieldKind.MULTILINE, default="as before")
WHO = FormField(name="who", label="Who", kind=FieldKind.PERSON)


def form(*fields: FormField, wants_reason: bool = False) -> Card:
    button = Button(option="send", label="Send it", wants_reason=wants_reason)
    return Card(id=CardId("f1"), title=("Declare @all",), form=fields, buttons=(button,))


class Forms(RememberingDispatch):
    """Answers every command with a form, and every answer with `reply`."""

    def __init__(self, card: Card) -> None:
        super().__init__()
        self.card = card

    async def handle(self, request: Request) -> Reply:
        if isinstance(request, SlashCommand):
            self.requests.append(request)
            return Reply(tone=ReplyTone.ANSWER, text="a form", card=self.card)
        return await super().handle(request)

    @property
    def answers(self) -> list[CardAnswer]:
        return [r for r in self.requests if isinstance(r, CardAnswer)]


async def question(there: Telegram, words: str, user: int = 1) -> Posted:
    """Wait for a question in the direct chat whose buttons still wait."""

    async def found() -> Posted | None:
        return next((m for m in there.seen(user) if words in m.text and m.keys), None)

    return await until(found)


async def said(there: Telegram, words: str, chat: int = 1) -> Posted:
    async def found() -> Posted | None:
        return next((m for m in there.seen(chat) if words in m.text), None)

    return await until(found)


async def answered(dispatch: Forms, count: int = 1) -> CardAnswer:
    async def found() -> bool:
        return len(dispatch.answers) == count

    await until(found)
    return dispatch.answers[-1]


async def test_a_form_is_asked_question_by_question_and_sent_after_a_last_look(
    there: Telegram, tmp_path: Path
) -> None:
    dispatch = Forms(form(TITLE, SEVERITY, SURE))
    async with hearing(there, tmp_path, dispatch):
        there.type(1, "/incident declare")
        first = await question(there, "1 of 3: Title")
        assert first.labels == ["Cancel"]
        there.write(1, "payments are <b>slow</b>")
        there.press(1, await question(there, "2 of 3: Severity"), "SEV2 soon")
        there.press(1, await question(there, "3 of 3: Sure"), "Yes")
        look = await question(there, "Title: payments are <b>slow</b>")
        assert look.labels == [
            "Send it",
            "Change: Title",
            "Change: Severity",
            "Change: Sure",
            "Cancel",
        ]
        update = there.press(1, look, "Send it")
        answer = await answered(dispatch)
        await said(there, "done")
    assert answer.id == f"telegram:{BOT}:{update}"
    assert (answer.card, answer.option) == ("f1", "send")
    assert answer.values == {"title": "payments are <b>slow</b>", "severity": "SEV2", "sure": "yes"}
    assert first.text == "Title: payments are <b>slow</b>"
    assert [m for m in there.seen(1) if m.keys] == []


async def test_nobody_waits_for_questions_that_may_be_left_out(
    there: Telegram, tmp_path: Path
) -> None:
    dispatch = Forms(form(TITLE, NOTES, SURE))
    async with hearing(there, tmp_path, dispatch):
        there.type(1, "/incident declare")
        first = await question(there, "1 of 3")
        assert "Send it now" not in first.labels
        there.write(1, "payments")
        there.press(1, await question(there, "2 of 3"), "Send it now")
        answer = await answered(dispatch)
    assert answer.values == {"title": "payments", "notes": "as before"}


async def test_many_choices_have_pages_and_check_marks(there: Telegram, tmp_path: Path) -> None:
    dispatch = Forms(form(SERVICES))
    async with hearing(there, tmp_path, dispatch):
        there.type(1, "/incident declare")
        shown = await question(there, "1 of 1: Services")
        assert shown.labels[:2] == ["☐ Service 0", "☐ Service 1"]
        assert shown.labels[8:] == [
            "◀ Previous",
            "Next ▶ (1 of 3)",
            "Done (0)",
            "Leave out",
            "Cancel",
        ]
        for label, then in (
            ("☐ Service 1", "☑ Service 1"),
            ("Next ▶ (1 of 3)", "☐ Service 8"),
            ("☐ Service 8", "☑ Service 8"),
            ("◀ Previous", "☑ Service 1"),
            ("☐ Service 0", "☑ Service 0"),
            ("☑ Service 1", "☐ Service 1"),
        ):
            there.press(1, shown, label)

            async def changed(wanted: str = then) -> bool:
                return wanted in shown.labels

            await until(changed)
        assert "Done (2)" in shown.labels
        there.press(1, shown, "Done (2)")
        answer = await answered(dispatch)
    assert answer.values == {"services": "s0,s8"}
    assert len([m for m in there.seen(1) if "Services" in m.text]) == 1


async def test_the_conversation_goes_on_after_a_restart_at_any_question(
    there: Telegram, tmp_path: Path
) -> None:
    dispatch = Forms(form(TITLE, SEVERITY, NOTES))
    async with hearing(there, tmp_path, dispatch):
        there.type(1, "/incident declare")
        await question(there, "1 of 3: Title")
    async with hearing(there, tmp_path, dispatch):
        there.write(1, "payments")
        second = await question(there, "2 of 3")
    async with hearing(there, tmp_path, dispatch):
        there.press(1, second, "SEV1 at once")
        third = await question(there, "3 of 3")
        assert "as before" in third.text
    async with hearing(there, tmp_path, dispatch):
        there.press(1, third, "Keep it")
        look = await question(there, "Notes: as before")
    async with hearing(there, tmp_path, dispatch):
        there.press(1, look, "Send it")
        answer = await answered(dispatch)
    assert answer.values == {"title": "payments", "severity": "SEV1", "notes": "as before"}


async def test_a_question_that_was_kept_and_not_sent_is_asked_by_the_next_bot(
    there: Telegram, tmp_path: Path
) -> None:
    dispatch = Forms(form(TITLE, SEVERITY))
    async with hearing(there, tmp_path, dispatch):
        there.type(1, "/incident declare")
        await question(there, "1 of 2")
        there.trouble["sendMessage"] = [Trouble(status=502)]
        there.write(1, "payments")
        await until(lambda: kept(there))
    async with hearing(there, tmp_path, dispatch):
        await question(there, "2 of 2: Severity")


async def kept(there: Telegram) -> bool:
    return there.trouble["sendMessage"] == []


async def test_an_answer_can_be_gone_back_to_and_corrected(there: Telegram, tmp_path: Path) -> None:
    dispatch = Forms(form(TITLE, SEVERITY))
    async with hearing(there, tmp_path, dispatch):
        there.type(1, "/incident declare")
        await question(there, "1 of 2")
        there.write(1, "wrong")
        there.press(1, await question(there, "2 of 2"), "Back")
        await question(there, "Now:\nwrong")
        there.write(1, "better")
        there.press(1, await question(there, "2 of 2"), "SEV2 soon")
        there.press(1, await question(there, "Title: better"), "Change: Severity")
        there.press(1, await question(there, "2 of 2"), "SEV1 at once")
        there.press(1, await question(there, "Severity: SEV1 at once"), "Send it")
        answer = await answered(dispatch)
    assert answer.values == {"title": "better", "severity": "SEV1"}


async def test_what_the_core_does_not_take_is_asked_again_with_the_reason(
    there: Telegram, tmp_path: Path
) -> None:
    dispatch = Forms(form(TITLE, SEVERITY))
    dispatch.reply = Reply(
        tone=ReplyTone.MISTAKE, text="Not sent yet.", field_errors={"title": "is too long"}
    )
    async with hearing(there, tmp_path, dispatch):
        there.type(1, "/incident declare")
        await question(there, "1 of 2")
        there.write(1, "x" * 3000)
        there.press(1, await question(there, "2 of 2"), "SEV2 soon")
        there.press(1, await question(there, "Severity: SEV2 soon"), "Send it")
        await question(there, "⚠️ Title: is too long")
        dispatch.reply = Reply(tone=ReplyTone.DONE, text="done")
        there.write(1, "short")
        there.press(1, await question(there, "Title: short"), "Send it")
        answer = await answered(dispatch, 2)
    assert answer.values == {"title": "short", "severity": "SEV2"}


async def test_cancel_ends_it_by_button_and_by_command(there: Telegram, tmp_path: Path) -> None:
    dispatch = Forms(form(TITLE, SEVERITY))
    async with hearing(there, tmp_path, dispatch):
        there.type(1, "/incident declare")
        there.press(1, await question(there, "1 of 2"), "Cancel")
        await said(there, "Cancelled. Nothing was sent.")
        there.type(2, "/incident declare")
        await question(there, "1 of 2", user=2)
        there.write(2, "/cancel")
        await said(there, "Cancelled. Nothing was sent.", chat=2)
        there.write(2, "/cancel")
        await said(there, "There is nothing to cancel.", chat=2)
    assert dispatch.answers == []


async def test_a_press_on_an_earlier_question_changes_nothing_and_says_so(
    there: Telegram, tmp_path: Path
) -> None:
    dispatch = Forms(form(SEVERITY, TITLE))
    async with hearing(there, tmp_path, dispatch):
        there.type(1, "/incident declare")
        first = await question(there, "1 of 2")
        stale = next(k["callback_data"] for k in first.keys if k["text"] == "SEV1 at once")
        there.press(1, first, "SEV2 soon")
        await question(there, "2 of 2")
        there.press_data(1, first, stale)

        async def told() -> bool:
            return "This question is over." in there.answers

        await until(told)
        there.write(1, "payments")
        there.press(1, await question(there, "Severity: SEV2 soon"), "Send it")
        assert (await answered(dispatch)).values["severity"] == "SEV2"


async def test_an_answer_that_telegram_sends_twice_counts_once(
    there: Telegram, tmp_path: Path
) -> None:
    dispatch = Forms(form(TITLE, NOTES, SEVERITY))
    async with hearing(there, tmp_path, dispatch):
        there.type(1, "/incident declare")
        await question(there, "1 of 3")
        update = there.write(1, "payments")
        [queued] = [u for u in there.updates if u["update_id"] == update]
        await question(there, "2 of 3")
        there.tell_again(update, {k: v for k, v in queued.items() if k != "update_id"})
        there.press(1, await question(there, "2 of 3"), "Keep it")
        await question(there, "3 of 3")


async def test_a_choice_may_be_written_too_and_a_person_is_chosen_by_name(
    there: Telegram, tmp_path: Path
) -> None:
    dispatch = Forms(form(SEVERITY, WHO))
    async with hearing(there, tmp_path, dispatch):
        there.type(1, "/incident declare")
        await question(there, "1 of 2")
        there.write(1, "sev9")
        await question(there, "is none of the choices")
        there.write(1, "sev2")
        shown = await question(there, "2 of 2: Who")
        assert shown.labels[:2] == ["Alice", "Bob"]
        there.press(1, shown, "Bob")
        there.press(1, await question(there, "Who: Bob"), "Send it")
        answer = await answered(dispatch)
    assert answer.values == {"severity": "SEV2", "who": "bob"}


async def test_a_press_that_takes_a_reason_asks_for_it_and_may_go_without(
    there: Telegram, tmp_path: Path
) -> None:
    card = form(wants_reason=True)
    dispatch = Forms(card)
    async with hearing(there, tmp_path, dispatch, cards=OneCard(card)) as team:
        channel = await team.platform.channel("announcements")
        await team.platform.post(channel, "k", card)
        [shown] = there.seen(ANNOUNCEMENTS)
        there.press(1, shown, "Send it")
        await question(there, "1 of 1: Reason")
        there.write(1, "not during the sale")
        assert (await answered(dispatch)).reason == "not during the sale"
        there.press(2, shown, "Send it")
        there.press(2, await question(there, "1 of 1: Reason", user=2), "Leave out")
        assert (await answered(dispatch, 2)).reason == ""

        async def told() -> bool:
            return len(there.answers) == 3

        await until(told)
    assert there.answers == ["I ask you in our direct chat.", "I ask you in our direct chat.", ""]


async def test_somebody_who_never_started_the_bot_is_told_how(
    there: Telegram, tmp_path: Path
) -> None:
    card = form(TITLE)
    dispatch = Forms(card)
    there.of.join(3)
    async with hearing(there, tmp_path, dispatch, cards=OneCard(card)) as team:
        channel = await team.platform.channel("announcements")
        await team.platform.post(channel, "k", card)
        [shown] = there.seen(ANNOUNCEMENTS)
        there.press(3, shown, "Send it")

        async def told() -> bool:
            return any("press Start" in words for words in there.answers)

        await until(told)
        there.type(3, "/incident declare")
        await said(there, "press Start", chat=GROUP)
        there.write(3, "hello?")
        there.type(1, "/incident declare")
        await question(there, "1 of 1")
    assert dispatch.answers == []


async def test_what_was_not_recorded_is_sent_again_and_the_conversation_stays(
    there: Telegram, tmp_path: Path
) -> None:
    dispatch = Forms(form(TITLE))
    dispatch.reply = Reply(tone=ReplyTone.NOT_RECORDED, text="NOT recorded")
    async with hearing(there, tmp_path, dispatch):
        there.type(1, "/incident declare")
        await question(there, "1 of 1")
        there.write(1, "payments")

        async def tried() -> bool:
            return len(dispatch.answers) >= 2

        await until(tried)
        dispatch.reply = Reply(tone=ReplyTone.DONE, text="recorded now")
        await said(there, "recorded now")
    assert {a.id for a in dispatch.answers} == {dispatch.answers[0].id}
