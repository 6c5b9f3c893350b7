"""Who was woken when, on which channels, and who has it."""

from bot.domain.escalation import PagedPerson, PageState
from cards.context import Context, listed
from cards.model import At, Block, Line, Notice, Paragraph, Tone


def paging_blocks(page: PageState, context: Context) -> tuple[Block, ...]:
    """Return where a page stands, and one line per person who was told."""
    told: tuple[Line, ...] = tuple(_told(person, context) for person in page.paged)
    return (page_status(page, context), *((Paragraph(told),) if told else ()))


def page_status(page: PageState, context: Context) -> Notice:
    """Say who has it, or who is woken next and when."""
    reason: Line = (" — ", page.started.reason)
    if page.acknowledged_by is not None and page.acknowledged_at is not None:
        by = context.person(page.acknowledged_by)
        line: Line = ("Acknowledged by ", by, " at ", At(page.acknowledged_at), *reason)
        return Notice(tone=Tone.GOOD, line=line)
    if page.exhausted:
        line = ("NOBODY HAS ACKNOWLEDGED: everyone was told", *reason)
        return Notice(tone=Tone.DANGER, line=line)
    return Notice(tone=Tone.WAITING, line=("Not acknowledged yet", *_next(page, context), *reason))


def _next(page: PageState, context: Context) -> Line:
    if not page.paged:
        return ()
    order, level = page.started.order, len({told.level for told in page.paged})
    due = page.paged[-1].at + page.started.every
    after: Line = (context.person(order[level]),) if level < len(order) else ("everyone",)
    return ("; next ", *after, " at ", At(due))


def _told(person: PagedPerson, context: Context) -> Line:
    delivered: Line = (f", reached by {', '.join(person.delivered)}",) if person.delivered else ()
    failed: Line = (f", NOT reached by {', '.join(person.failed)}",) if person.failed else ()
    return listed([(At(person.at),), (context.person(person.person), *delivered, *failed)], " ")
