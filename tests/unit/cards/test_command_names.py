"""Commands with other names: our words follow them, everywhere and in nobody else's words."""

import pytest

from bot.values import CardId, Untrusted
from cards.model import Button, Card, Code, CodeBlock, Notice, Paragraph, Section, Tone
from cards.naming import CommandNames
from cards.plain import render
from tests.support.world import World

OTHER = CommandNames(incident="fire", runbook="repair")


@pytest.mark.parametrize(
    ("ours", "called"),
    [
        ("/incident status", "/fire status"),
        ("or type `/runbook run x`, then /incident.", "or type `/repair run x`, then /fire."),
        ("https://wiki.example/incident/7", "https://wiki.example/incident/7"),
        ("/var/incident and /incidents", "/var/incident and /incidents"),
        ("the incident", "the incident"),
    ],
)
def test_a_command_in_our_words_is_called_as_it_is_here(ours: str, called: str) -> None:
    assert OTHER.in_words(ours) == called
    assert CommandNames().in_words(ours) == ours


def test_every_part_of_a_card_follows_and_words_of_others_stay() -> None:
    card = Card(
        id=CardId("c"),
        title=("Next: ", Code("/incident help")),
        blocks=(
            Section(
                title="x",
                blocks=(
                    Paragraph(((Untrusted("she typed /incident help"),),)),
                    Notice(tone=Tone.WARNING, line=("then /incident resolve",)),
                    CodeBlock(title="Run it", text=Untrusted("/runbook run x")),
                ),
            ),
        ),
        buttons=(Button(option="o", label="Later", consequence=("later: /runbook run x",)),),
        footer=("/incident status",),
    )
    shown = render(OTHER.in_card(card))
    assert shown.count("/fire") == 3
    assert shown.count("/repair") == 1
    assert "she typed /incident help" in shown
    assert "/runbook run x" in shown


async def test_what_a_room_and_an_asker_read_has_the_names_of_here() -> None:
    async with World(names=OTHER) as world:
        await world.say("commander", "/fire declare sev2 checkout is down")
        room = await world.room()
        said = "\n".join(world.posted(room))
        assert "/fire" in said
        assert "/incident" not in said
        wrong = await world.say("commander", "/fire note", at=room)
        assert "/fire note" in wrong.text
        assert "/incident" not in wrong.text
