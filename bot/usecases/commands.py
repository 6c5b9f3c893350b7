"""What a person's command may ask of the core: desks, reads, and the words to answer with."""

from dataclasses import dataclass, field

from bot.ports import Clock, Ids, Journal
from bot.redaction import Redactor
from bot.usecases.current import Current
from bot.usecases.delivering.carrier import IncidentDesk, SystemDesk
from bot.usecases.identity import Identity
from bot.usecases.links import Linking
from bot.usecases.reading import Reading
from bot.usecases.rendering import Rendering
from cards.naming import CommandNames

__all__ = ["CommandNames", "Core"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Core:
    """Everything that handlers work with, by type."""

    journal: Journal
    incidents: IncidentDesk
    system: SystemDesk
    reading: Reading
    rendering: Rendering
    identity: Identity
    links: Linking
    current: Current
    redactor: Redactor
    clock: Clock
    ids: Ids
    names: CommandNames = field(default_factory=CommandNames)
