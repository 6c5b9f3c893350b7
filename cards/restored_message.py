"""What the announcement channel hears once the journal was restored from a backup."""

from bot.domain.events import EpochRaised
from cards.model import At, Card, Line, Paragraph, Tone


def restored_message(event: EpochRaised) -> Card:
    """Say what is missing, what it means for work under way, and what to do again by hand."""
    last: Line = (At(event.until),) if event.until else ("the moment of the backup",)
    lines: tuple[Line, ...] = (
        ("Reason: ", event.reason),
        ("What happened after ", *last, " is not in it."),
        ("Commands that were under way are in doubt, and nothing goes on by itself.",),
        ("Approvals that were not used count for nothing: they are asked anew.",),
        ("Freezes, seats and tokens are those of the backup: do again what was done since.",),
    )
    title: Line = (f"The journal was restored from a backup (epoch {event.epoch}).",)
    return Card(tone=Tone.DANGER, title=title, blocks=(Paragraph(lines),))
