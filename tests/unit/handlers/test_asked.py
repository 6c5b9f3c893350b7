"""Questions of programs: checked before they are put, answered by people, and found again."""

from dataclasses import replace
from datetime import timedelta

import pytest

from bot.domain.events import Option, OutcomeKind
from bot.domain.packet import AskedField, AskedStyle
from bot.requests import QuestionAsked, Reply, ReplyTone
from bot.usecases.seats import TokenKind
from bot.values import CardId, Untrusted
from cards import plain
from cards.model import FieldKind
from tests.support.team import TEAM
from tests.support.world import World, sender

CARD = CardId("question-1")


def option(ident: str, outcome: OutcomeKind, label: str = "") -> Option:
    return Option(id=ident, label=label or ident.capitalize(), outcome=outcome, consequence="")


def field(name: str, kind: str, *choices: str) -> AskedField:
    return AskedField(
        name=name,
        label=Untrusted(name.capitalize()),
        kind=kind,
        required=True,
        choices=tuple((choice, Untrusted(choice)) for choice in choices),
    )


QUESTION = QuestionAsked(
    id="ask-1",
    sender=replace(sender("ann"), token_kind=TokenKind.OPERATE.value),
    incident="INC-2026-1121-001",
    card=CARD,
    style=AskedStyle.APPROVAL,
    title="May I drain web-1?",
    description="Traffic goes to web-2.",
    answerers=("approver",),
)


async def asks(world: World, question: QuestionAsked = QUESTION) -> Reply:
    await world.say("ann", "/incident declare sev3 slow")
    return await world.router.handle(question)


async def test_a_question_becomes_a_card_with_the_usual_answers() -> None:
    async with World(policy=TEAM) as world:
        reply = await asks(world)
        assert (reply.tone, reply.text) == (ReplyTone.DONE, "Asked: card 1 of INC-2026-1121-001.")
        assert reply.card is not None
        assert reply.card.id == CARD
        assert [button.option for button in reply.card.buttons] == ["approve", "reject"]
        assert "May I drain web-1?" in plain.render(reply.card)


async def test_an_entitled_person_answers_and_the_asker_finds_it() -> None:
    async with World(policy=TEAM) as world:
        await asks(world)
        await world.press("bob", CARD, "approve", reason="go on")
        result = await world.reading.card_result(await world.viewer("ann"), CARD)
        assert result is not None
        assert (result.state, result.option, result.outcome) == ("decided", "approve", "act")
        assert (result.by, result.reason) == (("Bob",), "go on")


async def test_whoever_asks_cannot_answer_and_a_token_that_asks_cannot_either() -> None:
    async with World(policy=TEAM) as world:
        await asks(world, replace(QUESTION, sender=sender("bob")))
        own = await world.press("bob", CARD, "approve")
        number = "INC-2026-1121-001"
        token = await world.token("cleo", TokenKind.OPERATE, f"/incident approve 1 in={number}")
        assert own.tone is ReplyTone.MISTAKE
        assert token.tone is ReplyTone.MISTAKE
        assert (await world.incident()).cards[CARD].votes == {}


async def test_a_form_is_checked_field_by_field_when_it_is_answered() -> None:
    question = replace(
        QUESTION,
        style=AskedStyle.FORM,
        fields=(
            field("host", "select", "web-1", "web-2"),
            field("percent", "number"),
            field("when", "date-time"),
            field("owner", "person"),
        ),
    )
    async with World(policy=TEAM) as world:
        await asks(world, question)
        wrong = {"host": "web-3", "percent": "many", "when": "soon", "owner": "zoe"}
        right = {"host": "web-2", "percent": "20", "when": "2026-11-21T12:00", "owner": "bob"}
        refused = await world.press("bob", CARD, "send", values=wrong)
        missing = await world.press("bob", CARD, "send", values={})
        taken = await world.press("bob", CARD, "send", values=right)
        assert set(refused.field_errors) == set(wrong)
        assert set(missing.field_errors.values()) == {"is needed"}
        assert taken.tone is ReplyTone.DONE
        decided = (await world.incident()).cards[CARD].decided
        assert decided is not None
        assert decided.values == right


async def test_nobody_declines_with_a_form_that_is_not_filled_in() -> None:
    question = replace(QUESTION, style=AskedStyle.FORM, fields=(field("why", "text"),))
    async with World(policy=TEAM) as world:
        await asks(world, question)
        reply = await world.press("bob", CARD, "decline")
        assert reply.tone is ReplyTone.DONE


async def test_a_secret_in_a_question_is_not_stored() -> None:
    question = replace(QUESTION, title="use hunter22hunter22?", description="hunter22hunter22")
    async with World(policy=TEAM, secrets=("hunter22hunter22",)) as world:
        reply = await asks(world, question)
        assert reply.card is not None
        assert "hunter22" not in plain.render(reply.card)


async def test_the_same_question_again_is_asked_once() -> None:
    async with World(policy=TEAM) as world:
        await asks(world)
        again = await world.router.handle(QUESTION)
        assert again.text == "Asked: card 1 of INC-2026-1121-001."
        assert len((await world.incident()).cards) == 1


async def test_a_read_token_asks_nothing() -> None:
    reader = replace(sender("ann"), token_kind=TokenKind.READ.value)
    async with World(policy=TEAM) as world:
        reply = await asks(world, replace(QUESTION, sender=reader))
        assert (reply.tone, reply.text) == (
            ReplyTone.MISTAKE,
            "a token of kind `read` may not ask",
        )


async def test_a_private_incident_is_not_there_to_be_asked_about() -> None:
    async with World(policy=TEAM) as world:
        await world.say("ann", "/incident declare sev3 keys leaked private")
        reply = await world.router.handle(replace(QUESTION, sender=sender("dan")))
        assert reply.text == "There is no such incident."


ACT, NO = option("yes", OutcomeKind.ACT), option("no", OutcomeKind.DECLINE)


@pytest.mark.parametrize(
    ("question", "said"),
    [
        (replace(QUESTION, title=" "), "A question needs a title."),
        (replace(QUESTION, title="x" * 151), "A title has at most 150 characters."),
        (replace(QUESTION, answerers=()), "Name the groups that may answer."),
        (replace(QUESTION, count=0), "At least one person answers."),
        (replace(QUESTION, expires_in=timedelta()), "A question expires in the future."),
        (replace(QUESTION, options=(ACT,)), "A question has 2 to 10 options."),
        (replace(QUESTION, options=(ACT, ACT)), "Every option has an id of its own."),
        (
            replace(QUESTION, options=(option("ask-again", OutcomeKind.ACT), NO)),
            "No option may be called ask-again.",
        ),
        (
            replace(QUESTION, options=(option("Ü", OutcomeKind.ACT), NO)),
            "An option's id has lower-case letters, digits, dots and hyphens.",
        ),
        (
            replace(QUESTION, options=(option("go", OutcomeKind.ACT, "<!channel>"), NO)),
            "An option's label and consequence are plain words, without links or mentions.",
        ),
        (
            replace(QUESTION, options=(option("go", OutcomeKind.AGAIN), NO)),
            "An option acts, escalates or declines.",
        ),
        (
            replace(QUESTION, options=(replace(ACT, break_glass=True), NO)),
            "A question has no glass to break.",
        ),
        (replace(QUESTION, fields=(field("x", "text"),)), "An approval has no form."),
        (replace(QUESTION, style=AskedStyle.FORM), "A form has at least one field."),
        (
            replace(QUESTION, style=AskedStyle.SELECTION, fields=(field("x", "text"),)),
            "A selection has one field with choices.",
        ),
        (
            replace(QUESTION, style=AskedStyle.SELECTION, fields=(field("x", "select"),)),
            "A selection has 1 to 100 choices.",
        ),
        (
            replace(
                QUESTION, style=AskedStyle.SELECTION, fields=(field("x", "multi-select", "a,b"),)
            ),
            "Every choice has a value of its own, without a comma.",
        ),
        (
            replace(QUESTION, style=AskedStyle.TEXT, fields=(field("x", "text"),)),
            "A text has one field of several lines.",
        ),
        (
            replace(QUESTION, style=AskedStyle.FORM, fields=(field("x", "colour"),)),
            f"A field is one of: {', '.join(kind.value for kind in FieldKind)}.",
        ),
        (
            replace(QUESTION, style=AskedStyle.FORM, fields=(field("x", "text"),) * 2),
            "Every field has a name of its own.",
        ),
        (
            replace(
                QUESTION,
                style=AskedStyle.FORM,
                fields=(replace(field("x", "number"), minimum=5, maximum=1),),
            ),
            "A field's minimum is at most its maximum.",
        ),
        (replace(QUESTION, incident="INC-2026-1121-009"), "There is no such incident."),
    ],
    ids=lambda value: value if isinstance(value, str) else "",
)
async def test_a_question_that_cannot_be_put_says_why(question: QuestionAsked, said: str) -> None:
    async with World(policy=TEAM) as world:
        reply = await asks(world, question)
        assert (reply.tone, reply.text) == (ReplyTone.MISTAKE, said)
        assert not (await world.incident()).cards
