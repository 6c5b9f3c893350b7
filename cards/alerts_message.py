"""What a channel is told of alerts that open no incident, because their route only posts."""

from bot.domain.events import AlertsTold
from cards.context import counted
from cards.model import Card, Line, Paragraph, Tone


def alerts_message(event: AlertsTold) -> Card:
    """Return one message for all news of a group since it was last told of."""
    parts = (
        *((f"{counted(event.firing, 'alert')} firing",) if event.firing else ()),
        *((f"{counted(event.resolved, 'alert')} ended",) if event.resolved else ()),
        *(
            (f"{counted(event.counted, 'alert')} counted since the last message",)
            if event.counted
            else ()
        ),
    )
    line: Line = (f"{', '.join(parts)}. The route {event.route} opens no incident.",)
    return Card(
        tone=Tone.WARNING if event.firing else Tone.GOOD,
        title=(f"{event.severity.value} ", event.title),
        blocks=(Paragraph((line,)),),
    )
