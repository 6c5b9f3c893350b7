"""Which names an expression may use at which place of a document; everything else is a fault."""

from bot.errors import Fault
from bot.yamltext import Node
from runbooks.model import Document


def name_faults(document: Document, source: Node) -> list[Fault]:
    """Return a fault for every name that is not defined where it is used."""
    return []
