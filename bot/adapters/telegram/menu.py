"""The commands that Telegram's clients offer while somebody types, by kind of chat and language."""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

from telegram import (
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
)

from bot.usecases.commands import CommandNames


@dataclass(frozen=True, slots=True, kw_only=True)
class _Words:
    incident: str
    runbook: str
    link: str
    cancel: str


_WORDS: Final[Mapping[str, _Words]] = MappingProxyType(
    {
        "": _Words(
            incident="Declare an incident, or ask where one stands: help lists every verb",
            runbook="List, show and run runbooks: nothing is changed without a yes",
            link="Prove with a one-time code that this account is yours",
            cancel="Stop the questions that I am asking you",
        ),
        "de": _Words(
            incident="Einen Vorfall melden oder nachsehen: help nennt alle Befehle",
            runbook="Runbooks auflisten, zeigen, ausführen: ohne Ja ändert sich nichts",
            link="Mit einem Einmalcode beweisen, dass dieses Konto Ihres ist",
            cancel="Die laufenden Fragen abbrechen",
        ),
        "es": _Words(
            incident="Declarar un incidente o ver su estado: help muestra los comandos",
            runbook="Listar, ver y ejecutar runbooks: sin un sí no cambia nada",
            link="Demostrar con un código de un solo uso que esta cuenta es tuya",
            cancel="Cancelar las preguntas en curso",
        ),
        "fr": _Words(
            incident="Déclarer un incident ou voir où il en est : help liste les commandes",
            runbook="Lister, montrer et lancer des runbooks : sans un oui rien ne change",
            link="Prouver par un code à usage unique que ce compte est le vôtre",
            cancel="Arrêter les questions en cours",
        ),
    }
)
"""By ISO 639-1 code; "" is for every other language."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Menu:
    """What one kind of chat offers in one language."""

    scope: BotCommandScope
    language: str
    commands: tuple[BotCommand, ...]


def menus(names: CommandNames) -> tuple[Menu, ...]:
    """Return every menu; in groups without what belongs into a direct chat."""
    return tuple(
        menu for language, words in _WORDS.items() for menu in _in_language(names, language, words)
    )


def _in_language(names: CommandNames, language: str, words: _Words) -> tuple[Menu, ...]:
    shared = (
        BotCommand(names.incident, words.incident),
        BotCommand(names.runbook, words.runbook),
    )
    alone = (BotCommand("link", words.link), BotCommand("cancel", words.cancel))
    return (
        Menu(scope=BotCommandScopeAllGroupChats(), language=language, commands=shared),
        Menu(scope=BotCommandScopeAllPrivateChats(), language=language, commands=(*shared, *alone)),
    )
